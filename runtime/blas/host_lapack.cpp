// Factorisations, solves and inverses of batches of small matrices: computed by the host with the
// LAPACK in OpenBLAS, in stream order. The arrays of pointers lie in device memory and are read
// then.
#include "entry_points.h"
#include "host_routine.h"

#include <cmath>
#include <vector>

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device factorises matrices";

// One matrix of a batch, checked when the stream gets there.
template <typename T>
Status element(const char *caller, const void *array, int64_t index, int64_t rows, int64_t columns,
               int64_t leading, T *&matrix) {
  matrix = static_cast<T *const *>(array)[index];
  Arguments check;
  if (check.matrix("a matrix of the batch", matrix, rows, columns, leading, sizeof(T)).ok())
    return {};
  return Status(npuErrorIllegalAddress, std::string(caller) + ": " + check.outcome().message());
}

// Gaussian elimination without exchanges; the index of a zero pivot, counted from 1, or 0.
template <typename T> int factorInPlace(T *a, int n, int lda) {
  int info = 0;
  for (int step = 0; step < n; ++step) {
    const T pivot = a[step * int64_t(lda) + step];
    if (pivot == T(0)) {
      info = info ? info : step + 1;
      continue;
    }
    for (int row = step + 1; row < n; ++row) {
      const T factor = a[step * int64_t(lda) + row] /= pivot;
      for (int column = step + 1; column < n; ++column)
        a[column * int64_t(lda) + row] -= factor * a[column * int64_t(lda) + step];
    }
  }
  return info;
}

template <typename T>
npublasStatus_t getrf(const char *caller, npublasHandle_t handle, int n, T *const A[], int lda,
                      int *pivots, int *info, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.size("n", n).size("batchSize", count).leading("lda", lda, n);
    if (!check.ok() || n == 0 || count == 0)
      return check.outcome();
    check.memory("the array of A", A, count, sizeof(T *)).memory("info", info, count, sizeof(int));
    if (pivots)
      check.memory("the pivots", pivots, int64_t(n) * count, sizeof(int));
    Routine routine;
    if (Outcome bad = Routine::find<T>("getrf", routine); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      for (int i = 0; i < count; ++i) {
        T *a = nullptr;
        if (Status bad = element<T>(caller, A, i, n, n, lda, a); !bad.ok())
          return bad;
        if (pivots)
          routine(&n, &n, a, &lda, pivots + int64_t(i) * n, info + i);
        else
          info[i] = factorInPlace(a, n, lda);
      }
      return {};
    });
  });
}

// op(A) X = B from the factors; `info` is the host's and speaks of the arguments.
template <typename T>
npublasStatus_t getrs(const char *caller, npublasHandle_t handle, npublasOperation_t trans, int n,
                      int nrhs, const T *const A[], int lda, const int *pivots, T *const B[],
                      int ldb, int *info, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!info)
      return invalid("info is null");
    Arguments check;
    *info = 0;
    const auto wrong = [&](int position) { *info = !check.ok() && !*info ? -position : *info; };
    check.operation(trans), wrong(1);
    check.size("n", n), wrong(2);
    check.size("nrhs", nrhs), wrong(3);
    check.leading("lda", lda, n), wrong(5);
    check.leading("ldb", ldb, n), wrong(8);
    check.size("batchSize", count), wrong(10);
    if (!check.ok() || n == 0 || nrhs == 0 || count == 0)
      return check.outcome();
    check.memory("the array of A", A, count, sizeof(T *));
    check.memory("the array of B", B, count, sizeof(T *));
    if (pivots)
      check.memory("the pivots", pivots, int64_t(n) * count, sizeof(int));
    Routine routine;
    if (Outcome bad = Routine::find<T>("getrs", routine); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      std::vector<int> none(size_t(pivots ? 0 : n)); // no exchanges
      for (size_t row = 0; row < none.size(); ++row)
        none[row] = int(row) + 1;
      for (int i = 0; i < count; ++i) {
        const T *a = nullptr;
        T *b = nullptr;
        if (Status bad = element<const T>(caller, A, i, n, n, lda, a); !bad.ok())
          return bad;
        if (Status bad = element<T>(caller, B, i, n, nrhs, ldb, b); !bad.ok())
          return bad;
        const char t = letter(trans);
        const int *exchanges = pivots ? pivots + int64_t(i) * n : none.data();
        int ignored = 0;
        routine.withText(&t, &n, &nrhs, a, &lda, exchanges, b, &ldb, &ignored);
      }
      return {};
    });
  });
}

