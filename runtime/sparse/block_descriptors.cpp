// Descriptors of matrices in blocks: BSR, blocked ELL and sliced ELL.
#include "descriptor_access.h"

using namespace npu::core;
using namespace npu::sparse;

namespace {

template <class Address>
npusparseStatus_t createBlocks(const char *name, Address *matrix, const SparseMatrix &parts,
                               bool good) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    check.that(matrix, "the descriptor's address is null")
        .that(good, "a size is negative, a block is empty, or the width is not one of blocks")
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

SparseMatrix parts(npusparseFormat_t format, int64_t rows, int64_t columns, const void *offsets,
                   const void *indices, const void *values, npusparseIndexType_t offsetType,
                   npusparseIndexType_t indexType, npusparseIndexBase_t base, npuDataType type) {
  SparseMatrix matrix;
  matrix.format = format;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.offsets = writable(offsets);
  matrix.indices = writable(indices);
  matrix.values = writable(values);
  matrix.offsetType = offsetType;
  matrix.indexType = indexType;
  matrix.base = base;
  matrix.type = type;
  return matrix;
}

template <class Descr>
npusparseStatus_t
createBsr(const char *name, Descr *matrix, int64_t blockRows, int64_t blockColumns, int64_t count,
          int64_t rowsOfBlock, int64_t columnsOfBlock, const void *offsets, const void *indices,
          const void *values, npusparseIndexType_t offsetType, npusparseIndexType_t indexType,
          npusparseIndexBase_t base, npuDataType type, npusparseOrder_t order) {
  SparseMatrix made =
      parts(NPUSPARSE_FORMAT_BSR, blockRows * rowsOfBlock, blockColumns * columnsOfBlock, offsets,
            indices, values, offsetType, indexType, base, type);
  made.blockRows = rowsOfBlock;
  made.blockColumns = columnsOfBlock;
  made.storedIndices = count;
  made.nonzeros = made.storedValues = count * rowsOfBlock * columnsOfBlock;
  made.blocksByRows = order == NPUSPARSE_ORDER_ROW;
  return createBlocks(name, matrix, made,
                      blockRows >= 0 && blockColumns >= 0 && count >= 0 && rowsOfBlock > 0 &&
                          columnsOfBlock > 0 &&
                          (order == NPUSPARSE_ORDER_ROW || order == NPUSPARSE_ORDER_COL));
}

template <class Descr>
npusparseStatus_t createBlockedEll(const char *name, Descr *matrix, int64_t rows, int64_t columns,
                                   int64_t blockSize, int64_t ellColumns, const void *indices,
                                   const void *values, npusparseIndexType_t indexType,
                                   npusparseIndexBase_t base, npuDataType type) {
  const bool good = rows >= 0 && columns >= 0 && blockSize > 0 && ellColumns >= 0 &&
                    ellColumns % std::max<int64_t>(1, blockSize) == 0;
  SparseMatrix made = parts(NPUSPARSE_FORMAT_BLOCKED_ELL, rows, columns, nullptr, indices, values,
                            indexType, indexType, base, type);
  if (good) {
    made.blockRows = made.blockColumns = blockSize;
    made.ellColumns = ellColumns;
    made.storedIndices = (rows + blockSize - 1) / blockSize * (ellColumns / blockSize);
    made.nonzeros = made.storedValues = rows * ellColumns;
  }
  return createBlocks(name, matrix, made, good);
}

template <class Descr>
npusparseStatus_t createSlicedEll(const char *name, Descr *matrix, int64_t rows, int64_t columns,
                                  int64_t nonzeros, int64_t stored, int64_t sliceSize,
                                  const void *offsets, const void *indices, const void *values,
                                  npusparseIndexType_t offsetType, npusparseIndexType_t indexType,
                                  npusparseIndexBase_t base, npuDataType type) {
  SparseMatrix made = parts(NPUSPARSE_FORMAT_SLICED_ELLPACK, rows, columns, offsets, indices,
                            values, offsetType, indexType, base, type);
  made.nonzeros = nonzeros;
  made.blockRows = std::max<int64_t>(1, sliceSize);
  made.storedIndices = made.storedValues = stored;
  return createBlocks(name, matrix, made,
                      rows >= 0 && columns >= 0 && nonzeros >= 0 && stored >= nonzeros &&
                          sliceSize > 0);
}

template <class Data>
npusparseStatus_t getBlockedEll(const char *name, npusparseConstSpMatDescr_t matrix, int64_t *rows,
                                int64_t *cols, int64_t *blockSize, int64_t *ellColumns,
                                Data **indices, Data **values, npusparseIndexType_t *indexType,
                                npusparseIndexBase_t *base, npuDataType *type) {
  return with(name, matrix, [&]() -> Outcome {
    if (matrix->format != NPUSPARSE_FORMAT_BLOCKED_ELL)
      return invalid("the matrix has another format");
    return give(rows, matrix->rows, cols, matrix->columns, blockSize, matrix->blockRows, ellColumns,
                matrix->ellColumns, indices, static_cast<Data *>(matrix->indices), values,
                static_cast<Data *>(matrix->values), indexType, matrix->indexType, base,
                matrix->base, type, matrix->type);
  });
}

} // namespace

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

