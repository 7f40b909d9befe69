// One problem of the benchmark: a kernel, and the same result by hand-written C++ with OpenMP. The
// kernel's file is compiled once per lowering (NPU_BENCH_LOWERING is warp or thread), so that both
// run in one process on data of one kind.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <memory>

struct Problem {
  virtual ~Problem() = default;
  virtual void device() = 0;                 // launches, and waits
  virtual void host() = 0;                   // C++ with OpenMP, into memory of its own
  virtual double difference() const = 0;     // of the two results, relative to the largest value
  virtual double bytes() const { return 0; } // that must at least be moved, for streaming kernels
};

#define NPU_BENCH_CHECK(call)                                                                      \
  do {                                                                                             \
    if (cudaError_t error = (call); error != cudaSuccess) {                                        \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error));          \
      std::exit(1);                                                                                \
    }                                                                                              \
  } while (0)

inline void finish() {
  NPU_BENCH_CHECK(cudaGetLastError());
  NPU_BENCH_CHECK(cudaDeviceSynchronize());
}

// Memory that kernels and the host see, filled with a fixed sequence in [low, high).
template <class T> class Array {
public:
  explicit Array(size_t count, double low = 0, double high = 0) : count(count) {
    NPU_BENCH_CHECK(cudaMallocManaged(&values, count * sizeof(T)));
    unsigned state = 12345;
    for (size_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      values[i] = T(low + (high - low) * (state >> 8) / double(1 << 24));
    }
  }
  ~Array() { cudaFree(values); }
  Array(const Array &) = delete;
  operator T *() { return values; }
  operator const T *() const { return values; }
  size_t size() const { return count; }

private:
  T *values = nullptr;
  size_t count;
};

template <class T> double largestDifference(const Array<T> &a, const Array<T> &b) {
  double difference = 0, largest = 1e-30;
  const T *x = a, *y = b;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(double(x[i]) - double(y[i])));
    largest = std::max(largest, std::abs(double(y[i])));
    if (std::isnan(double(x[i])) != std::isnan(double(y[i])))
      return INFINITY;
  }
  return difference / largest;
}

#define NPU_BENCH_JOIN_(a, b) a##_##b
#define NPU_BENCH_JOIN(a, b) NPU_BENCH_JOIN_(a, b)
// The factory that simt_bench.cpp calls, from its row in problems.def.
#define NPU_BENCH_PROBLEM(name, Class)                                                             \
  std::unique_ptr<Problem> NPU_BENCH_JOIN(name, NPU_BENCH_LOWERING)() {                            \
    return std::make_unique<Class>();                                                              \
  }
