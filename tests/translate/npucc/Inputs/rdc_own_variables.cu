// Compiled twice: each file has variables of its own of these names.
#include <cstdio>
static __constant__ int kept[2];
static __device__ int counted = 0;
namespace {
__device__ int more[2] = {1, 1};
}
static __global__ void read(int *out) { *out = kept[1] + counted + more[0]; }

#if OTHER
void second() {
#else
void second();
int main() {
#endif
  int values[2] = {5, 10 + OTHER}, *out, add = 20, none = 0;
  cudaMemcpyToSymbol(kept, values, sizeof(values));
  cudaMemcpyToSymbol(counted, &none, sizeof(none));
  cudaMallocManaged(&out, sizeof(int));
  for (int round = 0; round < 2; ++round) {
    read<<<1, 1>>>(out);
    cudaDeviceSynchronize();
    std::printf("%d ", *out);
    cudaMemcpyToSymbol(counted, &add, sizeof(add));
  }
#if !OTHER
  second();
#endif
}
