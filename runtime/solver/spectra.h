// Eigenvalues of symmetric matrices and singular values, for matrices of T.
#pragma once

#include "context.h"

#include <vector>

namespace npu::solver {

// The three work areas of LAPACK's divide and conquer, of which real matrices have two, as large as
// its query says. `call` gets the areas with their sizes, the routine's last arguments but info.
template <class T, class Call> void withAreas(Call call) {
  T wanted = T(0);
  Real<T> realWanted = 0;
  int integerWanted = 0, query = -1;
  const auto run = [&](T *work, int *workSize, [[maybe_unused]] Real<T> *reals,
                       [[maybe_unused]] int *realSize, int *integers, int *integerSize) {
    if constexpr (kIsComplex<T>)
      call(work, workSize, reals, realSize, integers, integerSize);
    else
      call(work, workSize, integers, integerSize);
  };
  run(&wanted, &query, &realWanted, &query, &integerWanted, &query);
  int workSize = workElements(wanted), realSize = workElements(realWanted),
      integerSize = std::max(1, integerWanted);
  std::vector<T> work(static_cast<size_t>(workSize));
  std::vector<Real<T>> reals(static_cast<size_t>(realSize));
  std::vector<int> integers(static_cast<size_t>(integerSize));
  run(work.data(), &workSize, reals.data(), &realSize, integers.data(), &integerSize);
}

// LAPACK's syevd or heevd on host or device memory.
template <class T>
void eigen(const Routine &routine, bool vectors, npublasFillMode_t uplo, int n, T *A, int lda,
           Real<T> *W, int *info) {
  const char v = vectors ? 'V' : 'N', u = letter(uplo);
  withAreas<T>([&](auto *...areas) { routine.withText(&v, &u, &n, A, &lda, W, areas..., info); });
}

// `count` matrices, A's `lda * n` apart.
template <class T>
Outcome syevd(const Settings &settings, npusolverEigMode_t jobz, npublasFillMode_t uplo, int n,
              T *A, int lda, Real<T> *W, int *info, int count = 1) {
  Arguments check;
  check.triangle(uplo).size("n", n).size("batchSize", count).leading("lda", lda, n);
  check.matrix("A", A, n, int64_t(n) * count, lda, sizeof(T));
  check.memory("W", W, int64_t(n) * count, sizeof(Real<T>));
  check.memory("info", info, count, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("syevd", "heevd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    for (int64_t i = 0; i < count; ++i)
      eigen(routine, jobz == NPUSOLVER_EIG_MODE_VECTOR, uplo, n, A + i * n * lda, lda, W + i * n,
            info + i);
  });
}

// Keeps the eigenvalues of a range, and their vectors, of all; returns their number.
template <class T>
int keepRange(bool vectors, npusolverEigRange_t range, int n, T *A, int lda, Real<T> lower,
              Real<T> upper, int first, int last, Real<T> *W) {
  int count = 0;
  for (int i = 0; i < n; ++i) {
    const bool inside = range == NPUSOLVER_EIG_RANGE_ALL ||
                        (range == NPUSOLVER_EIG_RANGE_I && first <= i + 1 && i < last) ||
                        (range == NPUSOLVER_EIG_RANGE_V && lower < W[i] && W[i] <= upper);
    if (!inside)
      continue;
    W[count] = W[i];
    if (vectors && count != i)
      std::copy_n(A + int64_t(i) * lda, n, A + int64_t(count) * lda);
    ++count;
  }
  return count;
}
template <class R>
void checkRange(Arguments &check, npusolverEigRange_t range, int n, R lower, R upper, int first,
                int last, const int *found) {
  check.notNull("the number", found);
  check.that(range != NPUSOLVER_EIG_RANGE_I || n == 0 || (1 <= first && first <= last && last <= n),
             "1 <= il <= iu <= n does not hold");
  check.that(range != NPUSOLVER_EIG_RANGE_V || lower < upper, "vl < vu does not hold");
}

// The eigenvalues in a range: all are computed, and those outside it are left out. Their number is
// the host's, so this waits for the stream.
template <class T>
Outcome syevdx(const Settings &settings, npusolverEigMode_t jobz, npusolverEigRange_t range,
               npublasFillMode_t uplo, int n, T *A, int lda, Real<T> lower, Real<T> upper,
               int first, int last, int *found, Real<T> *W, int *info) {
  Arguments check;
  check.triangle(uplo).size("n", n).leading("lda", lda, n);
  checkRange(check, range, n, lower, upper, first, last, found);
  check.matrix("A", A, n, n, lda, sizeof(T)).memory("W", W, n, sizeof(Real<T>));
  check.memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = findRoutine<T>("syevd", "heevd", routine); !bad.ok())
    return bad;
  return runNow(settings, check, [&] {
    eigen(routine, jobz == NPUSOLVER_EIG_MODE_VECTOR, uplo, n, A, lda, W, info);
    *found = keepRange(jobz == NPUSOLVER_EIG_MODE_VECTOR, range, n, A, lda, lower, upper, first,
                       last, W);
  });
}

