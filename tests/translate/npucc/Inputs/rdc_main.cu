#include <cstdio>
extern __device__ int offset;
__device__ int twice(int value);
int fromHelper(int *data);
namespace {
__global__ void store(int *data) { *data = twice(20) + offset; }
} // namespace
int main() {
  int *data = nullptr;
  if (cudaMallocManaged(&data, sizeof(int)) != cudaSuccess)
    return 1;
  store<<<1, 1>>>(data);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return 2;
  std::printf("main %d\n", *data);
  std::printf("helper %d\n", fromHelper(data));
  return 0;
}
