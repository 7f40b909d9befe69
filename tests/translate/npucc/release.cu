// RUN: rm -rf %t && mkdir %t && npucc -std=c++17 %s -o %t/direct && %t/direct
// RUN: cu2npu -q %s -o %t/out && npucc -std=c++17 %t/out/release.cpp -o %t/translated && %t/translated
// The compiler's release is the same before and after translation; `typeof` is one of nvcc's words in
// strict C++, too.
#include <cuda_runtime.h>
#if __CUDACC_VER_MAJOR__ >= 9
__global__ void k(int *p) { *p = __shfl_sync(0xffffffffu, 3, 0); }
#else
__global__ void k(int *p) { *p = __shfl(4, 0); }
#endif
int main() {
  int *p;
  cudaMallocManaged(&p, sizeof(int));
  k<<<1, 32>>>(p);
  cudaDeviceSynchronize();
  typeof(*p) value = *p;
  return value != 3;
}
