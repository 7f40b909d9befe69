// Shows a sum in two launches: each block halves its values in dynamic shared memory down to one,
// then one block adds what the blocks left. No warp operation, so it runs wherever barriers do.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error));    \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

__global__ void blockSums(const int *values, int *sums, int count) {
  extern __shared__ int partial[];
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    sum += values[i];
  partial[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half)
      partial[threadIdx.x] += partial[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0)
    sums[blockIdx.x] = partial[0];
}

int main() {
  const int count = 300007, blocks = 64, threads = 128;
  std::vector<int> values(count);
  int expected = 0;
  for (int i = 0; i < count; ++i) {
    values[i] = i * 31 % 1009 - 504;
    expected += values[i];
  }

  int *deviceValues, *deviceSums, *deviceTotal;
  CHECK(cudaMalloc(&deviceValues, count * sizeof(int)));
  CHECK(cudaMalloc(&deviceSums, blocks * sizeof(int)));
  CHECK(cudaMalloc(&deviceTotal, sizeof(int)));
  CHECK(cudaMemcpy(deviceValues, values.data(), count * sizeof(int), cudaMemcpyHostToDevice));

  blockSums<<<blocks, threads, threads * sizeof(int)>>>(deviceValues, deviceSums, count);
  CHECK(cudaGetLastError());
  blockSums<<<1, blocks, blocks * sizeof(int)>>>(deviceSums, deviceTotal, blocks);
  CHECK(cudaGetLastError());
  int total = 0;
  CHECK(cudaMemcpy(&total, deviceTotal, sizeof(int), cudaMemcpyDeviceToHost));

  CHECK(cudaFree(deviceValues));
  CHECK(cudaFree(deviceSums));
  CHECK(cudaFree(deviceTotal));
  bool right = total == expected;
  printf("reduction: sum of %d values is %d, expected %d: %s\n", count, total, expected,
         right ? "passed" : "FAILED");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
