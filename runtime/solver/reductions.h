// Symmetric indefinite matrices, reductions to tridiagonal and bidiagonal form with their
// orthogonal matrices, exchanges of rows: LAPACK's routines of the same names, for matrices of T.
#pragma once

#include "factors.h"

namespace npu::solver {

template <class T>
Outcome lauum(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("lauum", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    routine.withText(&u, &n, A, &lda, info);
  });
}

// Exchanges row i with row ipiv[i], counted from 1, for i from k1 to k2, or back with incx = -1.
// How many rows A has is not said: those that are named are checked when the stream gets there.
template <class T>
Outcome laswp(const Settings &settings, int n, T *A, int lda, int first, int last,
              const int *pivots, int step) {
  Arguments check;
  const int64_t count = std::max<int64_t>(0, int64_t(last) - first + 1);
  check.size("n", n).that(first >= 1, "k1 is less than 1").leading("lda", lda, last);
  check.that(step != 0, "incx is 0").matrix("A", A, last, n, lda, sizeof(T));
  check.memory("ipiv", pivots, count > 0 ? first + (count - 1) * std::abs(step) : 0, sizeof(int));
  return enqueue(settings, check, [=] {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t offset = step > 0 ? i : count - 1 - i, row = first - 1 + offset;
      const int64_t other = pivots[first - 1 + offset * std::abs(step)] - 1;
      if (other < 0 || other >= lda)
        failOnMemory("a row that ipiv names");
      for (int64_t column = 0; other != row && column < n; ++column)
        std::swap(A[column * lda + row], A[column * lda + other]);
    }
  });
}

template <class T>
Outcome sytrf(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, int *pivots,
              int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  if (!pivots)
    return unsupported("without pivots an indefinite matrix has no stable factors; give ipiv");
  check.memory("ipiv", pivots, n, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("sytrf", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    withWork<T>(
        [&](T *work, int *size) { routine.withText(&u, &n, A, &lda, pivots, work, size, info); });
  });
}

template <class T>
Outcome sytri(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda,
              const int *pivots, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("ipiv", pivots, n, sizeof(int)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("sytri", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    std::vector<T> area(size_t(2) * size_t(std::max(1, n)));
    T *work = area.data();
    routine.withText(&u, &n, A, &lda, pivots, work, info);
  });
}

template <class T>
Outcome sytrs(const Settings &settings, npublasFillMode_t uplo, int n, int nrhs, T *A, int lda,
              const int64_t *pivots, T *B, int ldb, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).size("nrhs", nrhs).leading("lda", lda, n);
  check.leading("ldb", ldb, n).matrix("A", A, n, n, lda, sizeof(T));
  check.matrix("B", B, n, nrhs, ldb, sizeof(T)).memory("info", info, 1, sizeof(int));
  check.memory("ipiv", pivots, n, sizeof(int64_t));
  Routine routine;
  if (Outcome bad = Routine::find<T>("sytrs", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    const std::vector<int> exchanges = pivotsFrom(pivots, n);
    const int *data = exchanges.data();
    routine.withText(&u, &n, &nrhs, A, &lda, data, B, &ldb, info);
  });
}

template <class T>
Outcome sytrd(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, Real<T> *d,
              Real<T> *e, T *tau, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("d", d, n, sizeof(Real<T>)).memory("e", e, n - 1, sizeof(Real<T>));
  check.memory("tau", tau, n - 1, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("sytrd", "hetrd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    withWork<T>([&](T *work, int *size) {
      routine.withText(&u, &n, A, &lda, d, e, tau, work, size, info);
    });
  });
}

template <class T>
Outcome orgtr(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, T *tau,
              int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("tau", tau, n - 1, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("orgtr", "ungtr", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    withWork<T>(
        [&](T *work, int *size) { routine.withText(&u, &n, A, &lda, tau, work, size, info); });
  });
}

