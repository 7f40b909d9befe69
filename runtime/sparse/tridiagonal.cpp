// Tridiagonal systems, by elimination with exchanges of neighbouring rows (as LAPACK's gtsv), for
// the columns of a matrix and for batches. The functions without pivoting give the same solutions.
#include "arrays.h"

namespace npu::sparse {
namespace {

// Solves for the `columns` columns of x, `leading` apart. dl[0] and du[m - 1] are not part of it.
template <class T>
void solveTridiagonal(int64_t m, const T *dl, const T *d, const T *du, T *x, int64_t columns,
                      int64_t leading) {
  std::vector<T> diagonal(d, d + m), upper(du, du + m), second(static_cast<size_t>(m), T(0));
  for (int64_t row = 0; row + 1 < m; ++row) {
    const size_t i = size_t(row);
    const T lower = dl[row + 1];
    if (std::abs(lower) <= std::abs(diagonal[i])) {
      const T factor = lower / diagonal[i];
      diagonal[i + 1] -= factor * upper[i];
      for (int64_t column = 0; column < columns; ++column)
        x[column * leading + row + 1] -= factor * x[column * leading + row];
      continue;
    }
    // The next row is the better pivot: the two change places.
    const T factor = diagonal[i] / lower;
    const T nextDiagonal = diagonal[i + 1], nextUpper = row + 2 < m ? upper[i + 1] : T(0);
    diagonal[i] = lower;
    diagonal[i + 1] = upper[i] - factor * nextDiagonal;
    upper[i] = nextDiagonal;
    second[i] = nextUpper;
    if (row + 2 < m)
      upper[i + 1] = -factor * nextUpper;
    for (int64_t column = 0; column < columns; ++column) {
      T *pair = x + column * leading + row;
      const T first = pair[0];
      pair[0] = pair[1];
      pair[1] = first - factor * pair[0];
    }
  }
  for (int64_t column = 0; column < columns; ++column) {
    T *b = x + column * leading;
    for (int64_t row = m - 1; row >= 0; --row) {
      const size_t i = size_t(row);
      if (row + 1 < m)
        b[row] -= upper[i] * b[row + 1];
      if (row + 2 < m)
        b[row] -= second[i] * b[row + 2];
      b[row] /= diagonal[i];
    }
  }
}

template <class T>
npusparseStatus_t solveColumns(const char *name, npusparseHandle_t handle, int m, int n,
                               const T *dl, const T *d, const T *du, T *B, int ldb) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.that(m >= 0 && n >= 0 && ldb >= std::max(1, m), "a size is negative or ldb is too small")
        .memory("dl", dl, m, sizeof(T))
        .memory("d", d, m, sizeof(T))
        .memory("du", du, m, sizeof(T))
        .memory("B", B, m && n ? int64_t(n - 1) * ldb + m : 0, sizeof(T));
    return enqueueChecked(settings, check, [=] { solveTridiagonal(m, dl, d, du, B, n, ldb); });
  });
}

template <class T>
npusparseStatus_t solveBatch(const char *name, npusparseHandle_t handle, int m, const T *dl,
                             const T *d, const T *du, T *x, int count, int stride) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t extent = m && count ? int64_t(count - 1) * stride + m : 0;
    check.that(m >= 0 && count >= 0 && stride >= m, "a size is negative or the stride too small")
        .memory("dl", dl, extent, sizeof(T))
        .memory("d", d, extent, sizeof(T))
        .memory("du", du, extent, sizeof(T))
        .memory("x", x, extent, sizeof(T));
    return enqueueChecked(settings, check, [=] {
      for (int64_t i = 0; i < count; ++i)
        solveTridiagonal(m, dl + i * stride, d + i * stride, du + i * stride, x + i * stride, 1, m);
    });
  });
}

