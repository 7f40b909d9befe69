// What descriptors say: vectors and matrices as values, which work on a stream copies.
#pragma once

#include "element.h"

namespace npu::sparse {

struct SparseVector {
  int64_t size = 0, nonzeros = 0;
  void *indices = nullptr, *values = nullptr;
  npusparseIndexType_t indexType = NPUSPARSE_INDEX_32I;
  npusparseIndexBase_t base = NPUSPARSE_INDEX_BASE_ZERO;
  npuDataType type = NPU_R_32F;
};

struct DenseVector {
  int64_t size = 0;
  void *values = nullptr;
  npuDataType type = NPU_R_32F;
};

// BSR: as CSR, of blocks; blocked ELL: `indices` of a fixed number of blocks in each row of blocks,
// `values` by rows; sliced ELL: `offsets` of slices of `blockRows` rows, values by columns.
// CSR: `offsets` of the rows and `indices` of columns; CSC: of columns and rows; COO: `offsets`
// holds the row of each element.
struct SparseMatrix {
  npusparseFormat_t format = NPUSPARSE_FORMAT_CSR;
  int64_t rows = 0, columns = 0, nonzeros = 0;
  void *offsets = nullptr, *indices = nullptr, *values = nullptr;
  npusparseIndexType_t offsetType = NPUSPARSE_INDEX_32I, indexType = NPUSPARSE_INDEX_32I;
  npusparseIndexBase_t base = NPUSPARSE_INDEX_BASE_ZERO;
  npuDataType type = NPU_R_32F;
  npusparseFillMode_t triangle = NPUSPARSE_FILL_MODE_LOWER;
  npusparseDiagType_t diagonal = NPUSPARSE_DIAG_TYPE_NON_UNIT;
  int batchCount = 1;
  int64_t offsetsStride = 0, elementsStride = 0; // between matrices of a batch, in elements
  // Of formats in blocks.
  int64_t blockRows = 1, blockColumns = 1, ellColumns = 0, storedIndices = 0, storedValues = 0,
          valuesStride = 0;
  bool blocksByRows = true;

  bool inBlocks() const {
    return format == NPUSPARSE_FORMAT_BSR || format == NPUSPARSE_FORMAT_BLOCKED_ELL ||
           format == NPUSPARSE_FORMAT_SLICED_ELLPACK;
  }
  int64_t rowBlocks() const { return (rows + blockRows - 1) / blockRows; }
  int64_t columnBlocks() const { return (columns + blockColumns - 1) / blockColumns; }
  int64_t indexCount() const { return inBlocks() ? storedIndices : nonzeros; }
  int64_t valueCount() const { return inBlocks() ? storedValues : nonzeros; }
  // Lines are rows of CSR and COO, columns of CSC.
  bool byColumns() const { return format == NPUSPARSE_FORMAT_CSC; }
  int64_t lines() const { return byColumns() ? columns : rows; }
  int64_t across() const { return byColumns() ? rows : columns; }
  int64_t offsetCount() const {
    return format == NPUSPARSE_FORMAT_BLOCKED_ELL ? 0
           : format == NPUSPARSE_FORMAT_COO       ? nonzeros
                                                  : (inBlocks() ? rowBlocks() : lines()) + 1;
  }
  // The matrix of a batch; a batch of one is repeated.
  SparseMatrix at(int batch) const;
};

struct DenseMatrix {
  int64_t rows = 0, columns = 0, leading = 0;
  void *values = nullptr;
  npuDataType type = NPU_R_32F;
  npusparseOrder_t order = NPUSPARSE_ORDER_COL;
  int batchCount = 1;
  int64_t batchStride = 0; // in elements

  bool byRows() const { return order == NPUSPARSE_ORDER_ROW; }
  int64_t rowStride() const { return byRows() ? leading : 1; }
  int64_t columnStride() const { return byRows() ? 1 : leading; }
  // Elements from the first to the last.
  int64_t extent() const {
    return rows && columns
               ? (byRows() ? (rows - 1) * leading + columns : (columns - 1) * leading + rows)
               : 0;
  }
  DenseMatrix at(int batch) const;
};

// Device memory of all parts, for functions that read or write them.
Arguments &memoryOf(Arguments &check, const SparseMatrix &matrix);
Arguments &memoryOf(Arguments &check, const DenseMatrix &matrix);

} // namespace npu::sparse

struct npusparseSpVecDescr : npu::sparse::SparseVector {};
struct npusparseDnVecDescr : npu::sparse::DenseVector {};
struct npusparseSpMatDescr : npu::sparse::SparseMatrix {};
struct npusparseDnMatDescr : npu::sparse::DenseMatrix {};
struct npusparseMatDescr {
  npusparseMatrixType_t type = NPUSPARSE_MATRIX_TYPE_GENERAL;
  npusparseFillMode_t triangle = NPUSPARSE_FILL_MODE_LOWER;
  npusparseDiagType_t diagonal = NPUSPARSE_DIAG_TYPE_NON_UNIT;
  npusparseIndexBase_t base = NPUSPARSE_INDEX_BASE_ZERO;
};