// The inverse from the factors, out of place.
template <typename T>
Status invertFactors(const Routine &routine, const T *a, int lda, const int *pivots, int n, T *c,
                     int ldc, int *info) {
  if (a != c)
    for (int column = 0; column < n; ++column)
      std::copy_n(a + int64_t(column) * lda, n, c + int64_t(column) * ldc);
  std::vector<int> none(size_t(pivots ? 0 : n));
  for (size_t row = 0; row < none.size(); ++row)
    none[row] = int(row) + 1;
  const int work = n * 32; // LAPACK's blocks are at most that wide
  std::vector<T> space((size_t(work)));
  T *spaceData = space.data();
  const int *exchanges = pivots ? pivots : none.data();
  routine(&n, c, &ldc, exchanges, spaceData, &work, info);
  return {};
}

template <typename T>
npublasStatus_t getri(const char *caller, npublasHandle_t handle, int n, const T *const A[],
                      int lda, const int *pivots, T *const C[], int ldc, int *info, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.size("n", n).size("batchSize", count).leading("lda", lda, n).leading("ldc", ldc, n);
    if (!check.ok() || n == 0 || count == 0)
      return check.outcome();
    check.memory("the array of A", A, count, sizeof(T *));
    check.memory("the array of C", C, count, sizeof(T *)).memory("info", info, count, sizeof(int));
    if (pivots)
      check.memory("the pivots", pivots, int64_t(n) * count, sizeof(int));
    Routine routine;
    if (Outcome bad = Routine::find<T>("getri", routine); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      for (int i = 0; i < count; ++i) {
        const T *a = nullptr;
        T *c = nullptr;
        if (Status bad = element<const T>(caller, A, i, n, n, lda, a); !bad.ok())
          return bad;
        if (Status bad = element<T>(caller, C, i, n, n, ldc, c); !bad.ok())
          return bad;
        const int *exchanges = pivots ? pivots + int64_t(i) * n : nullptr;
        if (Status bad = invertFactors(routine, a, lda, exchanges, n, c, ldc, info + i); !bad.ok())
          return bad;
      }
      return {};
    });
  });
}

// cuBLAS's short cut for small matrices: getrf and getri of a copy.
template <typename T>
npublasStatus_t matinv(const char *caller, npublasHandle_t handle, int n, const T *const A[],
                       int lda, T *const inverse[], int ldi, int *info, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.size("n", n).that(n <= 32, "n is more than 32; use getrfBatched and getriBatched");
    check.size("batchSize", count).leading("lda", lda, n).leading("lda_inv", ldi, n);
    if (!check.ok() || n == 0 || count == 0)
      return check.outcome();
    check.memory("the array of A", A, count, sizeof(T *));
    check.memory("the array of Ainv", inverse, count, sizeof(T *));
    check.memory("info", info, count, sizeof(int));
    Routine factor, invert;
    if (Outcome bad = Routine::find<T>("getrf", factor); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    if (Outcome bad = Routine::find<T>("getri", invert); !bad.ok())
      return bad;
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      std::vector<T> copy(size_t(n) * size_t(n));
      std::vector<int> exchanges((size_t(n)));
      for (int i = 0; i < count; ++i) {
        const T *a = nullptr;
        T *c = nullptr;
        if (Status bad = element<const T>(caller, A, i, n, n, lda, a); !bad.ok())
          return bad;
        if (Status bad = element<T>(caller, inverse, i, n, n, ldi, c); !bad.ok())
          return bad;
        for (int column = 0; column < n; ++column)
          std::copy_n(a + int64_t(column) * lda, n, &copy[size_t(column) * size_t(n)]);
        T *data = copy.data();
        int *pivots = exchanges.data();
        factor(&n, &n, data, &n, pivots, info + i);
        if (info[i] == 0)
          if (Status bad = invertFactors<T>(invert, data, n, pivots, n, c, ldi, info + i);
              !bad.ok())
            return bad;
      }
      return {};
    });
  });
}

