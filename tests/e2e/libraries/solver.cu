// Dense solvers against the equations that their results must satisfy.
#include <cublas_v2.h>
#include <cusolverDn.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#define SOLVER(call) EXPECT((call) == CUSOLVER_STATUS_SUCCESS)

static unsigned state = 7;
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

static const int n = 9;
static std::vector<double> randomMatrix(int rows, int columns) {
  std::vector<double> matrix(rows * columns);
  for (double &value : matrix)
    value = next();
  return matrix;
}
// A' A + n: symmetric and positive.
static std::vector<double> positive() {
  const std::vector<double> a = randomMatrix(n, n);
  std::vector<double> result(n * n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      for (int k = 0; k < n; ++k)
        result[j * n + i] += a[i * n + k] * a[j * n + k];
      result[j * n + i] += i == j ? n : 0;
    }
  return result;
}
static double residual(const std::vector<double> &a, const double *x,
                       const std::vector<double> &b) {
  double worst = 0;
  for (int i = 0; i < n; ++i) {
    double sum = -b[i];
    for (int j = 0; j < n; ++j)
      sum += a[j * n + i] * x[j];
    worst = std::max(worst, std::fabs(sum));
  }
  return worst;
}

static void solutions(cusolverDnHandle_t handle) {
  const std::vector<double> a = positive(), b = randomMatrix(n, 1);
  int size = 0;
  Memory<int> info(1), pivots(n);
  {
    Memory<double> A(a), x(b);
    SOLVER(cusolverDnDgetrf_bufferSize(handle, n, n, A.data, n, &size));
    Memory<double> work(size);
    SOLVER(cusolverDnDgetrf(handle, n, n, A.data, n, work.data, pivots.data, info.data));
    SOLVER(
        cusolverDnDgetrs(handle, CUBLAS_OP_N, n, 1, A.data, n, pivots.data, x.data, n, info.data));
    OK(cudaDeviceSynchronize());
    EXPECT(info[0] == 0 && residual(a, x.data, b) < 1e-12);
  }
  {
    Memory<double> A(a), x(b);
    SOLVER(cusolverDnDpotrf_bufferSize(handle, CUBLAS_FILL_MODE_LOWER, n, A.data, n, &size));
    Memory<double> work(size);
    SOLVER(
        cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_LOWER, n, A.data, n, work.data, size, info.data));
    SOLVER(cusolverDnDpotrs(handle, CUBLAS_FILL_MODE_LOWER, n, 1, A.data, n, x.data, n, info.data));
    OK(cudaDeviceSynchronize());
    EXPECT(info[0] == 0 && residual(a, x.data, b) < 1e-12);
  }
  { // by QR: R x = Q' b
    Memory<double> A(a), x(b), tau(n);
    SOLVER(cusolverDnDgeqrf_bufferSize(handle, n, n, A.data, n, &size));
    Memory<double> work(size);
    SOLVER(cusolverDnDgeqrf(handle, n, n, A.data, n, tau.data, work.data, size, info.data));
    SOLVER(cusolverDnDormqr(handle, CUBLAS_SIDE_LEFT, CUBLAS_OP_T, n, 1, n, A.data, n, tau.data,
                            x.data, n, work.data, size, info.data));
    cublasHandle_t blas;
    cublasCreate(&blas);
    const double one = 1;
    EXPECT(cublasDtrsm(blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_UPPER, CUBLAS_OP_N,
                       CUBLAS_DIAG_NON_UNIT, n, 1, &one, A.data, n, x.data,
                       n) == CUBLAS_STATUS_SUCCESS);
    cublasDestroy(blas);
    OK(cudaDeviceSynchronize());
    EXPECT(info[0] == 0 && residual(a, x.data, b) < 1e-12);
  }
  { // any type, pivots of 64 bits
    Memory<double> A(a), x(b);
    Memory<int64_t> wide(n);
    cusolverDnParams_t params;
    size_t onDevice = 0, onHost = 0;
    SOLVER(cusolverDnCreateParams(&params));
    SOLVER(cusolverDnXgetrf_bufferSize(handle, params, n, n, CUDA_R_64F, A.data, n, CUDA_R_64F,
                                       &onDevice, &onHost));
    Memory<char> area(onDevice);
    std::vector<char> hostArea(onHost);
    SOLVER(cusolverDnXgetrf(handle, params, n, n, CUDA_R_64F, A.data, n, wide.data, CUDA_R_64F,
                            area.data, onDevice, hostArea.data(), onHost, info.data));
    SOLVER(cusolverDnXgetrs(handle, params, CUBLAS_OP_N, n, 1, CUDA_R_64F, A.data, n, wide.data,
                            CUDA_R_64F, x.data, n, info.data));
    OK(cudaDeviceSynchronize());
    EXPECT(info[0] == 0 && residual(a, x.data, b) < 1e-12);
    SOLVER(cusolverDnDestroyParams(params));
  }
}

