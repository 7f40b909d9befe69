// Batches of systems with five diagonals, whose rows lie beside each other: elimination with
// exchanges of rows (as LAPACK's gbsv), system by system.
#include "arrays.h"

#include "npu/api/sparse_blocks_parameters.def"

namespace npu::sparse {
namespace {

// A row holds the columns from two before its diagonal to four behind: exchanges bring two more.
template <class T> class Band {
public:
  explicit Band(int64_t rows) : elements(size_t(rows) * 9, T(0)) {}
  T &at(int64_t row, int64_t column) { return elements[size_t(row * 9 + column - row + 4)]; }

private:
  std::vector<T> elements;
};

template <class T> void solvePentadiagonal(int64_t m, Band<T> &a, std::vector<T> &x) {
  for (int64_t k = 0; k < m; ++k) {
    const int64_t below = std::min(m, k + 3), right = std::min(m, k + 5);
    int64_t pivot = k;
    for (int64_t row = k + 1; row < below; ++row)
      if (std::abs(a.at(row, k)) > std::abs(a.at(pivot, k)))
        pivot = row;
    if (pivot != k) {
      for (int64_t column = k; column < right; ++column)
        std::swap(a.at(k, column), a.at(pivot, column));
      std::swap(x[size_t(k)], x[size_t(pivot)]);
    }
    for (int64_t row = k + 1; row < below; ++row) {
      const T factor = a.at(row, k) / a.at(k, k);
      for (int64_t column = k + 1; column < right; ++column)
        a.at(row, column) -= factor * a.at(k, column);
      x[size_t(row)] -= factor * x[size_t(k)];
    }
  }
  for (int64_t row = m - 1; row >= 0; --row) {
    for (int64_t column = row + 1; column < std::min(m, row + 5); ++column)
      x[size_t(row)] -= a.at(row, column) * x[size_t(column)];
    x[size_t(row)] /= a.at(row, row);
  }
}

template <class T>
npusparseStatus_t solveInterleaved(const char *name, npusparseHandle_t handle, int algorithm, int m,
                                   const T *ds, const T *dl, const T *d, const T *du, const T *dw,
                                   T *x, int count) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t extent = int64_t(m) * count;
    check.that(algorithm == 0, "the only algorithm is 0")
        .that(m >= 0 && count >= 0, "a size is negative");
    for (const T *diagonal : {ds, dl, d, du, dw, static_cast<const T *>(x)})
      check.memory("a diagonal or x", diagonal, extent, sizeof(T));
    return enqueueChecked(settings, check, [=] {
      const T *diagonals[] = {ds, dl, d, du, dw};
      for (int64_t system = 0; system < count; ++system) {
        Band<T> band(m);
        std::vector<T> right(static_cast<size_t>(m));
        for (int64_t row = 0; row < m; ++row) {
          for (int64_t k = 0; k < 5; ++k)
            if (row + k - 2 >= 0 && row + k - 2 < m)
              band.at(row, row + k - 2) = diagonals[k][row * count + system];
          right[size_t(row)] = x[row * count + system];
        }
        solvePentadiagonal(m, band, right);
        for (int64_t row = 0; row < m; ++row)
          x[row * count + system] = right[size_t(row)];
      }
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##gpsvInterleavedBatch_bufferSizeExt(                         \
      npusparseHandle_t handle, int, int, const T *, const T *, const T *, const T *, const T *,   \
      const T *, int, size_t *bufferSize) {                                                        \
    return entry("cusparse" #letter "gpsvInterleavedBatch_bufferSizeExt", handle,                  \
                 [&](const Settings &) { return giveBufferSize(bufferSize); });                    \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gpsvInterleavedBatch NPU_SPARSE_GPSV(T, void *) {           \
    return solveInterleaved<Element<T>>("cusparse" #letter "gpsvInterleavedBatch", handle,         \
                                        algorithm, m, elements(ds), elements(dl), elements(d),     \
                                        elements(du), elements(dw), elements(x), batchCount);      \
  }

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)
}