template <class T>
Outcome ormtr(const Settings &settings, npublasSideMode_t side, npublasFillMode_t uplo,
              npublasOperation_t trans, int m, int n, T *A, int lda, T *tau, T *C, int ldc,
              int *info) {
  Arguments check;
  const int rows = side == NPUBLAS_SIDE_LEFT ? m : n;
  check.side(side).triangle(uplo).operation(trans).size("m", m).size("n", n);
  check.that(!kIsComplex<T> || trans != NPUBLAS_OP_T,
             "complex Q is multiplied as it is or conjugated and transposed, not transposed alone");
  check.leading("lda", lda, rows).leading("ldc", ldc, m);
  check.matrix("A", A, rows, rows, lda, sizeof(T)).matrix("C", C, m, n, ldc, sizeof(T));
  check.memory("tau", tau, rows - 1, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("ormtr", "unmtr", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char s = letter(side), u = letter(uplo);
    const char t = trans == NPUBLAS_OP_N ? 'N' : kIsComplex<T> ? 'C' : 'T';
    withWork<T>([&](T *work, int *size) {
      routine.withText(&s, &u, &t, &m, &n, A, &lda, tau, C, &ldc, work, size, info);
    });
  });
}

template <class T>
Outcome gebrd(const Settings &settings, int m, int n, T *A, int lda, Real<T> *d, Real<T> *e,
              T *tauQ, T *tauP, int *info) {
  const int least = std::min(m, n);
  Arguments check;
  check.size("m", m).size("n", n).leading("lda", lda, m).matrix("A", A, m, n, lda, sizeof(T));
  check.memory("d", d, least, sizeof(Real<T>)).memory("e", e, least - 1, sizeof(Real<T>));
  check.memory("tauq", tauQ, least, sizeof(T)).memory("taup", tauP, least, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("gebrd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    withWork<T>(
        [&](T *work, int *size) { routine(&m, &n, A, &lda, d, e, tauQ, tauP, work, size, info); });
  });
}

// Q, on the left, or the conjugate transpose of P.
template <class T>
Outcome orgbr(const Settings &settings, npublasSideMode_t side, int m, int n, int k, T *A, int lda,
              T *tau, int *info) {
  const bool left = side == NPUBLAS_SIDE_LEFT;
  const int taus = std::min(left ? m : n, k);
  Arguments check;
  check.side(side).size("m", m).size("n", n).size("k", k).leading("lda", lda, m);
  check.that(left ? m >= n && n >= std::min(m, k) : n >= m && m >= std::min(n, k),
             "the sizes are not those of a factor of gebrd");
  check.matrix("A", A, m, n, lda, sizeof(T)).memory("tau", tau, taus, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("orgbr", "ungbr", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char factor = left ? 'Q' : 'P';
    withWork<T>([&](T *work, int *size) {
      routine.withText(&factor, &m, &n, &k, A, &lda, tau, work, size, info);
    });
  });
}

// The triangular factor of a block reflector, from k reflections of length n.
template <class T>
Outcome larft(const Settings &settings, npusolverDirectMode_t direct, npusolverStorevMode_t storev,
              int n, int k, T *V, int ldv, T *tau, T *factor, int ldt) {
  const bool columns = storev == NPUBLAS_STOREV_COLUMNWISE;
  Arguments check;
  check.size("n", n).size("k", k).leading("ldv", ldv, columns ? n : k).leading("ldt", ldt, k);
  check.matrix("V", V, columns ? n : k, columns ? k : n, ldv, sizeof(T));
  check.memory("tau", tau, k, sizeof(T)).matrix("T", factor, k, k, ldt, sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("larft", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char d = direct == NPUBLAS_DIRECT_FORWARD ? 'F' : 'B', s = columns ? 'C' : 'R';
    routine.withText(&d, &s, &n, &k, V, &ldv, tau, factor, &ldt);
  });
}

} // namespace npu::solver