static void eigenvalues(cusolverDnHandle_t handle) {
  const std::vector<double> a = positive();
  Memory<double> A(a), B(a), W(n), WJ(n);
  Memory<int> info(1);
  int size = 0;
  SOLVER(cusolverDnDsyevd_bufferSize(handle, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                                     A.data, n, W.data, &size));
  Memory<double> work(size);
  SOLVER(cusolverDnDsyevd(handle, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, A.data, n,
                          W.data, work.data, size, info.data));
  syevjInfo_t jacobi;
  SOLVER(cusolverDnCreateSyevjInfo(&jacobi));
  SOLVER(cusolverDnXsyevjSetTolerance(jacobi, 1e-7));
  SOLVER(cusolverDnDsyevj(handle, CUSOLVER_EIG_MODE_NOVECTOR, CUBLAS_FILL_MODE_UPPER, n, B.data, n,
                          WJ.data, work.data, size, info.data, jacobi));
  SOLVER(cusolverDnDestroySyevjInfo(jacobi));
  OK(cudaDeviceSynchronize());
  for (int k = 0; k < n; ++k) {
    std::vector<double> scaled(n);
    for (int i = 0; i < n; ++i)
      scaled[i] = W[k] * A[k * n + i];
    EXPECT(residual(a, A.data + k * n, scaled) < 1e-11);
    EXPECT(std::fabs(W[k] - WJ[k]) < 1e-11 && (k == 0 || W[k - 1] <= W[k]));
  }
}

using Complex = std::complex<double>;

// A x = lambda x, its part in a range, and A x = lambda B x, for Hermitian matrices of singles.
static void hermitianPairs(cusolverDnHandle_t handle) {
  std::vector<cuComplex> a(n * n), b(n * n);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i <= j; ++i) {
      const cuComplex z = make_cuComplex(float(next()), i == j ? 0 : float(next()));
      a[j * n + i] = z, a[i * n + j] = cuConjf(z);
      const cuComplex small = make_cuComplex(z.y + (i == j ? 4 : 0), i == j ? 0 : z.x);
      b[j * n + i] = small, b[i * n + j] = cuConjf(small);
    }
  const auto worst = [&](cuComplex *vectors, float *values, int count, bool general) {
    OK(cudaDeviceSynchronize());
    double found = 0;
    for (int k = 0; k < count; ++k)
      for (int i = 0; i < n; ++i) {
        Complex left = 0, right = 0;
        for (int j = 0; j < n; ++j) {
          const Complex x(vectors[k * n + j].x, vectors[k * n + j].y);
          left += Complex(a[j * n + i].x, a[j * n + i].y) * x;
          if (general || i == j)
            right += (general ? Complex(b[j * n + i].x, b[j * n + i].y) : Complex(1)) * x;
        }
        found = std::max(found, std::abs(left - double(values[k]) * right));
      }
    return found;
  };
  const auto vectors = CUSOLVER_EIG_MODE_VECTOR;
  const auto lower = CUBLAS_FILL_MODE_LOWER;
  int size = 0, found = 0;
  Memory<cuComplex> A(a), part(a), general(a), B(b), work(1);
  Memory<float> W(n);
  Memory<int> info(1);
  SOLVER(cusolverDnCheevd_bufferSize(handle, vectors, lower, n, A.data, n, W.data, &size));
  SOLVER(
      cusolverDnCheevd(handle, vectors, lower, n, A.data, n, W.data, work.data, size, info.data));
  EXPECT(worst(A.data, W.data, n, false) < 1e-5 && info[0] == 0);
  SOLVER(cusolverDnCheevdx(handle, vectors, CUSOLVER_EIG_RANGE_I, lower, n, part.data, n, 0, 0, 3,
                           5, &found, W.data, work.data, size, info.data));
  EXPECT(found == 3 && worst(part.data, W.data, found, false) < 1e-5);
  SOLVER(cusolverDnChegvd(handle, CUSOLVER_EIG_TYPE_1, vectors, lower, n, general.data, n, B.data,
                          n, W.data, work.data, size, info.data));
  EXPECT(worst(general.data, W.data, n, true) < 1e-5 && info[0] == 0);
  // Q' of complex numbers is the conjugate transpose; the plain one is not computed.
  EXPECT(cusolverDnCunmqr(handle, CUBLAS_SIDE_LEFT, CUBLAS_OP_T, n, 1, n, A.data, n, part.data,
                          general.data, n, work.data, 1,
                          info.data) == CUSOLVER_STATUS_INVALID_VALUE);
}

