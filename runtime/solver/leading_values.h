// The largest singular values and their vectors, as the approximate and the randomised functions
// give them: by LAPACK's gesvd, of which the first `rank` are kept.
#pragma once

#include "spectra.h"

namespace npu::solver {

// The first `rank` values of A (m x n) to S, and, where asked for, vectors to U and V. A stays.
template <class T>
int leadingValues(const Routine &routine, bool left, bool right, int rank, int m, int n, const T *A,
                  int lda, Real<T> *S, T *U, int ldu, T *V, int ldv) {
  const int least = std::max(1, std::min(m, n)), rows = std::max(1, m);
  std::vector<T> copy(size_t(rows) * size_t(std::max(1, n))), u(size_t(rows) * size_t(least)),
      vt(size_t(least) * size_t(std::max(1, n)));
  std::vector<Real<T>> values(static_cast<size_t>(least));
  for (int64_t column = 0; column < n; ++column)
    std::copy_n(A + column * lda, m, copy.data() + column * rows);
  int info = 0;
  singular(routine, left ? 'S' : 'N', right ? 'S' : 'N', m, n, copy.data(), rows, values.data(),
           u.data(), rows, vt.data(), least, &info);
  if (info != 0)
    return info;
  std::copy_n(values.data(), rank, S);
  for (int64_t k = 0; k < rank; ++k) {
    if (left)
      std::copy_n(u.data() + k * rows, m, U + k * ldu);
    for (int64_t row = 0; right && row < n; ++row)
      V[k * ldv + row] = blas::conjugated(vt[size_t(row * least + k)]);
  }
  return 0;
}

// The Frobenius norm of A - U S V^H.
template <class T>
double restOf(int rank, int m, int n, const T *A, int lda, const Real<T> *S, const T *U, int ldu,
              const T *V, int ldv) {
  double sum = 0;
  for (int64_t column = 0; column < n; ++column)
    for (int64_t row = 0; row < m; ++row) {
      T rest = A[column * lda + row];
      for (int64_t k = 0; k < rank; ++k)
        rest -= U[k * ldu + row] * S[k] * blas::conjugated(V[k * ldv + column]);
      sum += double(std::norm(rest));
    }
  return std::sqrt(sum);
}

inline int64_t batchElements(int64_t stride, int64_t count, int64_t last) {
  return count > 0 ? stride * (count - 1) + last : 0;
}

// `residuals` is the host's, so this waits for the stream when it is given.
template <class T>
Outcome gesvda(const Settings &settings, npusolverEigMode_t jobz, int rank, int m, int n,
               const T *A, int lda, int64_t strideA, Real<T> *S, int64_t strideS, T *U, int ldu,
               int64_t strideU, T *V, int ldv, int64_t strideV, int *info, double *residuals,
               int count) {
  const bool vectors = jobz == NPUSOLVER_EIG_MODE_VECTOR;
  Arguments check;
  check.size("m", m).size("n", n).size("batchSize", count).leading("lda", lda, m);
  check.that(rank >= 1 && rank <= std::min(m, n), "1 <= rank <= min(m, n) does not hold");
  check.that(strideA >= 0 && strideS >= 0 && strideU >= 0 && strideV >= 0, "a stride is negative");
  check.memory("A", A, batchElements(strideA, count, int64_t(lda) * (n - 1) + m), sizeof(T));
  check.memory("S", S, batchElements(strideS, count, rank), sizeof(Real<T>));
  check.memory("info", info, count, sizeof(int));
  if (vectors)
    check.leading("ldu", ldu, m)
        .leading("ldv", ldv, n)
        .memory("U", U, batchElements(strideU, count, int64_t(ldu) * (rank - 1) + m), sizeof(T))
        .memory("V", V, batchElements(strideV, count, int64_t(ldv) * (rank - 1) + n), sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("gesvd", routine); !bad.ok())
    return bad;
  const auto work = [=] {
    for (int64_t i = 0; i < count; ++i) {
      const T *a = A + i * strideA;
      Real<T> *s = S + i * strideS;
      T *u = vectors ? U + i * strideU : nullptr, *v = vectors ? V + i * strideV : nullptr;
      info[i] = leadingValues(routine, vectors, vectors, rank, m, n, a, lda, s, u, ldu, v, ldv);
      if (residuals && vectors)
        residuals[i] = info[i] == 0 ? restOf(rank, m, n, a, lda, s, u, ldu, v, ldv) : 0;
    }
  };
  return residuals && vectors ? runNow(settings, check, work) : enqueue(settings, check, work);
}

template <class T>
Outcome gesvdr(const Settings &settings, char jobU, char jobV, int m, int n, int rank,
               int oversampling, const T *A, int lda, Real<T> *S, T *U, int ldu, T *V, int ldv,
               int *info) {
  const bool left = jobU == 'S', right = jobV == 'S';
  Arguments check;
  check.that((left || jobU == 'N') && (right || jobV == 'N'), "jobu and jobv must be S or N");
  check.size("m", m).size("n", n).leading("lda", lda, m).matrix("A", A, m, n, lda, sizeof(T));
  check.that(rank >= 1 && oversampling >= 0 && int64_t(rank) + oversampling <= std::min(m, n),
             "1 <= k, 0 <= p, k + p <= min(m, n) does not hold");
  check.memory("S", S, rank, sizeof(Real<T>)).memory("info", info, 1, sizeof(int));
  if (left)
    check.leading("ldu", ldu, m).matrix("U", U, m, rank, ldu, sizeof(T));
  if (right)
    check.leading("ldv", ldv, n).matrix("V", V, n, rank, ldv, sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("gesvd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    *info = leadingValues(routine, left, right, rank, m, n, A, lda, S, U, ldu, V, ldv);
  });
}

} // namespace npu::solver
