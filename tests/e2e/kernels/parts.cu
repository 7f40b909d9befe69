// Kernels large enough that each is compiled in a part of its own, with what they share: variables
// that one writes and another reads, of both linkages, tables, virtual functions, and recursion.
#include "check.h"

constexpr int kThreads = 64;

__device__ int shared_total = 3;
static __device__ int hidden_total = 5;
__constant__ int factors[4] = {1, 2, 3, 4};
static __device__ const unsigned table[8] = {3, 1, 4, 1, 5, 9, 2, 6};

struct Polygon {
  __device__ virtual int sides() const { return 0; }
};
struct Square : Polygon {
  __device__ int sides() const override { return 4; }
};
struct Pentagon : Polygon {
  __device__ int sides() const override { return 5; }
};
__device__ Polygon *polygons[2];

__host__ __device__ inline unsigned step(unsigned v, unsigned i) {
  v = (v ^ (v >> 7)) * (2654435761u + i * 40503u);
  return v + (v << (i % 13 + 1));
}
// Straight-line code of some thousand instructions.
template <int kCount> __host__ __device__ unsigned mixed(unsigned v) {
#pragma unroll
  for (unsigned i = 0; i < kCount; ++i)
    v = step(v, i);
  return v;
}
__host__ __device__ inline unsigned depth(unsigned n) {
  return n < 2 ? n : depth(n - 1) + depth(n - 2);
}

__global__ void first(unsigned *out) {
  const int t = threadIdx.x;
  if (t == 0) {
    shared_total += 40;
    hidden_total += 50;
    polygons[0] = new Square;
    polygons[1] = new Pentagon;
  }
  out[t] = mixed<800>(t + table[t % 8]);
}

__global__ void second(unsigned *out) {
  const int t = threadIdx.x;
  out[t] = mixed<801>(t) + unsigned(polygons[t % 2]->sides()) * 1000u + unsigned(shared_total);
}

__global__ void third(unsigned *out) {
  const int t = threadIdx.x;
  out[t] = mixed<802>(t) + unsigned(hidden_total) + unsigned(factors[t % 4]) + table[t % 8] +
           depth(t % 8);
}

template <class Reference> void compare(const char *name, unsigned *out, Reference reference) {
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaDeviceSynchronize());
  bool same = true;
  for (int t = 0; t < kThreads && same; ++t)
    if (out[t] != reference(t)) {
      std::printf("FAIL %s: thread %d: %u is not %u\n", name, t, out[t], reference(t));
      same = false;
    }
  require(same);
}

int main() {
  constexpr unsigned kTable[8] = {3, 1, 4, 1, 5, 9, 2, 6};
  unsigned *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&out, kThreads * sizeof(unsigned)));
  first<<<1, kThreads>>>(out);
  compare("first", out, [&](int t) { return mixed<800>(t + kTable[t % 8]); });
  second<<<1, kThreads>>>(out);
  compare("second", out, [](int t) { return mixed<801>(t) + (t % 2 ? 5000u : 4000u) + 43u; });
  const int replaced[4] = {7, 8, 9, 10};
  CHECK_CUDA(cudaMemcpyToSymbol(factors, replaced, sizeof replaced));
  third<<<1, kThreads>>>(out);
  compare("third", out, [&](int t) {
    return mixed<802>(t) + 55u + unsigned(replaced[t % 4]) + kTable[t % 8] + depth(t % 8);
  });
  int total = 0;
  CHECK_CUDA(cudaMemcpyFromSymbol(&total, shared_total, sizeof total));
  require(total == 43);
  CHECK_CUDA(cudaFree(out));
  return finish();
}
