// Shows the smallest whole CUDA program: allocate, copy, launch over a ragged size, copy back,
// check.
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

__global__ void vectorAdd(const float *a, const float *b, float *sum, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    sum[i] = a[i] + b[i];
}

int main() {
  const int count = 50001; // not a multiple of the block
  const size_t bytes = count * sizeof(float);
  std::vector<float> a(count), b(count), sum(count);
  for (int i = 0; i < count; ++i) {
    a[i] = 0.5f * i;
    b[i] = 1000.0f - 0.25f * i;
  }

  float *deviceA, *deviceB, *deviceSum;
  CHECK(cudaMalloc(&deviceA, bytes));
  CHECK(cudaMalloc(&deviceB, bytes));
  CHECK(cudaMalloc(&deviceSum, bytes));
  CHECK(cudaMemcpy(deviceA, a.data(), bytes, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(deviceB, b.data(), bytes, cudaMemcpyHostToDevice));

  const int threads = 256;
  vectorAdd<<<(count + threads - 1) / threads, threads>>>(deviceA, deviceB, deviceSum, count);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(sum.data(), deviceSum, bytes, cudaMemcpyDeviceToHost));

  int wrong = 0;
  for (int i = 0; i < count; ++i)
    wrong += sum[i] != a[i] + b[i];

  CHECK(cudaFree(deviceA));
  CHECK(cudaFree(deviceB));
  CHECK(cudaFree(deviceSum));
  printf("vector_add: %d elements, %d wrong: %s\n", count, wrong, wrong ? "FAILED" : "passed");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