template <typename T>
npublasStatus_t geqrf(const char *caller, npublasHandle_t handle, int m, int n, T *const A[],
                      int lda, T *const tau[], int *info, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!info)
      return invalid("info is null");
    Arguments check;
    *info = 0;
    const auto wrong = [&](int position) { *info = !check.ok() && !*info ? -position : *info; };
    check.size("m", m), wrong(1);
    check.size("n", n), wrong(2);
    check.leading("lda", lda, m), wrong(4);
    check.size("batchSize", count), wrong(7);
    if (!check.ok() || m == 0 || n == 0 || count == 0)
      return check.outcome();
    check.memory("the array of A", A, count, sizeof(T *));
    check.memory("the array of tau", tau, count, sizeof(T *));
    Routine routine;
    if (Outcome bad = Routine::find<T>("geqrf", routine); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      const int work = n * 32;
      std::vector<T> space((size_t(work)));
      T *spaceData = space.data();
      for (int i = 0; i < count; ++i) {
        T *a = nullptr, *t = nullptr;
        if (Status bad = element<T>(caller, A, i, m, n, lda, a); !bad.ok())
          return bad;
        if (Status bad = element<T>(caller, tau, i, std::min(m, n), 1, m, t); !bad.ok())
          return bad;
        int ignored = 0;
        routine(&m, &n, a, &lda, t, spaceData, &work, &ignored);
      }
      return {};
    });
  });
}

// Least squares of more equations than unknowns.
template <typename T>
npublasStatus_t gels(const char *caller, npublasHandle_t handle, npublasOperation_t trans, int m,
                     int n, int nrhs, T *const A[], int lda, T *const C[], int ldc, int *info,
                     int *deviceInfo, int count) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!info)
      return invalid("info is null");
    Arguments check;
    *info = 0;
    const auto wrong = [&](int position) { *info = !check.ok() && !*info ? -position : *info; };
    check.operation(trans), wrong(1);
    check.size("m", m), wrong(2);
    check.size("n", n), wrong(3);
    check.size("nrhs", nrhs), wrong(4);
    check.leading("lda", lda, m), wrong(6);
    check.leading("ldc", ldc, m), wrong(8);
    check.size("batchSize", count), wrong(11);
    if (!check.ok())
      return check.outcome();
    if (trans != NPUBLAS_OP_N || m < n)
      return unsupported("only overdetermined systems (m >= n) that are not transposed");
    if (m == 0 || n == 0 || nrhs == 0 || count == 0)
      return {};
    check.memory("the array of A", A, count, sizeof(T *));
    check.memory("the array of C", C, count, sizeof(T *));
    if (deviceInfo)
      check.memory("devInfoArray", deviceInfo, count, sizeof(int));
    Routine routine;
    if (Outcome bad = Routine::find<T>("gels", routine); !check.ok() || !bad.ok())
      return check.ok() ? bad : check.outcome();
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      const int work = n + std::max(n, nrhs) * 32;
      std::vector<T> space((size_t(work)));
      T *spaceData = space.data();
      const char t = 'N';
      for (int i = 0; i < count; ++i) {
        T *a = nullptr, *c = nullptr;
        if (Status bad = element<T>(caller, A, i, m, n, lda, a); !bad.ok())
          return bad;
        if (Status bad = element<T>(caller, C, i, m, nrhs, ldc, c); !bad.ok())
          return bad;
        int found = 0;
        routine.withText(&t, &m, &n, &nrhs, a, &lda, c, &ldc, spaceData, &work, &found);
        if (deviceInfo)
          deviceInfo[i] = found;
      }
      return {};
    });
  });
}

// Between a triangle in full columns and one in packed columns.
template <typename T, bool kUnpack>
npublasStatus_t repack(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int n,
                       const void *from, void *to, int lda) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.triangle(uplo).size("n", n).leading("lda", lda, n);
    if (!check.ok() || n == 0)
      return check.outcome();
    check.matrix("A", kUnpack ? to : from, n, n, lda, sizeof(T));
    if (!check.packed("AP", kUnpack ? from : to, n, sizeof(T)).ok())
      return check.outcome();
    return onHost(settings, caller, "no device has packed triangles", [=] {
      const T *src = static_cast<const T *>(from);
      T *dst = static_cast<T *>(to);
      int64_t at = 0;
      for (int64_t column = 0; column < n; ++column)
        for (int64_t row = firstRow(uplo, column); row < lastRow(uplo, column, n); ++row, ++at)
          if constexpr (kUnpack)
            dst[column * lda + row] = src[at];
          else
            dst[at] = src[column * lda + row];
    });
  });
}