static void singularValues(cusolverDnHandle_t handle) {
  const int rows = 7, columns = 4;
  std::vector<cuDoubleComplex> a(rows * columns);
  for (cuDoubleComplex &value : a)
    value = make_cuDoubleComplex(next(), next());
  Memory<cuDoubleComplex> A(a), B(a), U(rows * rows), VT(columns * columns), UJ(rows * columns),
      V(columns * columns);
  Memory<double> S(columns), SJ(columns);
  Memory<int> info(1);
  int size = 0;
  SOLVER(cusolverDnZgesvd_bufferSize(handle, rows, columns, &size));
  Memory<cuDoubleComplex> work(size);
  SOLVER(cusolverDnZgesvd(handle, 'A', 'A', rows, columns, A.data, rows, S.data, U.data, rows,
                          VT.data, columns, work.data, size, nullptr, info.data));
  gesvdjInfo_t jacobi;
  SOLVER(cusolverDnCreateGesvdjInfo(&jacobi));
  SOLVER(cusolverDnZgesvdj(handle, CUSOLVER_EIG_MODE_VECTOR, 1, rows, columns, B.data, rows,
                           SJ.data, UJ.data, rows, V.data, columns, work.data, size, info.data,
                           jacobi));
  SOLVER(cusolverDnDestroyGesvdjInfo(jacobi));
  OK(cudaDeviceSynchronize());
  const auto value = [](cuDoubleComplex z) { return Complex(z.x, z.y); };
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      Complex direct = 0, jacobiSum = 0;
      for (int k = 0; k < columns; ++k) {
        direct += value(U[k * rows + i]) * S[k] * value(VT[j * columns + k]);
        jacobiSum += value(UJ[k * rows + i]) * SJ[k] * std::conj(value(V[k * columns + j]));
      }
      EXPECT(std::abs(direct - value(a[j * rows + i])) < 1e-12);
      EXPECT(std::abs(jacobiSum - value(a[j * rows + i])) < 1e-12);
    }
}

// Of any matrix, with both forms of a real one's eigenvalues.
static void generalEigenvalues(cusolverDnHandle_t handle) {
  const std::vector<double> a = randomMatrix(n, n);
  Memory<double> A(a), B(a), W(2 * n), VR(n * n), VL(n * n);
  Memory<cuDoubleComplex> Z(n);
  Memory<int> info(2);
  info[0] = info[1] = 7;
  const auto both = CUSOLVER_EIG_MODE_VECTOR, none = CUSOLVER_EIG_MODE_NOVECTOR;
  size_t deviceBytes = 0, hostBytes = 0;
  SOLVER(cusolverDnXgeev_bufferSize(handle, nullptr, both, both, n, CUDA_R_64F, A.data, n,
                                    CUDA_R_64F, W.data, CUDA_R_64F, VL.data, n, CUDA_R_64F, VR.data,
                                    n, CUDA_R_64F, &deviceBytes, &hostBytes));
  Memory<char> area(deviceBytes);
  std::vector<char> hostArea(hostBytes);
  SOLVER(cusolverDnXgeev(handle, nullptr, both, both, n, CUDA_R_64F, A.data, n, CUDA_R_64F, W.data,
                         CUDA_R_64F, VL.data, n, CUDA_R_64F, VR.data, n, CUDA_R_64F, area.data,
                         deviceBytes, hostArea.data(), hostBytes, info.data));
  SOLVER(cusolverDnXgeev(handle, nullptr, none, none, n, CUDA_R_64F, B.data, n, CUDA_C_64F, Z.data,
                         CUDA_R_64F, nullptr, 1, CUDA_R_64F, nullptr, 1, CUDA_R_64F, area.data,
                         deviceBytes, hostArea.data(), hostBytes, info.data + 1));
  OK(cudaDeviceSynchronize());
  EXPECT(info[0] == 0 && info[1] == 0);
  int pairs = 0;
  for (int k = 0; k < n; ++k) {
    const Complex value(W[k], W[n + k]);
    EXPECT(std::abs(value - Complex(Z[k].x, Z[k].y)) < 1e-12);
    const bool first = value.imag() > 0, second = value.imag() < 0;
    pairs += first;
    const int column = second ? k - 1 : k;
    const auto element = [&](Memory<double> &vectors, int row) {
      const double imaginary = first || second ? vectors[(column + 1) * n + row] : 0;
      return Complex(vectors[column * n + row], second ? -imaginary : imaginary);
    };
    for (int i = 0; i < n; ++i) { // A v = w v and u^H A = w u^H
      Complex right = 0, left = 0;
      for (int j = 0; j < n; ++j) {
        right += a[j * n + i] * element(VR, j);
        left += a[i * n + j] * std::conj(element(VL, j));
      }
      EXPECT(std::abs(right - value * element(VR, i)) < 1e-12);
      EXPECT(std::abs(left - value * std::conj(element(VL, i))) < 1e-12);
    }
  }
  EXPECT(pairs > 0); // or the complex part was not tested
  EXPECT(cusolverDnXgeev(handle, nullptr, none, none, n, CUDA_C_64F, B.data, n, CUDA_R_64F, W.data,
                         CUDA_C_64F, nullptr, 1, CUDA_C_64F, nullptr, 1, CUDA_C_64F, nullptr, 0,
                         nullptr, 0, info.data) != CUSOLVER_STATUS_SUCCESS);
}

