// Shows block cooperation: C = A B by 16 x 16 tiles in shared memory, with two barriers per tile
// and sizes that no tile divides. The tile's side is a template parameter.
#include <cuda_runtime.h>

#include <cmath>
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

template <int kTile>
__global__ void matmulTiled(const float *a, const float *b, float *c, int rows, int inner,
                            int columns) {
  __shared__ float tileA[kTile][kTile];
  __shared__ float tileB[kTile][kTile];
  int row = blockIdx.y * kTile + threadIdx.y;
  int column = blockIdx.x * kTile + threadIdx.x;
  float sum = 0.0f;
  for (int start = 0; start < inner; start += kTile) {
    int innerA = start + threadIdx.x;
    int innerB = start + threadIdx.y;
    tileA[threadIdx.y][threadIdx.x] = row < rows && innerA < inner ? a[row * inner + innerA] : 0.0f;
    tileB[threadIdx.y][threadIdx.x] =
        innerB < inner && column < columns ? b[innerB * columns + column] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kTile; ++k)
      sum += tileA[threadIdx.y][k] * tileB[k][threadIdx.x];
    __syncthreads();
  }
  if (row < rows && column < columns)
    c[row * columns + column] = sum;
}

int main() {
  const int rows = 150, inner = 97, columns = 203;
  std::vector<float> a(rows * inner), b(inner * columns), c(rows * columns);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = static_cast<int>(i * 7 % 19) - 9;
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = 0.125f * (static_cast<int>(i * 5 % 23) - 11);

  float *deviceA, *deviceB, *deviceC;
  CHECK(cudaMalloc(&deviceA, a.size() * sizeof(float)));
  CHECK(cudaMalloc(&deviceB, b.size() * sizeof(float)));
  CHECK(cudaMalloc(&deviceC, c.size() * sizeof(float)));
  CHECK(cudaMemcpy(deviceA, a.data(), a.size() * sizeof(float), cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(deviceB, b.data(), b.size() * sizeof(float), cudaMemcpyHostToDevice));

  const int tile = 16;
  dim3 block(tile, tile);
  dim3 grid((columns + tile - 1) / tile, (rows + tile - 1) / tile);
  matmulTiled<tile><<<grid, block>>>(deviceA, deviceB, deviceC, rows, inner, columns);
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());
  CHECK(cudaMemcpy(c.data(), deviceC, c.size() * sizeof(float), cudaMemcpyDeviceToHost));

  // The values are small multiples of 1/8, so the sums are exact whatever their order.
  int wrong = 0;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      float expected = 0.0f;
      for (int k = 0; k < inner; ++k)
        expected += a[row * inner + k] * b[k * columns + column];
      wrong += c[row * columns + column] != expected;
    }

  CHECK(cudaFree(deviceA));
  CHECK(cudaFree(deviceB));
  CHECK(cudaFree(deviceC));
  printf("matmul_tiled: %d x %d x %d, %d wrong: %s\n", rows, inner, columns, wrong,
         wrong ? "FAILED" : "passed");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
