// Kernels that pass once over rows of memory, in grids of many columns: executions are several
// blocks side by side, fewer at the right end.
#include "check.h"

struct Grid {
  unsigned columns, rows, layers;
};
struct Size {
  int width, height, depth;
};

__host__ __device__ int valueOf(const int *in, Size size, int x, int y, int z, unsigned columns) {
  const int at = (z * size.height + y) * size.width + x;
  const int left = x > 0 ? in[at - 1] : -1, right = x < size.width - 1 ? in[at + 1] : -2;
  const int up = y > 0 ? in[at - size.width] : -3;
  return in[at] * 5 + left * 3 + right * 7 + up + int(columns);
}

// Everything that tells a block's place.
__global__ void neighbours(const int *in, int *out, Size size) {
  const int x = int(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = int(blockIdx.y * blockDim.y + threadIdx.y);
  const int z = int(blockIdx.z * blockDim.z + threadIdx.z);
  if (x < size.width && y < size.height && z < size.depth)
    out[(z * size.height + y) * size.width + x] = valueOf(in, size, x, y, z, gridDim.x);
}

void checkGrid(const Shape &block, const Grid &grid, int missing) {
  const Size size = {int(block.x * grid.columns) - missing, int(block.y * grid.rows) - missing,
                     int(block.z * grid.layers)};
  const size_t count = size_t(size.width) * size.height * size.depth;
  int *in = nullptr, *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&in, count * sizeof *in));
  CHECK_CUDA(cudaMallocManaged(&out, count * sizeof *out));
  for (size_t i = 0; i < count; ++i)
    in[i] = int(i * 2654435761u >> 8);
  CHECK_CUDA(cudaMemset(out, 0xff, count * sizeof *out));
  neighbours<<<dim3(grid.columns, grid.rows, grid.layers), dim3(block.x, block.y, block.z)>>>(
      in, out, size);
  CHECK_CUDA(cudaDeviceSynchronize());
  size_t wrong = 0, at = 0;
  for (int z = 0; z < size.depth; ++z)
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x, ++at)
        wrong += out[at] != valueOf(in, size, x, y, z, grid.columns);
  if (wrong)
    std::printf("FAIL block (%u, %u, %u), grid (%u, %u, %u): %zu of %zu are wrong\n", block.x,
                block.y, block.z, grid.columns, grid.rows, grid.layers, wrong, count);
  require(wrong == 0);
  CHECK_CUDA(cudaFree(in));
  CHECK_CUDA(cudaFree(out));
}

int main() {
  const Shape blocks[] = {{16, 16, 1, 1}, {32, 8, 1, 1}, {8, 8, 1, 1},   {64, 2, 2, 1},
                          {8, 8, 4, 1},   {10, 6, 1, 1}, {256, 1, 1, 1}, {1, 8, 1, 1}};
  // From fewer blocks than make a strip to more than any machine divides by.
  const Grid grids[] = {{1, 1, 1}, {3, 2, 1}, {37, 41, 1}, {129, 17, 1}, {5, 300, 1}, {33, 6, 7}};
  for (const Shape &block : blocks)
    for (const Grid &grid : grids)
      for (int missing : {0, 1})
        if (!missing || (block.x > 1 && block.y * grid.rows > 1))
          checkGrid(block, grid, missing);
  return finish();
}