extern "C" {

npusparseStatus_t npusparseCreateBsr NPU_SPARSE_CREATE_BSR(npusparseSpMatDescr_t, void) {
  return createBsr("cusparseCreateBsr", matrix, brows, bcols, bnnz, rowBlockSize, colBlockSize,
                   offsets, indices, values, offsetType, indexType, base, valueType, order);
}
npusparseStatus_t npusparseCreateConstBsr NPU_SPARSE_CREATE_BSR(npusparseConstSpMatDescr_t,
                                                                const void) {
  return createBsr("cusparseCreateConstBsr", matrix, brows, bcols, bnnz, rowBlockSize, colBlockSize,
                   offsets, indices, values, offsetType, indexType, base, valueType, order);
}
npusparseStatus_t npusparseBsrSetStridedBatch(npusparseSpMatDescr_t matrix, int batchCount,
                                              int64_t offsetsStride, int64_t columnsStride,
                                              int64_t valuesStride) {
  return with("cusparseBsrSetStridedBatch", matrix, [&]() -> Outcome {
    if (matrix->format != NPUSPARSE_FORMAT_BSR || batchCount < 1 || offsetsStride < 0 ||
        columnsStride < 0 || valuesStride < 0)
      return invalid("another format, no matrix in the batch or a negative stride");
    matrix->batchCount = batchCount;
    matrix->offsetsStride = offsetsStride;
    matrix->elementsStride = columnsStride;
    matrix->valuesStride = valuesStride;
    return {};
  });
}
npusparseStatus_t npusparseCreateBlockedEll NPU_SPARSE_CREATE_BLOCKED_ELL(npusparseSpMatDescr_t,
                                                                          void) {
  return createBlockedEll("cusparseCreateBlockedEll", matrix, rows, cols, blockSize, ellColumns,
                          indices, values, indexType, base, valueType);
}
npusparseStatus_t npusparseCreateConstBlockedEll
NPU_SPARSE_CREATE_BLOCKED_ELL(npusparseConstSpMatDescr_t, const void) {
  return createBlockedEll("cusparseCreateConstBlockedEll", matrix, rows, cols, blockSize,
                          ellColumns, indices, values, indexType, base, valueType);
}
npusparseStatus_t npusparseBlockedEllGet NPU_SPARSE_BLOCKED_ELL_GET(npusparseSpMatDescr_t, void) {
  return getBlockedEll("cusparseBlockedEllGet", matrix, rows, cols, blockSize, ellColumns, indices,
                       values, indexType, base, valueType);
}
npusparseStatus_t npusparseConstBlockedEllGet NPU_SPARSE_BLOCKED_ELL_GET(npusparseConstSpMatDescr_t,
                                                                         const void) {
  return getBlockedEll("cusparseConstBlockedEllGet", matrix, rows, cols, blockSize, ellColumns,
                       indices, values, indexType, base, valueType);
}
npusparseStatus_t npusparseCreateSlicedEll NPU_SPARSE_CREATE_SLICED_ELL(npusparseSpMatDescr_t,
                                                                        void) {
  return createSlicedEll("cusparseCreateSlicedEll", matrix, rows, cols, nnz, storedValues,
                         sliceSize, offsets, indices, values, offsetType, indexType, base,
                         valueType);
}
npusparseStatus_t npusparseCreateConstSlicedEll
NPU_SPARSE_CREATE_SLICED_ELL(npusparseConstSpMatDescr_t, const void) {
  return createSlicedEll("cusparseCreateConstSlicedEll", matrix, rows, cols, nnz, storedValues,
                         sliceSize, offsets, indices, values, offsetType, indexType, base,
                         valueType);
}

} // extern "C"
