// Atomic operations, their returned values, and the patterns that are built on them.
#include "check.h"

#include <algorithm>

constexpr unsigned kThreads = 100, kBlocks = 4, kAll = kThreads * kBlocks;

template <class T> struct Device {
  T *data = nullptr;
  explicit Device(std::vector<T> values) {
    CHECK_CUDA(cudaMalloc(&data, values.size() * sizeof(T)));
    CHECK_CUDA(cudaMemcpy(data, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~Device() { CHECK_CUDA(cudaFree(data)); }
  std::vector<T> read(size_t count) const {
    std::vector<T> values(count);
    CHECK_CUDA(cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }
};

template <class T> void expect(const char *name, T got, T wanted) {
  if (got != wanted)
    std::printf("FAIL %s: %.17g is not %.17g\n", name, double(got), double(wanted));
  require(got == wanted);
}

template <class T> __global__ void integers(T *v) {
  T i = T(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(v, i);
  atomicMin(v + 1, i * 7 % 1000 + 5);
  atomicMax(v + 2, i * 7 % 1000 + 5);
  atomicAnd(v + 3, ~(T(1) << (i % 20)));
  atomicOr(v + 4, T(1) << (i % 20));
  atomicXor(v + 5, i);
  if (i == 77)
    atomicExch(v + 6, T(123));
  if (i % 3 == 0)
    atomicCAS(v + 7, T(0), i + 1);
}
template <class T> void checkIntegers(const char *name) {
  Device<T> device({0, T(1000000), 0, T(-1), 0, 0, 5, 0});
  integers<T><<<kBlocks, kThreads>>>(device.data);
  std::vector<T> v = device.read(8);
  T low = 1000000, high = 0, bits = 0;
  for (unsigned i = 0; i < kAll; ++i) {
    low = std::min(low, T(i * 7 % 1000 + 5));
    high = std::max(high, T(i * 7 % 1000 + 5));
    bits ^= T(i);
  }
  T wanted[] = {T(kAll * (kAll - 1) / 2), low, high, T(~T(0xfffff)), T(0xfffff), bits, 123, v[7]};
  for (int i = 0; i < 8; ++i)
    expect(name, v[i], wanted[i]);
  require(v[7] >= 1 && v[7] <= kAll && (v[7] - 1) % 3 == 0);
}

template <class T> __global__ void sums(T *total) {
  __shared__ T part;
  if (threadIdx.x == 0)
    part = 0;
  __syncthreads();
  atomicAdd(&part, T(threadIdx.x) * T(0.5));
  __syncthreads();
  if (threadIdx.x == 0)
    atomicAdd(total, part);
}

// Every returned value is another one: together they are 0 to n - 1.
__global__ void tickets(unsigned *counter, unsigned *taken) {
  if (threadIdx.x % 3 != 1)
    atomicAdd(taken + atomicAdd(counter, 1u), 1u);
}

__global__ void wrappingCounters(unsigned *v) {
  atomicInc(v, 36u);
  atomicDec(v + 1, 36u);
  unsigned old = atomicInc(v + 2, 0xffffffffu);
  atomicMax(v + 3, old);
}

__device__ float atomicMaxFloat(float *address, float value) {
  int *word = reinterpret_cast<int *>(address), old = *word, assumed;
  do {
    assumed = old;
    if (__int_as_float(assumed) >= value)
      break;
    old = atomicCAS(word, assumed, __float_as_int(value));
  } while (old != assumed);
  return __int_as_float(old);
}
__device__ double addByCas(double *address, double value) {
  auto *word = reinterpret_cast<unsigned long long *>(address);
  unsigned long long old = *word, assumed;
  do {
    assumed = old;
    old = atomicCAS(word, assumed, __double_as_longlong(value + __longlong_as_double(assumed)));
  } while (assumed != old);
  return __longlong_as_double(old);
}
__global__ void casLoops(float *highest, double *sum) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicMaxFloat(highest, float(i * 37 % 401));
  if (i % 2)
    addByCas(sum, i * 0.25);
}

__global__ void histogram(unsigned *bins) {
  __shared__ unsigned local[16];
  if (threadIdx.x < 16)
    local[threadIdx.x] = 0;
  __syncthreads();
  atomicAdd(&local[(threadIdx.x * threadIdx.x + blockIdx.x) % 16], 1u);
  __syncthreads();
  if (threadIdx.x < 16)
    atomicAdd(bins + threadIdx.x, local[threadIdx.x]);
}

// The block that comes last adds what all blocks left.
__device__ unsigned blocksDone = 0;
__global__ void lastBlock(int *parts, int *result) {
  __shared__ bool isLast;
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = int(blockIdx.x) * 10 + 1;
    __threadfence();
    isLast = atomicInc(&blocksDone, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (isLast && threadIdx.x == 0) {
    int sum = 0;
    for (unsigned i = 0; i < gridDim.x; ++i)
      sum += reinterpret_cast<volatile int *>(parts)[i];
    *result += sum;
  }
}

// Every form whose order and scope are arguments.
__global__ void ordered(int *v, float *sum, unsigned long long *swapped) {
  int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  const int *read = v;
  __nv_atomic_fetch_add(v, i, __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_DEVICE);
  __nv_atomic_add(v, 1, __NV_ATOMIC_SEQ_CST);
  __nv_atomic_sub(v + 1, i, __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_SYSTEM);
  __nv_atomic_fetch_sub(v + 1, 1, __NV_ATOMIC_ACQ_REL, __NV_THREAD_SCOPE_DEVICE);
  __nv_atomic_min(v + 2, i * 7 % 1000 + 5, __NV_ATOMIC_RELAXED);
  __nv_atomic_fetch_max(v + 3, i * 7 % 1000 + 5, __NV_ATOMIC_RELAXED);
  __nv_atomic_and(v + 4, ~(1 << (i % 20)), __NV_ATOMIC_RELAXED);
  __nv_atomic_fetch_or(v + 5, 1 << (i % 20), __NV_ATOMIC_RELEASE, __NV_THREAD_SCOPE_BLOCK);
  __nv_atomic_xor(v + 6, i, __NV_ATOMIC_RELAXED);
  __nv_atomic_add(sum, 0.25f, __NV_ATOMIC_RELAXED);
  // A sum by compare and swap, with a narrower value than the variable.
  unsigned long long seen = __nv_atomic_load_n(swapped, __NV_ATOMIC_RELAXED), next;
  do
    next = seen + unsigned(i);
  while (!__nv_atomic_compare_exchange_n(swapped, &seen, next, true, __NV_ATOMIC_ACQ_REL,
                                         __NV_ATOMIC_RELAXED, __NV_THREAD_SCOPE_DEVICE));
  if (i == 77) {
    int value = 123, old = -1;
    __nv_atomic_exchange(v + 7, &value, &old, __NV_ATOMIC_RELAXED);
    __nv_atomic_store_n(v + 8, old, __NV_ATOMIC_RELEASE, __NV_THREAD_SCOPE_DEVICE);
    __nv_atomic_load(read + 8, &value, __NV_ATOMIC_ACQUIRE);
    __nv_atomic_store(v + 9, &value, __NV_ATOMIC_RELAXED);
    __nv_atomic_thread_fence(__NV_ATOMIC_SEQ_CST, __NV_THREAD_SCOPE_DEVICE);
    v[10] = __nv_atomic_exchange_n(v + 11, 9, __NV_ATOMIC_RELAXED);
  }
}
void checkOrdered() {
  Device<int> device({0, 0, 1000000, 0, -1, 0, 0, 5, 0, 0, 0, 6});
  Device<float> sum({0});
  Device<unsigned long long> swapped({0});
  ordered<<<kBlocks, kThreads>>>(device.data, sum.data, swapped.data);
  std::vector<int> v = device.read(12);
  int total = kAll * (kAll - 1) / 2, low = 1000000, high = 0, bits = 0;
  for (int i = 0; i < int(kAll); ++i) {
    low = std::min(low, i * 7 % 1000 + 5);
    high = std::max(high, i * 7 % 1000 + 5);
    bits ^= i;
  }
  int wanted[] = {
      total + int(kAll), -total - int(kAll), low, high, ~0xfffff, 0xfffff, bits, 123, 5, 5, 6, 9};
  for (int i = 0; i < 12; ++i)
    expect("ordered", v[i], wanted[i]);
  expect("ordered sum", sum.read(1)[0], kAll / 4.0f);
  expect("ordered swaps", swapped.read(1)[0], (unsigned long long)total);
}

int main() {
  checkIntegers<int>("int");
  checkIntegers<unsigned>("unsigned");
  checkIntegers<unsigned long long>("unsigned long long");
  {
    Device<float> f({0});
    sums<<<kBlocks, kThreads>>>(f.data);
    expect("float sum", f.read(1)[0], kBlocks * kThreads * (kThreads - 1) / 4.0f);
    Device<double> d({0});
    sums<<<kBlocks, kThreads>>>(d.data);
    expect("double sum", d.read(1)[0], kBlocks * kThreads * (kThreads - 1) / 4.0);
    Device<int> i({0});
  }
  {
    Device<unsigned> counter({0}), taken(std::vector<unsigned>(kAll, 0));
    tickets<<<kBlocks, kThreads>>>(counter.data, taken.data);
    unsigned count = counter.read(1)[0];
    std::vector<unsigned> seen = taken.read(kAll);
    expect("tickets", count, kBlocks * 67u);
    expect("each ticket once", unsigned(std::count(seen.begin(), seen.begin() + count, 1u)), count);
  }
  {
    Device<unsigned> v({0, 0, 0, 0});
    wrappingCounters<<<kBlocks, kThreads>>>(v.data);
    std::vector<unsigned> got = v.read(4);
    expect("atomicInc", got[0], kAll % 37);
    expect("atomicDec", got[1], (37 - kAll % 37) % 37);
    expect("atomicInc without a limit", got[2], kAll);
    expect("the last value returned", got[3], kAll - 1);
  }
  {
    Device<float> highest({-1});
    Device<double> sum({0});
    casLoops<<<kBlocks, kThreads>>>(highest.data, sum.data);
    expect("maximum by compare and swap", highest.read(1)[0], 400.0f);
    expect("sum by compare and swap", sum.read(1)[0], kAll / 2 * (kAll / 2) * 0.25);
  }
  {
    Device<unsigned> bins(std::vector<unsigned>(16, 0));
    histogram<<<kBlocks, kThreads>>>(bins.data);
    std::vector<unsigned> wanted(16, 0), got = bins.read(16);
    for (unsigned b = 0; b < kBlocks; ++b)
      for (unsigned t = 0; t < kThreads; ++t)
        ++wanted[(t * t + b) % 16];
    for (int i = 0; i < 16; ++i)
      expect("histogram", got[i], wanted[i]);
  }
  {
    Device<int> parts(std::vector<int>(37, 0)), result({0});
    for (int turn = 0; turn < 3; ++turn)
      lastBlock<<<37, 64>>>(parts.data, result.data);
    expect("last block", result.read(1)[0], 3 * (36 * 37 / 2 * 10 + 37));
  }
  checkOrdered();
  return finish();
}
