// Matrices in CUDA 10's hybrid format, whose inside no program sees: a copy in CSR, made and read
// in the order of the stream. The partition is a hint.
#include "arrays.h"
#include "products.h"

namespace npu::sparse {

// All elements of a matrix, with indices from 0.
struct Hybrid {
  int rows = 0, columns = 0;
  npuDataType type = NPU_R_32F;
  std::vector<int> offsets, indices;
  std::vector<unsigned char> values;

  SparseMatrix matrix() const {
    return csr(rows, columns, int64_t(indices.size()), NPUSPARSE_INDEX_BASE_ZERO, type,
               values.data(), offsets.data(), indices.data());
  }
  template <class T> void add(int column, T value) {
    indices.push_back(column);
    values.resize(values.size() + sizeof(T));
    std::memcpy(values.data() + values.size() - sizeof(T), &value, sizeof(T));
  }
};

} // namespace npu::sparse

struct npusparseHybMat {
  std::shared_ptr<npu::sparse::Hybrid> content; // the last conversion's
};

namespace npu::sparse {
namespace {

using Content = std::shared_ptr<Hybrid>;
using Live = core::LiveSet<npusparseHybMat>;

Outcome check(npusparseMatDescr_t descr, npusparseHybMat_t hybrid) {
  Outcome bad = general(descr);
  Arguments arguments;
  return bad.ok() ? arguments.live("the hybrid matrix is not one", hybrid).outcome() : bad;
}
// For functions that read: a matrix of elements of T.
template <class T> Outcome checkContent(npusparseMatDescr_t descr, npusparseHybMat_t hybrid) {
  Outcome bad = check(descr, hybrid);
  if (bad.ok() && (!hybrid->content || hybrid->content->type != kType<T>))
    bad = invalid("the hybrid matrix has no content of this type");
  return bad;
}

template <class T> Content newContent(npusparseHybMat_t hybrid, int rows, int columns) {
  hybrid->content = std::make_shared<Hybrid>();
  hybrid->content->rows = rows;
  hybrid->content->columns = columns;
  hybrid->content->type = kType<T>;
  hybrid->content->offsets = {0};
  return hybrid->content;
}

template <class T>
npusparseStatus_t fromDense(const char *name, npusparseHandle_t handle, int m, int n,
                            npusparseMatDescr_t descr, const T *A, int lda,
                            npusparseHybMat_t hybrid) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Outcome bad = check(descr, hybrid);
    Arguments arguments;
    arguments
        .that(m >= 0 && n >= 0 && lda >= std::max(1, m), "a size is negative or lda is too small")
        .memory("A", A, m && n ? int64_t(n - 1) * lda + m : 0, sizeof(T));
    if (!bad.ok() || !arguments.ok())
      return bad.ok() ? arguments.outcome() : bad;
    return enqueue(settings, [=, to = newContent<T>(hybrid, m, n)] {
      *to = {m, n, kType<T>, {0}, {}, {}};
      for (int row = 0; row < m; ++row) {
        for (int column = 0; column < n; ++column)
          if (const T value = A[int64_t(column) * lda + row]; value != T(0))
            to->add(column, value);
        to->offsets.push_back(int(to->indices.size()));
      }
    });
  });
}

template <class T>
npusparseStatus_t fromCsr(const char *name, npusparseHandle_t handle, int m, int n,
                          npusparseMatDescr_t descr, const T *values, const int *offsets,
                          const int *indices, npusparseHybMat_t hybrid) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Outcome bad = check(descr, hybrid);
    Arguments arguments;
    arguments.that(m >= 0 && n >= 0, "a size is negative")
        .memory("the offsets", offsets, int64_t(m) + 1, sizeof(int));
    if (!bad.ok() || !arguments.ok())
      return bad.ok() ? arguments.outcome() : bad;
    return enqueue(settings, [=, base = descr->base, to = newContent<T>(hybrid, m, n)] {
      const int64_t nonzeros = m ? offsets[m] - base : 0;
      Arguments reach;
      const SparseMatrix A = csr(m, n, nonzeros, base, kType<T>, values, offsets, indices);
      if (nonzeros < 0 || !memoryOf(reach, A).ok())
        failOnIndices("a sparse matrix");
      *to = {m, n, kType<T>, {0}, {}, {}};
      withLines<T>(A, [&](const auto &lines) {
        for (int64_t line = 0; line < lines.count; ++line) {
          for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
            to->add(int(lines.index(i)), lines.values[i]);
          to->offsets.push_back(int(to->indices.size()));
        }
      });
    });
  });
}

