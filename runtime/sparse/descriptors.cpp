// Descriptors of matrices: made, read, changed and destroyed. Those of vectors:
// vector_descriptors.cpp.
#include "descriptor_access.h"

namespace npu::sparse {
namespace {

template <class Number> void *moved(void *data, Number elements, size_t bytes) {
  return data ? static_cast<char *>(data) + int64_t(elements) * int64_t(bytes) : nullptr;
}

} // namespace

SparseMatrix SparseMatrix::at(int batch) const {
  SparseMatrix one = *this;
  if (batchCount == 1 || batch == 0)
    return one;
  const bool coordinates = format == NPUSPARSE_FORMAT_COO;
  one.offsets =
      moved(offsets, batch * (coordinates ? elementsStride : offsetsStride), bytesOf(offsetType));
  one.indices = moved(indices, batch * elementsStride, bytesOf(indexType));
  one.values = moved(values, batch * (inBlocks() ? valuesStride : elementsStride), bytesOf(type));
  return one;
}

DenseMatrix DenseMatrix::at(int batch) const {
  DenseMatrix one = *this;
  if (batchCount > 1)
    one.values = moved(values, batch * batchStride, bytesOf(type));
  return one;
}

Arguments &memoryOf(Arguments &check, const SparseMatrix &matrix) {
  for (int batch = 0; batch < matrix.batchCount && check.ok(); ++batch) {
    const SparseMatrix one = matrix.at(batch);
    check.memory("a sparse matrix's offsets or rows", one.offsets, one.offsetCount(),
                 bytesOf(one.offsetType));
    check.memory("a sparse matrix's indices", one.indices, one.indexCount(),
                 bytesOf(one.indexType));
    check.memory("a sparse matrix's values", one.values, one.valueCount(), bytesOf(one.type));
  }
  return check;
}
Arguments &memoryOf(Arguments &check, const DenseMatrix &matrix) {
  return check.memory("a dense matrix", matrix.values,
                      matrix.extent() + (matrix.batchCount - 1) * matrix.batchStride,
                      bytesOf(matrix.type));
}

} // namespace npu::sparse

using namespace npu::core;
using namespace npu::sparse;

namespace {

template <class Address>
npusparseStatus_t createMatrix(const char *name, Address *matrix, SparseMatrix parts) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    check.that(matrix, "the descriptor's address is null")
        .that(parts.rows >= 0 && parts.columns >= 0 && parts.nonzeros >= 0, "a size is negative")
        .that(isIndex(parts.offsetType) && isIndex(parts.indexType) && isBase(parts.base),
              "no such index type or base")
        .that(bytesOf(parts.type), "the format of the values is not supported");
    if (check.ok()) {
      auto made = std::make_unique<npusparseSpMatDescr>();
      static_cast<SparseMatrix &>(*made) = parts;
      *matrix = Live<npusparseSpMatDescr>::instance().add(std::move(made));
    }
    return check.outcome();
  });
}
template <class Address>
npusparseStatus_t createMatrix(const char *name, Address *matrix, DenseMatrix parts) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    check.that(matrix, "the descriptor's address is null")
        .that(parts.order == NPUSPARSE_ORDER_ROW || parts.order == NPUSPARSE_ORDER_COL,
              "no such order")
        .that(parts.rows >= 0 && parts.columns >= 0, "a size is negative")
        .that(parts.leading >= (parts.byRows() ? parts.columns : parts.rows),
              "the leading dimension is less than a line of the matrix")
        .that(bytesOf(parts.type), "the format of the values is not supported");
    if (check.ok()) {
      auto made = std::make_unique<npusparseDnMatDescr>();
      static_cast<DenseMatrix &>(*made) = parts;
      *matrix = Live<npusparseDnMatDescr>::instance().add(std::move(made));
    }
    return check.outcome();
  });
}

