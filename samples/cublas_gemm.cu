// Shows matrix products that leave the GPU model: cublasSgemm with transposes, leading dimensions,
// alpha and beta, and a strided batch, which the runtime hands to the NPU as tensor operations.
#include <cublas_v2.h>
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

#define CHECK_BLAS(call)                                                                           \
  do {                                                                                             \
    cublasStatus_t status = (call);                                                                \
    if (status != CUBLAS_STATUS_SUCCESS) {                                                         \
      fprintf(stderr, "%s:%d: %s: status %d\n", __FILE__, __LINE__, #call, (int)status);           \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

// Column-major: element (row, column) of a matrix with leading dimension `ld`, transposed or not.
static float at(const float *matrix, int ld, bool transposed, int row, int column) {
  return transposed ? matrix[row * ld + column] : matrix[column * ld + row];
}

struct Problem {
  int m, n, k, lda, ldb, ldc;
  bool transposeA, transposeB;
  float alpha, beta;
  int batch;
};

// Returns the largest error, relative to the sum of the magnitudes that were added.
static double run(cublasHandle_t handle, const Problem &p) {
  const size_t strideA = size_t(p.lda) * (p.transposeA ? p.m : p.k);
  const size_t strideB = size_t(p.ldb) * (p.transposeB ? p.k : p.n);
  const size_t strideC = size_t(p.ldc) * p.n;
  std::vector<float> a(strideA * p.batch), b(strideB * p.batch), c(strideC * p.batch);
  unsigned seed = 1;
  for (std::vector<float> *values : {&a, &b, &c})
    for (float &value : *values) {
      seed = seed * 1664525u + 1013904223u;
      value = static_cast<float>(seed >> 8) / (1 << 23) - 1.0f;
    }

  float *deviceA, *deviceB, *deviceC;
  CHECK(cudaMalloc((void **)&deviceA, a.size() * sizeof(float)));
  CHECK(cudaMalloc((void **)&deviceB, b.size() * sizeof(float)));
  CHECK(cudaMalloc((void **)&deviceC, c.size() * sizeof(float)));
  CHECK_BLAS(cublasSetVector(a.size(), sizeof(float), a.data(), 1, deviceA, 1));
  CHECK_BLAS(cublasSetVector(b.size(), sizeof(float), b.data(), 1, deviceB, 1));
  CHECK_BLAS(cublasSetVector(c.size(), sizeof(float), c.data(), 1, deviceC, 1));
  cublasOperation_t opA = p.transposeA ? CUBLAS_OP_T : CUBLAS_OP_N;
  cublasOperation_t opB = p.transposeB ? CUBLAS_OP_T : CUBLAS_OP_N;
  if (p.batch == 1)
    CHECK_BLAS(cublasSgemm(handle, opA, opB, p.m, p.n, p.k, &p.alpha, deviceA, p.lda, deviceB,
                           p.ldb, &p.beta, deviceC, p.ldc));
  else
    CHECK_BLAS(cublasSgemmStridedBatched(handle, opA, opB, p.m, p.n, p.k, &p.alpha, deviceA, p.lda,
                                         strideA, deviceB, p.ldb, strideB, &p.beta, deviceC, p.ldc,
                                         strideC, p.batch));
  std::vector<float> result(c.size());
  CHECK_BLAS(cublasGetVector(c.size(), sizeof(float), deviceC, 1, result.data(), 1));

  double worst = 0.0;
  for (int batch = 0; batch < p.batch; ++batch)
    for (int column = 0; column < p.n; ++column)
      for (int row = 0; row < p.ldc; ++row) {
        size_t index = batch * strideC + size_t(column) * p.ldc + row;
        if (row >= p.m) { // rows between m and the leading dimension must stay as they were
          worst = result[index] == c[index] ? worst : 1.0;
          continue;
        }
        double sum = double(p.beta) * c[index], magnitude = std::fabs(sum);
        for (int k = 0; k < p.k; ++k) {
          double term = double(p.alpha) *
                        at(a.data() + batch * strideA, p.lda, p.transposeA, row, k) *
                        at(b.data() + batch * strideB, p.ldb, p.transposeB, k, column);
          sum += term;
          magnitude += std::fabs(term);
        }
        worst = std::fmax(worst, std::fabs(result[index] - sum) / magnitude);
      }
  CHECK(cudaFree(deviceA));
  CHECK(cudaFree(deviceB));
  CHECK(cudaFree(deviceC));
  return worst;
}

int main() {
  const Problem problems[] = {
      {128, 128, 128, 128, 128, 128, false, false, 1.0f, 0.0f, 1},
      {100, 50, 75, 101, 80, 128, false, false, 1.5f, -0.5f, 1},
      {33, 65, 130, 130, 65, 33, true, true, 1.0f, 1.0f, 1},
      {48, 40, 56, 56, 56, 48, true, false, 0.25f, 0.0f, 6},
  };
  cublasHandle_t handle;
  CHECK_BLAS(cublasCreate(&handle));
  int failed = 0;
  for (const Problem &p : problems) {
    double error = run(handle, p);
    bool right = error < 1e-6; // single precision, whatever arithmetic the device uses inside
    failed += !right;
    printf("cublas_gemm: %3d x %3d x %3d%s%s, batch %d: %s\n", p.m, p.n, p.k,
           p.transposeA ? " A^T" : "", p.transposeB ? " B^T" : "", p.batch,
           right ? "passed" : "FAILED");
    if (!right)
      fprintf(stderr, "largest relative error %g\n", error);
  }
  CHECK_BLAS(cublasDestroy(handle));
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