template <class T>
npusparseStatus_t toCsr(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                        npusparseHybMat_t hybrid, T *values, int *offsets, int *indices) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = checkContent<T>(descr, hybrid); !bad.ok())
      return bad;
    Arguments arguments;
    arguments.memory("the offsets", offsets, int64_t(hybrid->content->rows) + 1, sizeof(int));
    return enqueueChecked(settings, arguments,
                          [=, base = int(descr->base), from = hybrid->content] {
                            const size_t count = from->indices.size();
                            if (!core::deviceCanReach(values, count * sizeof(T)) ||
                                !core::deviceCanReach(indices, count * sizeof(int)))
                              failOnIndices("the new matrix is too small: it");
                            for (size_t row = 0; row < from->offsets.size(); ++row)
                              offsets[row] = from->offsets[row] + base;
                            for (size_t i = 0; i < count; ++i)
                              indices[i] = from->indices[i] + base;
                            std::memcpy(values, from->values.data(), count * sizeof(T));
                          });
  });
}

template <class T>
npusparseStatus_t toDense(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                          npusparseHybMat_t hybrid, T *A, int lda) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = checkContent<T>(descr, hybrid); !bad.ok())
      return bad;
    const int m = hybrid->content->rows, n = hybrid->content->columns;
    Arguments arguments;
    arguments.that(lda >= std::max(1, m), "lda is too small")
        .memory("A", A, m && n ? int64_t(n - 1) * lda + m : 0, sizeof(T));
    return enqueueChecked(settings, arguments, [=, from = hybrid->content] {
      for (int column = 0; column < n; ++column)
        std::fill_n(A + int64_t(column) * lda, m, T(0));
      withLines<T>(from->matrix(), [&](const auto &lines) {
        for (int64_t line = 0; line < lines.count; ++line)
          for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
            A[lines.index(i) * lda + line] = lines.values[i];
      });
    });
  });
}

template <class T>
npusparseStatus_t vectorProduct(const char *name, npusparseHandle_t handle,
                                npusparseOperation_t transA, const T *alpha,
                                npusparseMatDescr_t descr, npusparseHybMat_t hybrid, const T *x,
                                const T *beta, T *y) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Scalar a, b;
    Outcome bad = checkContent<T>(descr, hybrid);
    if (bad.ok())
      bad = a.set(settings, "alpha", alpha, kType<T>);
    if (bad.ok())
      bad = b.set(settings, "beta", beta, kType<T>);
    if (!bad.ok())
      return bad;
    const bool plain = transA == NPUSPARSE_OPERATION_NON_TRANSPOSE;
    const Hybrid &A = *hybrid->content;
    const int ySize = plain ? A.rows : A.columns;
    Arguments arguments;
    arguments.memory("x", x, plain ? A.columns : A.rows, sizeof(T))
        .memory("y", y, ySize, sizeof(T));
    return enqueueChecked(settings, arguments, [=, from = hybrid->content] {
      const SparseMatrix matrix = from->matrix();
      withLines<T>(matrix, [&](const auto &lines) {
        multiplyVector(lines, accessOf(matrix, transA), a.get<T>(), x, b.get<T>(), y, ySize);
      });
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseCreateHybMat(npusparseHybMat_t *matrix) {
  return entry("cusparseCreateHybMat", [&]() -> Outcome {
    if (!matrix)
      return invalid("the matrix's address is null");
    *matrix = Live::instance().add(std::make_unique<npusparseHybMat>());
    return {};
  });
}
npusparseStatus_t npusparseDestroyHybMat(npusparseHybMat_t matrix) {
  return entry("cusparseDestroyHybMat", [&]() -> Outcome {
    return Live::instance().remove(matrix) ? Outcome() : invalid("the hybrid matrix is not one");
  });
}

#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##dense2hyb NPU_SPARSE_DENSE_HYB(T) {                         \
    return fromDense("cusparse" #letter "dense2hyb", handle, m, n, descrA, elements(A), lda,       \
                     hybA);                                                                        \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csr2hyb NPU_SPARSE_CSR_HYB(T) {                             \
    return fromCsr("cusparse" #letter "csr2hyb", handle, m, n, descrA, elements(csrSortedValA),    \
                   csrSortedRowPtrA, csrSortedColIndA, hybA);                                      \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##hyb2csr NPU_SPARSE_HYB_CSR(T) {                             \
    return toCsr("cusparse" #letter "hyb2csr", handle, descrA, hybA, elements(csrSortedValA),      \
                 csrSortedRowPtrA, csrSortedColIndA);                                              \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##hyb2dense NPU_SPARSE_HYB_DENSE(T) {                         \
    return toDense("cusparse" #letter "hyb2dense", handle, descrA, hybA, elements(A), lda);        \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##hybmv NPU_SPARSE_HYB_MV(T) {                                \
    return vectorProduct("cusparse" #letter "hybmv", handle, transA, elements(alpha), descrA,      \
                         hybA, elements(x), elements(beta), elements(y));                          \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
