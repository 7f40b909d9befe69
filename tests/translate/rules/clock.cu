// A function of the system's that the device has, too: the host's stays as it is, also in templates, and
// where one function serves both sides, so does the neutral name.
// RUN: cu2npu %s -o %t/ | count 1
// RUN: FileCheck %s --input-file=%t/clock.cpp
// RUN: npucc %t/clock.cpp -o %t/program && %t/program
#include <time.h>

struct Seed {
  Seed(unsigned long value) : value(value) {}
  unsigned long value;
};
// CHECK: Seed seed(clock());
// CHECK: return seed.value + clock() / CLOCKS_PER_SEC;
template <class T> T start() {
  Seed seed(clock());
  return seed.value + clock() / CLOCKS_PER_SEC;
}
// CHECK: NPU_HOST NPU_DEVICE long both() { return npu::clock(); }
__host__ __device__ long both() { return clock(); }
// CHECK: *ticks = npu::clock() + npu::clock64() + both();
__global__ void ticks(long long *ticks) { *ticks = clock() + clock64() + both(); }
// CHECK: *ticks = npu::clock();
template <class T> __global__ void anyTicks(T *ticks) { *ticks = clock(); }

int main() {
  // CHECK: const clock_t begin = clock();
  const clock_t begin = clock();
  long long *result;
  cudaMalloc(&result, sizeof *result);
  ticks<<<1, 1>>>(result);
  anyTicks<<<1, 1>>>(result);
  const bool isRight = cudaDeviceSynchronize() == cudaSuccess && both() >= begin;
  return isRight && start<double>() >= 0 ? 0 : 1;
}
