// Shows a transpose through shared memory: rows in, columns out, the tile one column wider than the
// block so that no two threads of a column share a bank; 32 x 8 threads do 32 x 32 elements.
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

constexpr int kTile = 32;
constexpr int kRowsPerStep = 8;

__global__ void transpose(const float *src, float *dst, int rows, int columns) {
  __shared__ float tile[kTile][kTile + 1];
  int column = blockIdx.x * kTile + threadIdx.x;
  int row = blockIdx.y * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRowsPerStep)
    if (column < columns && row + i < rows)
      tile[threadIdx.y + i][threadIdx.x] = src[(row + i) * columns + column];
  __syncthreads();
  column = blockIdx.y * kTile + threadIdx.x;
  row = blockIdx.x * kTile + threadIdx.y;
  for (int i = 0; i < kTile; i += kRowsPerStep)
    if (column < rows && row + i < columns)
      dst[(row + i) * rows + column] = tile[threadIdx.x][threadIdx.y + i];
}

int main() {
  const int rows = 333, columns = 210;
  std::vector<float> src(rows * columns), dst(rows * columns);
  for (size_t i = 0; i < src.size(); ++i)
    src[i] = static_cast<float>(i);

  // A pitched allocation is not needed here: the kernel masks the ragged edge itself.
  const size_t bytes = src.size() * sizeof(float);
  float *deviceSrc, *deviceDst;
  CHECK(cudaMalloc((void **)&deviceSrc, bytes));
  CHECK(cudaMalloc((void **)&deviceDst, bytes));
  CHECK(cudaMemcpy(deviceSrc, src.data(), bytes, cudaMemcpyHostToDevice));
  CHECK(cudaMemset(deviceDst, 0xff, bytes)); // an element that nobody writes is a NaN

  dim3 grid((columns + kTile - 1) / kTile, (rows + kTile - 1) / kTile);
  dim3 block(kTile, kRowsPerStep);
  transpose<<<grid, block>>>(deviceSrc, deviceDst, rows, columns);
  CHECK(cudaGetLastError());
  CHECK(cudaMemcpy(dst.data(), deviceDst, bytes, cudaMemcpyDeviceToHost));

  int wrong = 0;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      wrong += dst[column * rows + row] != src[row * columns + column];

  CHECK(cudaFree(deviceSrc));
  CHECK(cudaFree(deviceDst));
  printf("transpose: %d x %d, %d wrong: %s\n", rows, columns, wrong, wrong ? "FAILED" : "passed");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