// LAPACK's sygvd or hegvd.
template <class T>
void generalised(const Routine &routine, npusolverEigType_t type, bool vectors,
                 npublasFillMode_t uplo, int n, T *A, int lda, T *B, int ldb, Real<T> *W,
                 int *info) {
  const char v = vectors ? 'V' : 'N', u = letter(uplo);
  const int problem = type;
  withAreas<T>([&](auto *...areas) {
    routine.withText(&problem, &v, &u, &n, A, &lda, B, &ldb, W, areas..., info);
  });
}
template <class T>
Outcome checkGeneralised(Arguments &check, npusolverEigType_t type, npublasFillMode_t uplo, int n,
                         T *A, int lda, T *B, int ldb, Real<T> *W, int *info, Routine &routine) {
  check.triangle(uplo).size("n", n).leading("lda", lda, n).leading("ldb", ldb, n);
  check.that(type >= NPUSOLVER_EIG_TYPE_1 && type <= NPUSOLVER_EIG_TYPE_3, "no such problem");
  check.matrix("A", A, n, n, lda, sizeof(T)).matrix("B", B, n, n, ldb, sizeof(T));
  check.memory("W", W, n, sizeof(Real<T>)).memory("info", info, 1, sizeof(int));
  return findRoutine<T>("sygvd", "hegvd", routine);
}

template <class T>
Outcome sygvd(const Settings &settings, npusolverEigType_t type, npusolverEigMode_t jobz,
              npublasFillMode_t uplo, int n, T *A, int lda, T *B, int ldb, Real<T> *W, int *info) {
  Arguments check;
  Routine routine;
  if (Outcome bad = checkGeneralised(check, type, uplo, n, A, lda, B, ldb, W, info, routine);
      !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    generalised(routine, type, jobz == NPUSOLVER_EIG_MODE_VECTOR, uplo, n, A, lda, B, ldb, W, info);
  });
}

template <class T>
Outcome sygvdx(const Settings &settings, npusolverEigType_t type, npusolverEigMode_t jobz,
               npusolverEigRange_t range, npublasFillMode_t uplo, int n, T *A, int lda, T *B,
               int ldb, Real<T> lower, Real<T> upper, int first, int last, int *found, Real<T> *W,
               int *info) {
  Arguments check;
  Routine routine;
  if (Outcome bad = checkGeneralised(check, type, uplo, n, A, lda, B, ldb, W, info, routine);
      !bad.ok())
    return bad;
  checkRange(check, range, n, lower, upper, first, last, found);
  return runNow(settings, check, [&] {
    const bool vectors = jobz == NPUSOLVER_EIG_MODE_VECTOR;
    generalised(routine, type, vectors, uplo, n, A, lda, B, ldb, W, info);
    *found = *info == 0 ? keepRange(vectors, range, n, A, lda, lower, upper, first, last, W) : 0;
  });
}

// Eigenvalues of any matrix, by LAPACK's geev. Of a real one they are n complex numbers, or n real
// parts and then n imaginary ones; its vectors are LAPACK's, a pair's real and imaginary part in
// two columns.
template <class T>
Outcome geev(const Settings &settings, npusolverEigMode_t left, npusolverEigMode_t right, int n,
             T *A, int lda, void *W, bool complexW, T *VL, int ldvl, T *VR, int ldvr, int *info) {
  const bool lefts = left == NPUSOLVER_EIG_MODE_VECTOR, rights = right == NPUSOLVER_EIG_MODE_VECTOR;
  Arguments check;
  check.size("n", n).leading("lda", lda, n).matrix("A", A, n, n, lda, sizeof(T));
  check.memory("W", W, 2 * int64_t(n), sizeof(Real<T>)).memory("info", info, 1, sizeof(int));
  if (lefts)
    check.leading("ldvl", ldvl, n).matrix("VL", VL, n, n, ldvl, sizeof(T));
  if (rights)
    check.leading("ldvr", ldvr, n).matrix("VR", VR, n, n, ldvr, sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("geev", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char l = lefts ? 'V' : 'N', r = rights ? 'V' : 'N';
    const int ldL = std::max(1, ldvl), ldR = std::max(1, ldvr);
    std::vector<Real<T>> reals(size_t(2) * size_t(std::max(1, n)));
    Real<T> *parts = reals.data(), *imaginary = parts + n;
    auto *values = static_cast<Real<T> *>(W);
    withWork<T>([&](T *work, int *size) {
      if constexpr (kIsComplex<T>)
        routine.withText(&l, &r, &n, A, &lda, static_cast<T *>(W), VL, &ldL, VR, &ldR, work, size,
                         parts, info);
      else
        routine.withText(&l, &r, &n, A, &lda, parts, imaginary, VL, &ldL, VR, &ldR, work, size,
                         info);
    });
    for (int64_t i = 0; !kIsComplex<T> && i < n; ++i) {
      values[complexW ? 2 * i : i] = parts[i];
      values[complexW ? 2 * i + 1 : n + i] = imaginary[i];
    }
  });
}

