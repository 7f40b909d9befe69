// Solutions with sparse matrices in one call: by QR, Cholesky and LU, least squares, eigenvalues,
// and a diagonal without zeros.
#include "orderings.h"
#include "sparse_cholesky.h"
#include "sparse_context.h"
#include "sparse_lu.h"
#include "sparse_qr.h"

namespace npu::solver {
namespace {

enum class Method { Qr, Cholesky, Lu };

template <class T>
void factorAndSolve(Method method, const SparseRows<T> &A, double tolerance, const T *b, T *x,
                    int &singular) {
  const auto with = [&](const auto &factor) {
    singular = factor.firstSingular(tolerance);
    if (singular < 0)
      factor.solve(b, x);
  };
  switch (method) {
  case Method::Qr:
    return with(SparseQr<T>(A));
  case Method::Cholesky:
    return with(SparseCholesky<T>(A));
  case Method::Lu:
    return with(SparseLu<T>(A, 1));
  }
}

// The order that the number asks for: none, symrcm, symamd or metisnd.
Permutation orderOf(int number, const std::vector<int> &offsets, const std::vector<int> &indices) {
  const int n = int(offsets.size()) - 1;
  switch (number) {
  case 1:
    return reverseCuthillMcKee(graphOf(n, offsets, indices));
  case 2:
    return minimumDegree(graphOf(n, offsets, indices));
  case 3:
    return nestedDissection(graphOf(n, offsets, indices));
  default:
    return identity(n);
  }
}

template <class T>
Outcome solve(const Side &side, Method method, int n, int nnz, npusparseMatDescr_t descr,
              const T *values, const int *offsets, const int *indices, const T *b, double tolerance,
              int reorder, T *x, int *singularity) {
  Arguments check;
  check.that(reorder >= 0 && reorder <= 3, "reorder is not 0, 1, 2 or 3")
      .that(tolerance >= 0, "the tolerance is negative")
      .notNull("the singularity", singularity);
  side.check(check, "b", b, n, sizeof(T));
  side.check(check, "x", x, n, sizeof(T));
  if (!check.ok())
    return check.outcome();
  SparseRows<T> A;
  if (Outcome bad = readMatrix(side, n, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  const Permutation p = orderOf(reorder, A.offsets, A.indices);
  std::vector<T> right(static_cast<size_t>(n)), solution(size_t(n), T(0));
  for (int i = 0; i < n; ++i)
    right[size_t(i)] = b[p[size_t(i)]];
  factorAndSolve(method, reorder ? permuted(A, p, p) : A, tolerance, right.data(), solution.data(),
                 *singularity);
  for (int i = 0; i < n && *singularity < 0; ++i)
    x[p[size_t(i)]] = solution[size_t(i)];
  return {};
}

template <class T>
Outcome leastSquares(int m, int n, int nnz, npusparseMatDescr_t descr, const T *values,
                     const int *offsets, const int *indices, const T *b, double tolerance,
                     int *rank, T *x, int *p, Real<T> *leastNorm) {
  Arguments check;
  check.that(m >= n, "there are fewer rows than columns").that(tolerance >= 0, "tol is negative");
  check.notNull("b", b).notNull("x", x).notNull("the rank", rank).notNull("p", p);
  if (!check.notNull("the norm", leastNorm).ok())
    return check.outcome();
  SparseRows<T> A;
  if (Outcome bad =
          readMatrix(Side(false, nullptr), m, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  SparseQr<T> factor(A);
  *rank = factor.leaveOut(tolerance);
  *leastNorm = Real<T>(factor.solve(b, x));
  std::iota(p, p + n, 0);
  return {};
}

// The eigenvalue that is nearest to mu0, by iterations with (A - mu0)^-1.
template <class T>
Outcome inverseIteration(const Side &side, int n, int nnz, npusparseMatDescr_t descr,
                         const T *values, const int *offsets, const int *indices, T mu0,
                         const T *x0, int maxIterations, double tolerance, T *mu, T *x) {
  Arguments check;
  check.that(maxIterations > 0 && tolerance >= 0, "no iterations, or a negative tolerance");
  side.check(check, "x0", x0, n, sizeof(T));
  side.check(check, "x", x, n, sizeof(T));
  side.check(check, "mu", mu, 1, sizeof(T));
  SparseRows<T> A;
  if (!check.ok())
    return check.outcome();
  if (Outcome bad = readMatrix(side, n, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  SparseRows<T> shifted;
  shifted.rows = shifted.columns = n;
  for (int row = 0; row < n; ++row) {
    bool found = false;
    for (int i = A.begin(row); i < A.end(row); ++i) {
      const bool diagonal = A.indices[size_t(i)] == row && !found;
      found |= diagonal;
      shifted.indices.push_back(A.indices[size_t(i)]);
      shifted.values.push_back(A.values[size_t(i)] - (diagonal ? mu0 : T(0)));
    }
    if (!found) {
      shifted.indices.push_back(row);
      shifted.values.push_back(-mu0);
    }
    shifted.offsets.push_back(int(shifted.indices.size()));
  }
  sortRows(shifted);
  const SparseLu<T> factor(shifted, 1);
  if (factor.firstSingular(0) >= 0)
    return {NPUBLAS_STATUS_EXECUTION_FAILED,
            "mu0 is an eigenvalue to the last bit: move it a little"};
  std::vector<T> v(x0, x0 + n), w(static_cast<size_t>(n));
  const auto normalise = [](std::vector<T> &vector) {
    Real<T> sum = 0;
    for (const T &value : vector)
      sum += std::norm(value);
    const Real<T> length = std::sqrt(sum);
    for (T &value : vector)
      value /= length;
    return length;
  };
  if (n > 0 && !(normalise(v) > 0))
    return invalid("x0 is zero");
  T eigenvalue = mu0;
  for (int iteration = 0; iteration < maxIterations; ++iteration) {
    factor.solve(v.data(), w.data());
    v = w;
    normalise(v);
    // Rayleigh's quotient and the residual of A itself.
    eigenvalue = T(0);
    for (int row = 0; row < n; ++row) {
      T sum = T(0);
      for (int i = A.begin(row); i < A.end(row); ++i)
        sum += A.values[size_t(i)] * v[size_t(A.indices[size_t(i)])];
      w[size_t(row)] = sum;
      eigenvalue += blas::conjugated(v[size_t(row)]) * sum;
    }
    Real<T> rest = 0;
    for (int row = 0; row < n; ++row)
      rest += std::norm(w[size_t(row)] - eigenvalue * v[size_t(row)]);
    if (double(std::sqrt(rest)) <= tolerance)
      break;
  }
  *mu = eigenvalue;
  std::copy(v.begin(), v.end(), x);
  return {};
}

// How many eigenvalues lie in a box, from all of them.
template <class T>
Outcome countEigenvalues(int n, int nnz, npusparseMatDescr_t descr, const T *values,
                         const int *offsets, const int *indices, std::complex<Real<T>> low,
                         std::complex<Real<T>> high, int *count) {
  constexpr int kMost = 4096;
  SparseRows<T> A;
  if (!count)
    return invalid("the number's address is null");
  if (n > kMost)
    return unsupported("eigenvalues are counted in matrices of up to 4096 rows");
  if (Outcome bad =
          readMatrix(Side(false, nullptr), n, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  Routine routine;
  if (Outcome bad = Routine::find<T>("geev", routine); !bad.ok())
    return bad;
  const int leading = std::max(1, n);
  std::vector<T> full(size_t(leading) * size_t(leading), T(0));
  for (int row = 0; row < n; ++row)
    for (int i = A.begin(row); i < A.end(row); ++i)
      full[size_t(A.indices[size_t(i)]) * size_t(leading) + size_t(row)] += A.values[size_t(i)];
  std::vector<Real<T>> reals(size_t(leading) * 2);
  std::vector<T> complexes(static_cast<size_t>(leading));
  T *a = full.data(), *none = nullptr, *w = complexes.data();
  Real<T> *parts = reals.data(), *imaginary = parts + leading;
  const char no = 'N';
  int info = 0;
  int *result = &info;
  withWork<T>([&](T *work, int *size) {
    if constexpr (kIsComplex<T>)
      routine.withText(&no, &no, &n, a, &leading, w, none, &leading, none, &leading, work, size,
                       parts, result);
    else
      routine.withText(&no, &no, &n, a, &leading, parts, imaginary, none, &leading, none, &leading,
                       work, size, result);
  });
  if (info != 0)
    return {NPUBLAS_STATUS_EXECUTION_FAILED, "the eigenvalues did not converge"};
  *count = 0;
  for (int i = 0; i < n; ++i) {
    const std::complex<Real<T>> value = kIsComplex<T>
                                            ? std::complex<Real<T>>(complexes[size_t(i)])
                                            : std::complex<Real<T>>(parts[i], imaginary[i]);
    *count += low.real() <= value.real() && value.real() <= high.real() &&
              low.imag() <= value.imag() && value.imag() <= high.imag();
  }
  return {};
}

template <class T>
Outcome zeroFree(int n, int nnz, npusparseMatDescr_t descr, const T *values, const int *offsets,
                 const int *indices, int *P, int *count) {
  SparseRows<T> A;
  if (!P || !count)
    return invalid("an output's address is null");
  if (Outcome bad =
          readMatrix(Side(false, nullptr), n, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  // Stored zeros are no elements of the diagonal.
  SparseRows<T> B;
  for (int row = 0; row < n; ++row) {
    for (int i = A.begin(row); i < A.end(row); ++i)
      if (A.values[size_t(i)] != T(0))
        B.indices.push_back(A.indices[size_t(i)]);
    B.offsets.push_back(int(B.indices.size()));
  }
  const Permutation p = zeroFreeDiagonal(n, B.offsets, B.indices, *count);
  std::copy(p.begin(), p.end(), P);
  return {};
}

} // namespace
} // namespace npu::solver

using namespace npu::solver;

#define A_OF numbers(values), offsets, indices
#define SOLVE(l, name, T, R, method, device)                                                       \
  npusolverStatus_t npusolverSp##l##name NPU_SOLVER_LSV(T, R) {                                    \
    return entrySp("cusolverSp" #l #name, handle, [&](npuStream_t stream) {                        \
      return solve<Number<T>>(Side(device, stream), method, m, nnz, descrA, A_OF, numbers(b), tol, \
                              reorder, numbers(x), singularity);                                   \
    });                                                                                            \
  }
#define ITERATE(l, name, T, R, device)                                                             \
  npusolverStatus_t npusolverSp##l##name NPU_SOLVER_EIGVSI(T, R) {                                 \
    return entrySp("cusolverSp" #l #name, handle, [&](npuStream_t stream) {                        \
      return inverseIteration<Number<T>>(Side(device, stream), m, nnz, descrA, A_OF,               \
                                         *numbers(&mu0), numbers(x0), maxIterations, tol,          \
                                         numbers(mu), numbers(x));                                 \
    });                                                                                            \
  }
#define FUNCTIONS(l, T, R, C)                                                                      \
  SOLVE(l, csrlsvqr, T, R, Method::Qr, true)                                                       \
  SOLVE(l, csrlsvqrHost, T, R, Method::Qr, false)                                                  \
  SOLVE(l, csrlsvchol, T, R, Method::Cholesky, true)                                               \
  SOLVE(l, csrlsvcholHost, T, R, Method::Cholesky, false)                                          \
  SOLVE(l, csrlsvluHost, T, R, Method::Lu, false)                                                  \
  npusolverStatus_t npusolverSp##l##csrlsqvqrHost NPU_SOLVER_LSQVQR(T, R) {                        \
    return entrySp("cusolverSp" #l "csrlsqvqrHost", handle, [&](npuStream_t) {                     \
      return leastSquares<Number<T>>(m, n, nnz, descrA, A_OF, numbers(b), tol, rank, numbers(x),   \
                                     p, leastNorm);                                                \
    });                                                                                            \
  }                                                                                                \
  ITERATE(l, csreigvsi, T, R, true)                                                                \
  ITERATE(l, csreigvsiHost, T, R, false)                                                           \
  npusolverStatus_t npusolverSp##l##csreigsHost NPU_SOLVER_EIGS(T, C) {                            \
    return entrySp("cusolverSp" #l "csreigsHost", handle, [&](npuStream_t) {                       \
      return countEigenvalues<Number<T>>(m, nnz, descrA, A_OF, *numbers(&leftBottom),              \
                                         *numbers(&rightUpper), count);                            \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverSp##l##csrzfdHost NPU_SOLVER_ZFD(T) {                                 \
    return entrySp("cusolverSp" #l "csrzfdHost", handle, [&](npuStream_t) {                        \
      return zeroFree<Number<T>>(n, nnz, descrA, A_OF, P, count);                                  \
    });                                                                                            \
  }

extern "C" {
FOR_EACH_SPARSE(FUNCTIONS)
}