npusparseStatus_t setPointers(const char *name, npusparseSpMatDescr_t matrix,
                              npusparseFormat_t format, void *offsets, void *indices,
                              void *values) {
  return with(name, matrix, [&]() -> Outcome {
    if (matrix->format != format)
      return invalid("the matrix has another format");
    matrix->offsets = offsets;
    matrix->indices = indices;
    matrix->values = values;
    return {};
  });
}
npusparseStatus_t setBatch(const char *name, npusparseSpMatDescr_t matrix, npusparseFormat_t format,
                           int count, int64_t offsets, int64_t elements) {
  return with(name, matrix, [&]() -> Outcome {
    if (matrix->format != format || count < 1 || offsets < 0 || elements < 0)
      return invalid("another format, no matrix in the batch or a negative stride");
    matrix->batchCount = count;
    matrix->offsetsStride = offsets;
    matrix->elementsStride = elements;
    return {};
  });
}

// The two directions of an attribute.
template <class Value> Outcome copyAttribute(Value &member, void *data, size_t size, bool set) {
  if (!data || size != sizeof(Value))
    return invalid("the attribute's data is null or has another size");
  std::memcpy(set ? &member : data, set ? data : &member, sizeof(Value));
  return {};
}
Outcome attribute(npusparseSpMatDescr &matrix, npusparseSpMatAttribute_t which, void *data,
                  size_t size, bool set) {
  switch (which) {
  case NPUSPARSE_SPMAT_FILL_MODE:
    return copyAttribute(matrix.triangle, data, size, set);
  case NPUSPARSE_SPMAT_DIAG_TYPE:
    return copyAttribute(matrix.diagonal, data, size, set);
  }
  return invalid("no such attribute");
}

} // namespace

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