// C = A * diag(x) or diag(x) * A
template <typename T>
npublasStatus_t dgmm(const char *caller, npublasHandle_t handle, npublasSideMode_t mode, int64_t m,
                     int64_t n, const void *A, int64_t lda, const void *x, int64_t incx, void *C,
                     int64_t ldc) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.side(mode).size("m", m).size("n", n).leading("lda", lda, m).leading("ldc", ldc, m);
    if (!check.ok() || m == 0 || n == 0)
      return check.outcome();
    const bool left = mode == NPUBLAS_SIDE_LEFT;
    const int64_t count = left ? m : n;
    check.matrix("A", A, m, n, lda, sizeof(T)).vector("x", x, count, incx, sizeof(T));
    if (!check.matrix("C", C, m, n, ldc, sizeof(T)).ok())
      return check.outcome();
    return onHost(settings, caller, "no device scales rows or columns", [=] {
      const T *a = static_cast<const T *>(A);
      const T *first = static_cast<const T *>(x) + (incx < 0 ? (1 - count) * incx : 0);
      for (int64_t column = 0; column < n; ++column)
        for (int64_t row = 0; row < m; ++row)
          static_cast<T *>(C)[column * ldc + row] =
              a[column * lda + row] * first[(left ? row : column) * incx];
    });
  });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

// The functions' elements are pairs of numbers; here they are complex numbers of the same layout.
#define ARRAY(Value, array) reinterpret_cast<Value *const *>(array)
#define CONST_ARRAY(Value, array) reinterpret_cast<const Value *const *>(array)
#define LAPACK(letter, T, Value)                                                                   \
  BLAS_PLAIN(letter##getrfBatched, GETRF, getrf<Value>,                                            \
             (handle, n, ARRAY(Value, A), lda, P, info, batchSize), T)                             \
  BLAS_PLAIN(letter##getriBatched, GETRI, getri<Value>,                                            \
             (handle, n, CONST_ARRAY(Value, A), lda, P, ARRAY(Value, C), ldc, info, batchSize), T) \
  BLAS_PLAIN(letter##getrsBatched, GETRS, getrs<Value>,                                            \
             (handle, trans, n, nrhs, CONST_ARRAY(Value, Aarray), lda, devIpiv,                    \
              ARRAY(Value, Barray), ldb, info, batchSize),                                         \
             T)                                                                                    \
  BLAS_PLAIN(                                                                                      \
      letter##matinvBatched, MATINV, matinv<Value>,                                                \
      (handle, n, CONST_ARRAY(Value, A), lda, ARRAY(Value, Ainv), lda_inv, info, batchSize), T)    \
  BLAS_PLAIN(letter##geqrfBatched, GEQRF, geqrf<Value>,                                            \
             (handle, m, n, ARRAY(Value, Aarray), lda, ARRAY(Value, TauArray), info, batchSize),   \
             T)                                                                                    \
  BLAS_PLAIN(letter##gelsBatched, GELS, gels<Value>,                                               \
             (handle, trans, m, n, nrhs, ARRAY(Value, Aarray), lda, ARRAY(Value, Carray), ldc,     \
              info, devInfoArray, batchSize),                                                      \
             T)                                                                                    \
  BLAS_PLAIN(letter##tpttr, TPTTR, (repack<Value, true>), (handle, uplo, n, AP, A, lda), T)        \
  BLAS_PLAIN(letter##trttp, TRTTP, (repack<Value, false>), (handle, uplo, n, A, AP, lda), T)       \
  BLAS_SIZED(letter##dgmm, DGMM, dgmm<Value>, (handle, mode, m, n, A, lda, x, incx, C, ldc), T)
LAPACK(S, float, float)
LAPACK(D, double, double)
LAPACK(C, float2, C32)
LAPACK(Z, double2, C64)