// The elements of a row of all systems lie beside each other.
template <class T>
npusparseStatus_t solveInterleaved(const char *name, npusparseHandle_t handle, int m, const T *dl,
                                   const T *d, const T *du, T *x, int count) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t extent = int64_t(m) * count;
    check.that(m >= 0 && count >= 0, "a size is negative")
        .memory("dl", dl, extent, sizeof(T))
        .memory("d", d, extent, sizeof(T))
        .memory("du", du, extent, sizeof(T))
        .memory("x", x, extent, sizeof(T));
    return enqueueChecked(settings, check, [=] {
      const auto system = [&](const T *from, int64_t i) {
        std::vector<T> column(static_cast<size_t>(m));
        for (int64_t row = 0; row < m; ++row)
          column[size_t(row)] = from[row * count + i];
        return column;
      };
      for (int64_t i = 0; i < count; ++i) {
        std::vector<T> solution = system(x, i);
        solveTridiagonal(m, system(dl, i).data(), system(d, i).data(), system(du, i).data(),
                         solution.data(), 1, m);
        for (int64_t row = 0; row < m; ++row)
          x[row * count + i] = solution[size_t(row)];
      }
    });
  });
}

npusparseStatus_t size(const char *name, npusparseHandle_t handle, size_t *bufferSize) {
  return entry(name, handle, [&](const Settings &) { return giveBufferSize(bufferSize); });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define COLUMNS(name, T)                                                                           \
  npusparseStatus_t npusparse##name##_bufferSizeExt(npusparseHandle_t handle, int, int, const T *, \
                                                    const T *, const T *, const T *, int,          \
                                                    size_t *bufferSize) {                          \
    return size("cusparse" #name "_bufferSizeExt", handle, bufferSize);                            \
  }                                                                                                \
  npusparseStatus_t npusparse##name NPU_SPARSE_GTSV(T, T *B, int ldb, void *) {                    \
    return solveColumns("cusparse" #name, handle, m, n, elements(dl), elements(d), elements(du),   \
                        elements(B), ldb);                                                         \
  }
#define FUNCTIONS(letter, T)                                                                       \
  COLUMNS(letter##gtsv2, T)                                                                        \
  COLUMNS(letter##gtsv2_nopivot, T)                                                                \
  npusparseStatus_t npusparse##letter##gtsv2StridedBatch_bufferSizeExt(                            \
      npusparseHandle_t handle, int, const T *, const T *, const T *, const T *, int, int,         \
      size_t *bufferSize) {                                                                        \
    return size("cusparse" #letter "gtsv2StridedBatch_bufferSizeExt", handle, bufferSize);         \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsv2StridedBatch NPU_SPARSE_GTSV_BATCH(T, T, void *) {     \
    return solveBatch("cusparse" #letter "gtsv2StridedBatch", handle, m, elements(dl),             \
                      elements(d), elements(du), elements(x), batchCount, batchStride);            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsv NPU_SPARSE_GTSV_OLD(T) {                               \
    return solveColumns("cusparse" #letter "gtsv", handle, m, n, elements(dl), elements(d),        \
                        elements(du), elements(B), ldb);                                           \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsv_nopivot NPU_SPARSE_GTSV_OLD(T) {                       \
    return solveColumns("cusparse" #letter "gtsv_nopivot", handle, m, n, elements(dl),             \
                        elements(d), elements(du), elements(B), ldb);                              \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsvStridedBatch NPU_SPARSE_GTSV_BATCH_OLD(T) {             \
    return solveBatch("cusparse" #letter "gtsvStridedBatch", handle, m, elements(dl), elements(d), \
                      elements(du), elements(x), batchCount, batchStride);                         \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsvInterleavedBatch_bufferSizeExt(                         \
      npusparseHandle_t handle, int, int, const T *, const T *, const T *, const T *, int,         \
      size_t *bufferSize) {                                                                        \
    return size("cusparse" #letter "gtsvInterleavedBatch_bufferSizeExt", handle, bufferSize);      \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gtsvInterleavedBatch NPU_SPARSE_GTSV_INTERLEAVED(T,         \
                                                                                        void *) {  \
    return solveInterleaved<Element<T>>("cusparse" #letter "gtsvInterleavedBatch", handle, m,      \
                                        elements(dl), elements(d), elements(du), elements(x),      \
                                        batchCount);                                               \
  }

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)
}
