// Dense solvers of matrices that lie on several devices, in tiles of columns, against the
// equations.
#include <cusolverMg.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#define SOLVER(call) EXPECT((call) == CUSOLVER_STATUS_SUCCESS)

static const int n = 11, width = 3, parts = 2;
static int devices[parts];
static cusolverMgHandle_t handle;
static cudaLibMgGrid_t grid;

static unsigned state = 9;
static double next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / double(1 << 24) - 0.5;
}

// Columns in tiles that go round the devices.
template <class T> struct Tiles {
  int rows, columns;
  std::vector<T *> data;
  Tiles(int rows, int columns) : rows(rows), columns(columns), data(parts) {
    for (int part = 0; part < parts; ++part) {
      OK(cudaSetDevice(devices[part]));
      OK(cudaMalloc(&data[part], sizeof(T) * rows * (columns + width)));
    }
  }
  ~Tiles() {
    for (T *part : data)
      OK(cudaFree(part));
  }
  T *column(int i) {
    return data[i / width % parts] + rows * (i / width / parts * width + i % width);
  }
  void put(const std::vector<T> &from) {
    for (int i = 0; i < columns; ++i)
      OK(cudaMemcpy(column(i), &from[i * rows], sizeof(T) * rows, cudaMemcpyHostToDevice));
  }
  std::vector<T> get() {
    std::vector<T> to(rows * columns);
    for (int i = 0; i < columns; ++i)
      OK(cudaMemcpy(&to[i * rows], column(i), sizeof(T) * rows, cudaMemcpyDeviceToHost));
    return to;
  }
  void **arrays() { return reinterpret_cast<void **>(data.data()); }
};

static double residual(const std::vector<double> &a, const std::vector<double> &x,
                       const std::vector<double> &b, int nrhs) {
  double worst = 0;
  for (int column = 0; column < nrhs; ++column)
    for (int i = 0; i < n; ++i) {
      double sum = -b[column * n + i];
      for (int k = 0; k < n; ++k)
        sum += a[k * n + i] * x[column * n + k];
      worst = std::max(worst, std::fabs(sum));
    }
  return worst;
}

int main() {
  int count = 0, info = -1;
  int64_t size = 0;
  OK(cudaGetDeviceCount(&count));
  devices[1] = count > 1 ? 1 : 0;
  SOLVER(cusolverMgCreate(&handle));
  SOLVER(cusolverMgDeviceSelect(handle, parts, devices));
  SOLVER(cusolverMgCreateDeviceGrid(&grid, 1, parts, devices, CUDALIBMG_GRID_MAPPING_COL_MAJOR));

  const int nrhs = 4;
  cudaLibMgMatrixDesc_t dA, dB;
  SOLVER(cusolverMgCreateMatrixDesc(&dA, n, n, n, width, CUDA_R_64F, grid));
  SOLVER(cusolverMgCreateMatrixDesc(&dB, n, nrhs, n, width, CUDA_R_64F, grid));
  std::vector<double> a(n * n), b(n * nrhs), symmetric(n * n);
  for (double &value : a)
    value = next();
  for (double &value : b)
    value = next();
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      symmetric[j * n + i] = a[j * n + i] + a[i * n + j] + (i == j ? n : 0);
  Tiles<double> A(n, n), B(n, nrhs);
  Tiles<int> pivots(1, n);

  A.put(a);
  B.put(b);
  SOLVER(cusolverMgGetrf_bufferSize(handle, n, n, A.arrays(), 1, 1, dA, pivots.data.data(),
                                    CUDA_R_64F, &size));
  Tiles<double> work(1, int(size));
  SOLVER(cusolverMgGetrf(handle, n, n, A.arrays(), 1, 1, dA, pivots.data.data(), CUDA_R_64F,
                         work.arrays(), size, &info));
  EXPECT(info == 0);
  SOLVER(cusolverMgGetrs(handle, CUBLAS_OP_N, n, nrhs, A.arrays(), 1, 1, dA, pivots.data.data(),
                         B.arrays(), 1, 1, dB, CUDA_R_64F, work.arrays(), size, &info));
  EXPECT(info == 0 && residual(a, B.get(), b, nrhs) < 1e-12);

  A.put(symmetric);
  B.put(b);
  SOLVER(cusolverMgPotrf(handle, CUBLAS_FILL_MODE_LOWER, n, A.arrays(), 1, 1, dA, CUDA_R_64F,
                         work.arrays(), size, &info));
  SOLVER(cusolverMgPotrs(handle, CUBLAS_FILL_MODE_LOWER, n, nrhs, A.arrays(), 1, 1, dA, B.arrays(),
                         1, 1, dB, CUDA_R_64F, work.arrays(), size, &info));
  EXPECT(info == 0 && residual(symmetric, B.get(), b, nrhs) < 1e-12);

  // All eigenvectors; then a part of a matrix that begins elsewhere.
  std::vector<double> values(n);
  A.put(symmetric);
  SOLVER(cusolverMgSyevd(handle, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, A.arrays(), 1,
                         1, dA, values.data(), CUDA_R_64F, CUDA_R_64F, work.arrays(), size, &info));
  std::vector<double> vectors = A.get(), scaled = vectors;
  for (int i = 0; i < n * n; ++i)
    scaled[i] *= values[i / n];
  EXPECT(info == 0 && residual(symmetric, vectors, scaled, n) < 1e-11);

  A.put(symmetric);
  SOLVER(cusolverMgPotrf(handle, CUBLAS_FILL_MODE_LOWER, n - 4, A.arrays(), 5, 5, dA, CUDA_R_64F,
                         work.arrays(), size, &info));
  const std::vector<double> factor = A.get();
  EXPECT(info == 0 && factor[0] == symmetric[0]);
  EXPECT(std::fabs(factor[4 * n + 4] * factor[4 * n + 4] - symmetric[4 * n + 4]) < 1e-13);
  EXPECT(cusolverMgPotrf(handle, CUBLAS_FILL_MODE_LOWER, n, A.arrays(), 2, 1, dA, CUDA_R_64F,
                         work.arrays(), size, &info) == CUSOLVER_STATUS_INVALID_VALUE);

  SOLVER(cusolverMgDestroyMatrixDesc(dA));
  SOLVER(cusolverMgDestroyMatrixDesc(dB));
  SOLVER(cusolverMgDestroyGrid(grid));
  SOLVER(cusolverMgDestroy(handle));
  return finish();
}
