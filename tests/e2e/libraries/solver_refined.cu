// Solvers with refinement, leading singular values, symmetric indefinite matrices and reductions,
// against the equations that their results must satisfy.
#include <cusolverDn.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#define SOLVER(call) EXPECT((call) == CUSOLVER_STATUS_SUCCESS)

static unsigned state = 11;
static double next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / double(1 << 24) - 0.5;
}
template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  explicit Memory(const std::vector<T> &from) : Memory(from.size()) {
    std::copy(from.begin(), from.end(), data);
  }
  ~Memory() { OK(cudaFree(data)); }
  T &operator[](size_t i) { return data[i]; }
};
template <class T> static std::vector<T> randomMatrix(int rows, int columns) {
  std::vector<T> matrix(rows * columns);
  for (T &value : matrix)
    value = T(next());
  return matrix;
}
// max |A' (A x - b)|: 0 for solutions and for least squares alike. A is m x n.
template <class T>
static double normalResidual(const std::vector<T> &a, int m, int n, const T *x,
                             const std::vector<T> &b) {
  double worst = 0;
  std::vector<double> rest(m);
  for (int i = 0; i < m; ++i) {
    rest[i] = -double(b[i]);
    for (int k = 0; k < n; ++k)
      rest[i] += double(a[k * m + i]) * x[k];
  }
  for (int k = 0; k < n; ++k) {
    double sum = 0;
    for (int i = 0; i < m; ++i)
      sum += double(a[k * m + i]) * rest[i];
    worst = std::max(worst, std::fabs(sum));
  }
  return worst;
}