// LAPACK's gesvd.
template <class T>
void singular(const Routine &routine, char jobU, char jobVt, int m, int n, T *A, int lda,
              Real<T> *S, T *U, int ldu, T *VT, int ldvt, int *info) {
  std::vector<Real<T>> reals(static_cast<size_t>(5 * std::max(1, std::min(m, n))));
  Real<T> *realData = reals.data();
  withWork<T>([&](T *work, int *size) {
    if constexpr (kIsComplex<T>)
      routine.withText(&jobU, &jobVt, &m, &n, A, &lda, S, U, &ldu, VT, &ldvt, work, size, realData,
                       info);
    else
      routine.withText(&jobU, &jobVt, &m, &n, A, &lda, S, U, &ldu, VT, &ldvt, work, size, info);
  });
}

template <class T>
Outcome gesvd(const Settings &settings, char jobU, char jobVt, int m, int n, T *A, int lda,
              Real<T> *S, T *U, int ldu, T *VT, int ldvt, int *info) {
  const int least = std::min(m, n);
  const auto known = [](char job) { return job == 'A' || job == 'S' || job == 'O' || job == 'N'; };
  Arguments check;
  check.that(known(jobU) && known(jobVt) && !(jobU == 'O' && jobVt == 'O'),
             "jobu and jobvt must be A, S, O or N, not both O");
  check.size("m", m).size("n", n).leading("lda", lda, m).matrix("A", A, m, n, lda, sizeof(T));
  check.memory("S", S, least, sizeof(Real<T>)).memory("info", info, 1, sizeof(int));
  if (jobU == 'A' || jobU == 'S')
    check.leading("ldu", ldu, m).matrix("U", U, m, jobU == 'A' ? m : least, ldu, sizeof(T));
  if (jobVt == 'A' || jobVt == 'S')
    check.leading("ldvt", ldvt, jobVt == 'A' ? n : least)
        .matrix("VT", VT, jobVt == 'A' ? n : least, n, ldvt, sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("gesvd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const int ldU = std::max(ldu, 1), ldVt = std::max(ldvt, 1);
    singular(routine, jobU, jobVt, m, n, A, lda, S, U, ldU, VT, ldVt, info);
  });
}

// The form of the Jacobi functions: V instead of its conjugate transpose, the thin matrices when
// `econ`, a batch whose matrices follow each other.
template <class T>
Outcome gesvdj(const Settings &settings, npusolverEigMode_t jobz, bool econ, int m, int n, T *A,
               int lda, Real<T> *S, T *U, int ldu, T *V, int ldv, int *info, int count = 1) {
  const int least = std::min(m, n), uColumns = econ ? least : m, vColumns = econ ? least : n;
  const bool vectors = jobz == NPUSOLVER_EIG_MODE_VECTOR;
  Arguments check;
  check.size("m", m).size("n", n).size("batchSize", count).leading("lda", lda, m);
  check.matrix("A", A, m, int64_t(n) * count, lda, sizeof(T));
  check.memory("S", S, int64_t(least) * count, sizeof(Real<T>));
  check.memory("info", info, count, sizeof(int));
  if (vectors)
    check.leading("ldu", ldu, m)
        .leading("ldv", ldv, n)
        .matrix("U", U, m, int64_t(uColumns) * count, ldu, sizeof(T))
        .matrix("V", V, n, int64_t(vColumns) * count, ldv, sizeof(T));
  Routine routine;
  if (Outcome bad = Routine::find<T>("gesvd", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char job = !vectors ? 'N' : econ ? 'S' : 'A';
    const int ldu1 = std::max(1, ldu), ldvt = std::max(1, vColumns);
    std::vector<T> transposed(size_t(ldvt) * size_t(std::max(1, n)));
    for (int64_t i = 0; i < count; ++i) {
      singular(routine, job, job, m, n, A + i * n * lda, lda, S + i * least, U + i * uColumns * ldu,
               ldu1, transposed.data(), ldvt, info + i);
      for (int64_t column = 0; vectors && column < vColumns; ++column)
        for (int64_t row = 0; row < n; ++row)
          V[(i * vColumns + column) * ldv + row] =
              blas::conjugated(transposed[size_t(row * ldvt + column)]);
    }
  });
}

} // namespace npu::solver