// The functions of any type agree with those of one.
static void anyType(cusolverDnHandle_t handle) {
  const int rows = 7, columns = 4;
  const std::vector<double> a = randomMatrix(rows, columns), p = positive();
  Memory<double> A(a), U(rows * columns), V(columns * columns), S(columns), P(p), Q(p), W(n), X(n);
  Memory<int> info(3);
  double error = 7;
  SOLVER(cusolverDnXgesvdp(handle, nullptr, CUSOLVER_EIG_MODE_VECTOR, 1, rows, columns, CUDA_R_64F,
                           A.data, rows, CUDA_R_64F, S.data, CUDA_R_64F, U.data, rows, CUDA_R_64F,
                           V.data, columns, CUDA_R_64F, nullptr, 0, nullptr, 0, info.data, &error));
  SOLVER(cusolverDnXsyevd(handle, nullptr, CUSOLVER_EIG_MODE_NOVECTOR, CUBLAS_FILL_MODE_LOWER, n,
                          CUDA_R_64F, P.data, n, CUDA_R_64F, W.data, CUDA_R_64F, nullptr, 0,
                          nullptr, 0, info.data + 1));
  int64_t found = 0;
  SOLVER(cusolverDnXsyevdx(handle, nullptr, CUSOLVER_EIG_MODE_NOVECTOR, CUSOLVER_EIG_RANGE_I,
                           CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, Q.data, n, nullptr, nullptr, 2, 4,
                           &found, CUDA_R_64F, X.data, CUDA_R_64F, nullptr, 0, nullptr, 0,
                           info.data + 2));
  OK(cudaDeviceSynchronize());
  EXPECT(info[0] == 0 && info[1] == 0 && info[2] == 0 && error == 0 && found == 3);
  for (int i = 0; i < 3; ++i)
    EXPECT(std::fabs(X[i] - W[i + 1]) < 1e-12);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      double sum = 0;
      for (int k = 0; k < columns; ++k)
        sum += U[k * rows + i] * S[k] * V[k * columns + j];
      EXPECT(std::fabs(sum - a[j * rows + i]) < 1e-12);
    }
}

static void errors(cusolverDnHandle_t handle) {
  Memory<double> A(randomMatrix(n, n));
  Memory<int> info(1);
  EXPECT(cusolverDnDpotrf(nullptr, CUBLAS_FILL_MODE_LOWER, n, A.data, n, A.data, 1, info.data) ==
         CUSOLVER_STATUS_NOT_INITIALIZED);
  EXPECT(cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_LOWER, n, A.data, n - 1, A.data, 1, info.data) ==
         CUSOLVER_STATUS_INVALID_VALUE);
  // Not positive: LAPACK's number of the minor.
  A[0] = -1;
  SOLVER(cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_LOWER, n, A.data, n, A.data, 1, info.data));
  OK(cudaDeviceSynchronize());
  EXPECT(info[0] == 1);
}

int main() {
  cusolverDnHandle_t handle;
  SOLVER(cusolverDnCreate(&handle));
  solutions(handle);
  eigenvalues(handle);
  hermitianPairs(handle);
  singularValues(handle);
  generalEigenvalues(handle);
  anyType(handle);
  errors(handle);
  SOLVER(cusolverDnDestroy(handle));
  return finish();
}