static void refined(cusolverDnHandle_t handle) {
  const int n = 12, m = 20;
  const std::vector<double> a = randomMatrix<double>(n, n), b = randomMatrix<double>(n, 1);
  const std::vector<double> tall = randomMatrix<double>(m, n), c = randomMatrix<double>(m, 1);
  Memory<double> A(a), B(b), X(n), L(tall), C(c);
  Memory<int> info(1), pivots(n);
  size_t bytes = 0;
  int iterations = -7;
  SOLVER(cusolverDnDSgesv_bufferSize(handle, n, 1, A.data, n, pivots.data, B.data, n, X.data, n,
                                     nullptr, &bytes));
  Memory<char> work(bytes);
  SOLVER(cusolverDnDSgesv(handle, n, 1, A.data, n, pivots.data, B.data, n, X.data, n, work.data,
                          bytes, &iterations, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(iterations == 0 && info[0] == 0 && normalResidual(a, n, n, X.data, b) < 1e-12);
  EXPECT(std::equal(a.begin(), a.end(), A.data) && std::equal(b.begin(), b.end(), B.data));

  SOLVER(cusolverDnDHgels(handle, m, n, 1, L.data, m, C.data, m, X.data, n, work.data, bytes,
                          &iterations, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(iterations == 0 && info[0] == 0 && normalResidual(tall, m, n, X.data, c) < 1e-12);

  cusolverDnIRSParams_t params;
  cusolverDnIRSInfos_t infos;
  SOLVER(cusolverDnIRSParamsCreate(&params));
  SOLVER(cusolverDnIRSInfosCreate(&infos));
  EXPECT(cusolverDnIRSXgesv_bufferSize(handle, params, n, 1, &bytes) ==
         CUSOLVER_STATUS_IRS_PARAMS_INVALID_PREC);
  EXPECT(cusolverDnIRSParamsSetSolverPrecisions(params, CUSOLVER_R_32F, CUSOLVER_R_64F) ==
         CUSOLVER_STATUS_IRS_PARAMS_INVALID_PREC);
  SOLVER(cusolverDnIRSParamsSetSolverPrecisions(params, CUSOLVER_R_64F, CUSOLVER_R_16F));
  SOLVER(cusolverDnIRSParamsSetRefinementSolver(params, CUSOLVER_IRS_REFINE_GMRES));
  SOLVER(cusolverDnIRSParamsSetTol(params, 1e-14));
  SOLVER(cusolverDnIRSParamsSetMaxIters(params, 3));
  SOLVER(cusolverDnIRSInfosRequestResidual(infos));
  SOLVER(cusolverDnIRSXgesv_bufferSize(handle, params, n, 1, &bytes));
  iterations = -7;
  SOLVER(cusolverDnIRSXgesv(handle, params, infos, n, 1, A.data, n, B.data, n, X.data, n, work.data,
                            bytes, &iterations, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(iterations == 0 && info[0] == 0 && normalResidual(a, n, n, X.data, b) < 1e-12);
  void *history = nullptr;
  SOLVER(cusolverDnIRSInfosGetResidualHistory(infos, &history));
  EXPECT(static_cast<double *>(history)[0] < 1e-12 && static_cast<double *>(history)[3] == 0);
  SOLVER(cusolverDnIRSInfosGetMaxIters(infos, &iterations));
  EXPECT(iterations == 3);
  // A singular matrix is said to be one.
  std::fill(A.data, A.data + n * n, 0.0);
  SOLVER(cusolverDnIRSXgesv(handle, params, infos, n, 1, A.data, n, B.data, n, X.data, n, work.data,
                            bytes, &iterations, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(info[0] > 0);
  SOLVER(cusolverDnIRSInfosDestroy(infos));
  SOLVER(cusolverDnIRSParamsDestroy(params));
  EXPECT(cusolverDnIRSParamsDestroy(params) == CUSOLVER_STATUS_IRS_PARAMS_NOT_INITIALIZED);
}

// A = U S V' of a batch, of full rank and of rank 1.
static void leading(cusolverDnHandle_t handle) {
  const int m = 7, n = 4, count = 3;
  const std::vector<float> a = randomMatrix<float>(m, n * count);
  for (int rank : {n, 1}) {
    Memory<float> A(a), S(rank * count), U(m * rank * count), V(n * rank * count);
    Memory<int> info(count);
    double rest[count];
    int size = 0;
    SOLVER(cusolverDnSgesvdaStridedBatched_bufferSize(handle, CUSOLVER_EIG_MODE_VECTOR, rank, m, n,
                                                      A.data, m, m * n, S.data, rank, U.data, m,
                                                      m * rank, V.data, n, n * rank, &size, count));
    Memory<float> work(size);
    SOLVER(cusolverDnSgesvdaStridedBatched(handle, CUSOLVER_EIG_MODE_VECTOR, rank, m, n, A.data, m,
                                           m * n, S.data, rank, U.data, m, m * rank, V.data, n,
                                           n * rank, work.data, size, info.data, rest, count));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < count; ++i) {
      double sum = 0, all = 0;
      for (int column = 0; column < n; ++column)
        for (int row = 0; row < m; ++row) {
          double value = a[(i * n + column) * m + row];
          all += value * value;
          for (int k = 0; k < rank; ++k)
            value -= double(U[(i * rank + k) * m + row]) * S[i * rank + k] *
                     V[(i * rank + k) * n + column];
          sum += value * value;
        }
      EXPECT(info[i] == 0 && std::fabs(std::sqrt(sum) - rest[i]) < 1e-4);
      EXPECT(rank == n ? sum < 1e-9 : std::fabs(all - S[i] * S[i] - sum) < 1e-4);
    }
  }
}

// The dense matrix of an upper or lower triangle.
static double symmetric(const std::vector<double> &a, int n, int i, int j, bool lower) {
  return (i >= j) == lower ? a[j * n + i] : a[i * n + j];
}

static void indefinite(cusolverDnHandle_t handle) {
  const int n = 9;
  const std::vector<double> a = randomMatrix<double>(n, n), b = randomMatrix<double>(n, 1);
  for (bool lower : {true, false}) {
    const cublasFillMode_t uplo = lower ? CUBLAS_FILL_MODE_LOWER : CUBLAS_FILL_MODE_UPPER;
    Memory<double> A(a), x(b), d(n), e(n), tau(n), T(a);
    Memory<int> info(1), pivots(n);
    Memory<int64_t> wide(n);
    int size = 0;
    SOLVER(cusolverDnDsytrf_bufferSize(handle, n, A.data, n, &size));
    Memory<double> work(size);
    SOLVER(cusolverDnDsytrf(handle, uplo, n, A.data, n, pivots.data, work.data, size, info.data));
    OK(cudaDeviceSynchronize());
    EXPECT(info[0] == 0);
    std::copy(pivots.data, pivots.data + n, wide.data);
    SOLVER(cusolverDnXsytrs(handle, uplo, n, 1, CUDA_R_64F, A.data, n, wide.data, CUDA_R_64F,
                            x.data, n, nullptr, 0, nullptr, 0, info.data));
    SOLVER(cusolverDnDsytri(handle, uplo, n, A.data, n, pivots.data, work.data, size, info.data));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < n; ++i) {
      double sum = 0, inverted = 0;
      for (int j = 0; j < n; ++j) {
        sum += symmetric(a, n, i, j, lower) * x[j];
        inverted += ((i >= j) == lower ? A[j * n + i] : A[i * n + j]) * b[j];
      }
      EXPECT(std::fabs(sum - b[i]) < 1e-9 && std::fabs(inverted - x[i]) < 1e-9);
    }
    // Q T Q' = A
    SOLVER(cusolverDnDsytrd(handle, uplo, n, T.data, n, d.data, e.data, tau.data, work.data, size,
                            info.data));
    SOLVER(cusolverDnDorgtr(handle, uplo, n, T.data, n, tau.data, work.data, size, info.data));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int k = 0; k < n; ++k) {
          double row = d[k] * T[k * n + j];
          row += k + 1 < n ? e[k] * T[(k + 1) * n + j] : 0;
          row += k > 0 ? e[k - 1] * T[(k - 1) * n + j] : 0;
          sum += T[k * n + i] * row;
        }
        EXPECT(std::fabs(sum - symmetric(a, n, i, j, lower)) < 1e-12);
      }
  }
}

// Rows are exchanged and, with incx = -1, exchanged back; a range of A x = lambda B x.
static void exchangesAndRanges(cusolverDnHandle_t handle) {
  const int n = 5;
  const std::vector<double> a = randomMatrix<double>(n, n);
  Memory<double> A(a);
  Memory<int> pivots(std::vector<int>{3, 2, 5});
  SOLVER(cusolverDnDlaswp(handle, n, A.data, n, 1, 3, pivots.data, 1));
  OK(cudaDeviceSynchronize());
  const int order[] = {2, 1, 4, 3, 0};
  for (int i = 0; i < n; ++i)
    EXPECT(A[i] == a[order[i]] && A[n + i] == a[n + order[i]]);
  SOLVER(cusolverDnDlaswp(handle, n, A.data, n, 1, 3, pivots.data, -1));
  OK(cudaDeviceSynchronize());
  EXPECT(std::equal(a.begin(), a.end(), A.data));

  std::vector<double> b(n * n);
  for (int i = 0; i < n; ++i)
    b[i * n + i] = i + 1;
  Memory<double> B(b), W(n), work(64);
  Memory<int> info(1);
  int found = 0;
  SOLVER(cusolverDnDsygvdx(handle, CUSOLVER_EIG_TYPE_1, CUSOLVER_EIG_MODE_VECTOR,
                           CUSOLVER_EIG_RANGE_I, CUBLAS_FILL_MODE_LOWER, n, A.data, n, B.data, n, 0,
                           0, 2, 3, &found, W.data, work.data, 64, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(found == 2 && info[0] == 0 && W[0] <= W[1]);
  for (int k = 0; k < found; ++k)
    for (int i = 0; i < n; ++i) {
      double sum = -W[k] * (i + 1) * A[k * n + i];
      for (int j = 0; j < n; ++j)
        sum += symmetric(a, n, i, j, true) * A[k * n + j];
      EXPECT(std::fabs(sum) < 1e-12);
    }
}

int main() {
  cusolverDnHandle_t handle;
  SOLVER(cusolverDnCreate(&handle));
  refined(handle);
  leading(handle);
  indefinite(handle);
  exchangesAndRanges(handle);
  SOLVER(cusolverDnDestroy(handle));
  return finish();
}
