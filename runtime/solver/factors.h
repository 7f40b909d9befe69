// Factorisations and solutions from them, for matrices of T. Sizes are of 32 bits, as LAPACK's.
#pragma once

#include "context.h"

#include <vector>

namespace npu::solver {

// The pivots of Index (int, or int64_t for functions of any type), as LAPACK's.
template <class Index> std::vector<int> pivotsFrom(const Index *pivots, int count) {
  std::vector<int> result(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i)
    result[size_t(i)] = pivots ? int(pivots[i]) : i + 1; // without pivots: no exchanges
  return result;
}

template <class T>
Outcome potrf(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("potrf", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    routine.withText(&u, &n, A, &lda, info);
  });
}

template <class T>
Outcome potri(const Settings &settings, npublasFillMode_t uplo, int n, T *A, int lda, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("potri", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    routine.withText(&u, &n, A, &lda, info);
  });
}

template <class T>
Outcome potrs(const Settings &settings, npublasFillMode_t uplo, int n, int nrhs, T *A, int lda,
              T *B, int ldb, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).size("nrhs", nrhs).leading("lda", lda, n);
  check.leading("ldb", ldb, n).matrix("A", A, n, n, lda, sizeof(T));
  check.matrix("B", B, n, nrhs, ldb, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("potrs", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    routine.withText(&u, &n, &nrhs, A, &lda, B, &ldb, info);
  });
}

// Gaussian elimination without exchanges; the index of a zero pivot, counted from 1, or 0.
template <class T> int factorInPlace(T *a, int m, int n, int lda) {
  int info = 0;
  for (int step = 0; step < std::min(m, n); ++step) {
    const T pivot = a[step * int64_t(lda) + step];
    if (pivot == T(0)) {
      info = info ? info : step + 1;
      continue;
    }
    for (int row = step + 1; row < m; ++row) {
      const T factor = a[step * int64_t(lda) + row] /= pivot;
      for (int column = step + 1; column < n; ++column)
        a[column * int64_t(lda) + row] -= factor * a[column * int64_t(lda) + step];
    }
  }
  return info;
}

template <class T, class Index>
Outcome getrf(const Settings &settings, int m, int n, T *A, int lda, Index *pivots, int *info) {
  Arguments check;
  check.size("m", m).size("n", n).leading("lda", lda, m).matrix("A", A, m, n, lda, sizeof(T));
  check.memory("info", info, 1, sizeof(int));
  if (pivots)
    check.memory("the pivots", pivots, std::min(m, n), sizeof(Index));
  Routine routine;
  if (Outcome bad = Routine::find<T>("getrf", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    if (!pivots) {
      *info = factorInPlace(A, m, n, lda);
      return;
    }
    std::vector<int> found(static_cast<size_t>(std::min(m, n)));
    int *exchanges = found.data();
    routine(&m, &n, A, &lda, exchanges, info);
    std::copy(found.begin(), found.end(), pivots);
  });
}

template <class T, class Index>
Outcome getrs(const Settings &settings, npublasOperation_t trans, int n, int nrhs, T *A, int lda,
              const Index *pivots, T *B, int ldb, int *info) {
  Arguments check;
  check.operation(trans).size("n", n).size("nrhs", nrhs).leading("lda", lda, n);
  check.leading("ldb", ldb, n).matrix("A", A, n, n, lda, sizeof(T));
  check.matrix("B", B, n, nrhs, ldb, sizeof(T)).memory("info", info, 1, sizeof(int));
  if (pivots)
    check.memory("the pivots", pivots, n, sizeof(Index));
  Routine routine;
  if (Outcome bad = Routine::find<T>("getrs", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char t = letter(trans);
    const std::vector<int> exchanges = pivotsFrom(pivots, n);
    const int *data = exchanges.data();
    routine.withText(&t, &n, &nrhs, A, &lda, data, B, &ldb, info);
  });
}

template <class T>
Outcome geqrf(const Settings &settings, int m, int n, T *A, int lda, T *tau, int *info) {
  Arguments check;
  check.size("m", m).size("n", n).leading("lda", lda, m).matrix("A", A, m, n, lda, sizeof(T));
  check.memory("tau", tau, std::min(m, n), sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("geqrf", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    withWork<T>([&](T *work, int *size) { routine(&m, &n, A, &lda, tau, work, size, info); });
  });
}

template <class T>
Outcome orgqr(const Settings &settings, int m, int n, int k, T *A, int lda, T *tau, int *info) {
  Arguments check;
  check.size("m", m).size("n", n).size("k", k).leading("lda", lda, m);
  check.that(n <= m && k <= n, "k <= n <= m does not hold").matrix("A", A, m, n, lda, sizeof(T));
  check.memory("tau", tau, k, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("orgqr", "ungqr", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    withWork<T>([&](T *work, int *size) { routine(&m, &n, &k, A, &lda, tau, work, size, info); });
  });
}

template <class T>
Outcome ormqr(const Settings &settings, npublasSideMode_t side, npublasOperation_t trans, int m,
              int n, int k, T *A, int lda, T *tau, T *C, int ldc, int *info) {
  Arguments check;
  const int rows = side == NPUBLAS_SIDE_LEFT ? m : n;
  check.side(side).operation(trans).size("m", m).size("n", n).size("k", k);
  check.that(!kIsComplex<T> || trans != NPUBLAS_OP_T,
             "complex Q is multiplied as it is or conjugated and transposed, not transposed alone");
  check.leading("lda", lda, rows).leading("ldc", ldc, m).that(k <= rows, "k is too large");
  check.matrix("A", A, rows, k, lda, sizeof(T)).matrix("C", C, m, n, ldc, sizeof(T));
  check.memory("tau", tau, k, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("ormqr", "unmqr", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char s = letter(side);
    // LAPACK has 'T' for real matrices only and 'C' for complex ones only.
    const char t = trans == NPUBLAS_OP_N ? 'N' : kIsComplex<T> ? 'C' : 'T';
    withWork<T>([&](T *work, int *size) {
      routine.withText(&s, &t, &m, &n, &k, A, &lda, tau, C, &ldc, work, size, info);
    });
  });
}

template <class T>
Outcome trtri(const Settings &settings, npublasFillMode_t uplo, npublasDiagType_t diag, int n, T *A,
              int lda, int *info) {
  Arguments check;
  check.triangle(uplo).diagonal(diag).size("n", n).leading("lda", lda, n);
  check.matrix("A", A, n, n, lda, sizeof(T)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("trtri", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo), d = letter(diag);
    routine.withText(&u, &d, &n, A, &lda, info);
  });
}

} // namespace npu::solver