extern "C" {

#define COMPRESSED(format)                                                                         \
  SparseMatrix {                                                                                   \
    format, rows, cols, nnz, writable(offsets), writable(indices), writable(values), offsetType,   \
        indexType, base, valueType                                                                 \
  }
npusparseStatus_t npusparseCreateCsr NPU_SPARSE_CREATE_COMPRESSED(npusparseSpMatDescr_t, void) {
  return createMatrix("cusparseCreateCsr", matrix, COMPRESSED(NPUSPARSE_FORMAT_CSR));
}
npusparseStatus_t npusparseCreateConstCsr NPU_SPARSE_CREATE_COMPRESSED(npusparseConstSpMatDescr_t,
                                                                       const void) {
  return createMatrix("cusparseCreateConstCsr", matrix, COMPRESSED(NPUSPARSE_FORMAT_CSR));
}
npusparseStatus_t npusparseCreateCsc NPU_SPARSE_CREATE_COMPRESSED(npusparseSpMatDescr_t, void) {
  return createMatrix("cusparseCreateCsc", matrix, COMPRESSED(NPUSPARSE_FORMAT_CSC));
}
npusparseStatus_t npusparseCreateConstCsc NPU_SPARSE_CREATE_COMPRESSED(npusparseConstSpMatDescr_t,
                                                                       const void) {
  return createMatrix("cusparseCreateConstCsc", matrix, COMPRESSED(NPUSPARSE_FORMAT_CSC));
}
npusparseStatus_t npusparseCreateCoo(npusparseSpMatDescr_t *matrix, int64_t rows, int64_t cols,
                                     int64_t nnz, void *rowIndices, void *columnIndices,
                                     void *values, npusparseIndexType_t indexType,
                                     npusparseIndexBase_t base, npuDataType valueType) {
  return createMatrix("cusparseCreateCoo", matrix,
                      SparseMatrix{NPUSPARSE_FORMAT_COO, rows, cols, nnz, rowIndices, columnIndices,
                                   values, indexType, indexType, base, valueType});
}
npusparseStatus_t npusparseCreateConstCoo(npusparseConstSpMatDescr_t *matrix, int64_t rows,
                                          int64_t cols, int64_t nnz, const void *rowIndices,
                                          const void *columnIndices, const void *values,
                                          npusparseIndexType_t indexType, npusparseIndexBase_t base,
                                          npuDataType valueType) {
  return createMatrix("cusparseCreateConstCoo", matrix,
                      SparseMatrix{NPUSPARSE_FORMAT_COO, rows, cols, nnz, writable(rowIndices),
                                   writable(columnIndices), writable(values), indexType, indexType,
                                   base, valueType});
}
npusparseStatus_t npusparseDestroySpMat(npusparseConstSpMatDescr_t matrix) {
  return destroy("cusparseDestroySpMat", matrix);
}

static npusparseStatus_t getCompressed(const char *name, npusparseFormat_t format,
                                       npusparseSpMatDescr_t matrix, int64_t *rows, int64_t *cols,
                                       int64_t *nnz, void **offsets, void **indices, void **values,
                                       npusparseIndexType_t *offsetType,
                                       npusparseIndexType_t *indexType, npusparseIndexBase_t *base,
                                       npuDataType *valueType) {
  return with(name, matrix, [&]() -> Outcome {
    if (matrix->format != format)
      return invalid("the matrix has another format");
    return give(rows, matrix->rows, cols, matrix->columns, nnz, matrix->nonzeros, offsets,
                matrix->offsets, indices, matrix->indices, values, matrix->values, offsetType,
                matrix->offsetType, indexType, matrix->indexType, base, matrix->base, valueType,
                matrix->type);
  });
}
npusparseStatus_t npusparseCsrGet(npusparseSpMatDescr_t matrix, int64_t *rows, int64_t *cols,
                                  int64_t *nnz, void **offsets, void **indices, void **values,
                                  npusparseIndexType_t *offsetType, npusparseIndexType_t *indexType,
                                  npusparseIndexBase_t *base, npuDataType *valueType) {
  return getCompressed("cusparseCsrGet", NPUSPARSE_FORMAT_CSR, matrix, rows, cols, nnz, offsets,
                       indices, values, offsetType, indexType, base, valueType);
}
npusparseStatus_t npusparseCscGet(npusparseSpMatDescr_t matrix, int64_t *rows, int64_t *cols,
                                  int64_t *nnz, void **offsets, void **indices, void **values,
                                  npusparseIndexType_t *offsetType, npusparseIndexType_t *indexType,
                                  npusparseIndexBase_t *base, npuDataType *valueType) {
  return getCompressed("cusparseCscGet", NPUSPARSE_FORMAT_CSC, matrix, rows, cols, nnz, offsets,
                       indices, values, offsetType, indexType, base, valueType);
}
npusparseStatus_t npusparseCooGet(npusparseSpMatDescr_t matrix, int64_t *rows, int64_t *cols,
                                  int64_t *nnz, void **rowIndices, void **columnIndices,
                                  void **values, npusparseIndexType_t *indexType,
                                  npusparseIndexBase_t *base, npuDataType *valueType) {
  npusparseIndexType_t rowType;
  return getCompressed("cusparseCooGet", NPUSPARSE_FORMAT_COO, matrix, rows, cols, nnz, rowIndices,
                       columnIndices, values, &rowType, indexType, base, valueType);
}
npusparseStatus_t npusparseCsrSetPointers(npusparseSpMatDescr_t matrix, void *offsets,
                                          void *indices, void *values) {
  return setPointers("cusparseCsrSetPointers", matrix, NPUSPARSE_FORMAT_CSR, offsets, indices,
                     values);
}
npusparseStatus_t npusparseCscSetPointers(npusparseSpMatDescr_t matrix, void *offsets,
                                          void *indices, void *values) {
  return setPointers("cusparseCscSetPointers", matrix, NPUSPARSE_FORMAT_CSC, offsets, indices,
                     values);
}
npusparseStatus_t npusparseCooSetPointers(npusparseSpMatDescr_t matrix, void *rows, void *columns,
                                          void *values) {
  return setPointers("cusparseCooSetPointers", matrix, NPUSPARSE_FORMAT_COO, rows, columns, values);
}
npusparseStatus_t npusparseCsrSetStridedBatch(npusparseSpMatDescr_t matrix, int batchCount,
                                              int64_t offsetsStride, int64_t columnsValuesStride) {
  return setBatch("cusparseCsrSetStridedBatch", matrix, NPUSPARSE_FORMAT_CSR, batchCount,
                  offsetsStride, columnsValuesStride);
}
npusparseStatus_t npusparseCooSetStridedBatch(npusparseSpMatDescr_t matrix, int batchCount,
                                              int64_t stride) {
  return setBatch("cusparseCooSetStridedBatch", matrix, NPUSPARSE_FORMAT_COO, batchCount, stride,
                  stride);
}
npusparseStatus_t npusparseSpMatGetSize(npusparseConstSpMatDescr_t matrix, int64_t *rows,
                                        int64_t *cols, int64_t *nnz) {
  return with("cusparseSpMatGetSize", matrix, [&] {
    return give(rows, matrix->rows, cols, matrix->columns, nnz, matrix->nonzeros);
  });
}
npusparseStatus_t npusparseSpMatGetFormat(npusparseConstSpMatDescr_t matrix,
                                          npusparseFormat_t *format) {
  return with("cusparseSpMatGetFormat", matrix, [&] { return give(format, matrix->format); });
}
npusparseStatus_t npusparseSpMatGetIndexBase(npusparseConstSpMatDescr_t matrix,
                                             npusparseIndexBase_t *base) {
  return with("cusparseSpMatGetIndexBase", matrix, [&] { return give(base, matrix->base); });
}
npusparseStatus_t npusparseSpMatGetValues(npusparseSpMatDescr_t matrix, void **values) {
  return with("cusparseSpMatGetValues", matrix, [&] { return give(values, matrix->values); });
}
npusparseStatus_t npusparseSpMatSetValues(npusparseSpMatDescr_t matrix, void *values) {
  return with("cusparseSpMatSetValues", matrix, [&] { return give(&matrix->values, values); });
}
npusparseStatus_t npusparseSpMatGetStridedBatch(npusparseConstSpMatDescr_t matrix,
                                                int *batchCount) {
  return with("cusparseSpMatGetStridedBatch", matrix,
              [&] { return give(batchCount, matrix->batchCount); });
}
npusparseStatus_t npusparseSpMatGetAttribute(npusparseConstSpMatDescr_t matrix,
                                             npusparseSpMatAttribute_t which, void *data,
                                             size_t size) {
  return with("cusparseSpMatGetAttribute", matrix, [&] {
    npusparseSpMatDescr copy = *matrix;
    return attribute(copy, which, data, size, false);
  });
}
npusparseStatus_t npusparseSpMatSetAttribute(npusparseSpMatDescr_t matrix,
                                             npusparseSpMatAttribute_t which, void *data,
                                             size_t size) {
  return with("cusparseSpMatSetAttribute", matrix,
              [&] { return attribute(*matrix, which, data, size, true); });
}

npusparseStatus_t npusparseCreateDnMat(npusparseDnMatDescr_t *matrix, int64_t rows, int64_t cols,
                                       int64_t ld, void *values, npuDataType valueType,
                                       npusparseOrder_t order) {
  return createMatrix("cusparseCreateDnMat", matrix,
                      DenseMatrix{rows, cols, ld, values, valueType, order});
}
npusparseStatus_t npusparseCreateConstDnMat(npusparseConstDnMatDescr_t *matrix, int64_t rows,
                                            int64_t cols, int64_t ld, const void *values,
                                            npuDataType valueType, npusparseOrder_t order) {
  return createMatrix("cusparseCreateConstDnMat", matrix,
                      DenseMatrix{rows, cols, ld, writable(values), valueType, order});
}
npusparseStatus_t npusparseDestroyDnMat(npusparseConstDnMatDescr_t matrix) {
  return destroy("cusparseDestroyDnMat", matrix);
}
npusparseStatus_t npusparseDnMatGet(npusparseDnMatDescr_t matrix, int64_t *rows, int64_t *cols,
                                    int64_t *ld, void **values, npuDataType *type,
                                    npusparseOrder_t *order) {
  return with("cusparseDnMatGet", matrix, [&] {
    return give(rows, matrix->rows, cols, matrix->columns, ld, matrix->leading, values,
                matrix->values, type, matrix->type, order, matrix->order);
  });
}
npusparseStatus_t npusparseDnMatGetValues(npusparseDnMatDescr_t matrix, void **values) {
  return with("cusparseDnMatGetValues", matrix, [&] { return give(values, matrix->values); });
}
npusparseStatus_t npusparseDnMatSetValues(npusparseDnMatDescr_t matrix, void *values) {
  return with("cusparseDnMatSetValues", matrix, [&] { return give(&matrix->values, values); });
}
npusparseStatus_t npusparseDnMatSetStridedBatch(npusparseDnMatDescr_t matrix, int batchCount,
                                                int64_t stride) {
  return with("cusparseDnMatSetStridedBatch", matrix, [&]() -> Outcome {
    if (batchCount < 1 || stride < 0)
      return invalid("no matrix in the batch or a negative stride");
    matrix->batchCount = batchCount;
    matrix->batchStride = stride;
    return {};
  });
}
npusparseStatus_t npusparseDnMatGetStridedBatch(npusparseConstDnMatDescr_t matrix, int *batchCount,
                                                int64_t *stride) {
  return with("cusparseDnMatGetStridedBatch", matrix,
              [&] { return give(batchCount, matrix->batchCount, stride, matrix->batchStride); });
}

npusparseStatus_t npusparseCreateMatDescr(npusparseMatDescr_t *descr) {
  return entry("cusparseCreateMatDescr", [&]() -> Outcome {
    if (!descr)
      return invalid("the descriptor's address is null");
    *descr = Live<npusparseMatDescr>::instance().add(std::make_unique<npusparseMatDescr>());
    return {};
  });
}
npusparseStatus_t npusparseDestroyMatDescr(npusparseMatDescr_t descr) {
  return destroy("cusparseDestroyMatDescr", descr);
}
npusparseStatus_t npusparseCopyMatDescr(npusparseMatDescr_t to, npusparseMatDescr_t from) {
  return with("cusparseCopyMatDescr", to, [&]() -> Outcome {
    if (!Live<npusparseMatDescr>::instance().has(from))
      return invalid("the matrix's descriptor is not one");
    *to = *from;
    return {};
  });
}
// A member's two functions.
#define MEMBER(Name, Type, member, last)                                                           \
  npusparseStatus_t npusparseSet##Name(npusparseMatDescr_t descr, Type value) {                    \
    return with("cusparseSet" #Name, descr, [&]() -> Outcome {                                     \
      if (value < 0 || value > last)                                                               \
        return invalid("no such value");                                                           \
      descr->member = value;                                                                       \
      return {};                                                                                   \
    });                                                                                            \
  }                                                                                                \
  Type npusparseGet##Name(npusparseMatDescr_t descr) {                                             \
    return Live<npusparseMatDescr>::instance().has(descr) ? descr->member : Type(0);               \
  }
MEMBER(MatType, npusparseMatrixType_t, type, NPUSPARSE_MATRIX_TYPE_TRIANGULAR)
MEMBER(MatFillMode, npusparseFillMode_t, triangle, NPUSPARSE_FILL_MODE_UPPER)
MEMBER(MatDiagType, npusparseDiagType_t, diagonal, NPUSPARSE_DIAG_TYPE_UNIT)
MEMBER(MatIndexBase, npusparseIndexBase_t, base, NPUSPARSE_INDEX_BASE_ONE)

} // extern "C"
