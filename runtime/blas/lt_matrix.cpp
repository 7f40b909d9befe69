// Storage orders are those of the cublasLt documentation (cublasLtOrder_t); the two interleaved
// orders of 32 columns are only exchanged with cublasLtMatrixTransform, by programs and here alike.
#include "lt_matrix.h"

#include "src/formats.h"

#include <algorithm>

namespace npu::blas {

std::optional<LtType> ltType(int type) {
  switch (type) {
#define TYPE(name, format, complex)                                                                \
  case NPU_##name:                                                                                 \
    return LtType{Format::format, complex};
    TYPE(R_64F, F64, false)
    TYPE(C_64F, F64, true)
    TYPE(R_32F, F32, false)
    TYPE(C_32F, F32, true)
    TYPE(R_16F, F16, false)
    TYPE(C_16F, F16, true)
    TYPE(R_16BF, Bf16, false)
    TYPE(C_16BF, Bf16, true)
    TYPE(R_8F_E4M3, Fp8E4M3, false)
    TYPE(R_8F_E5M2, Fp8E5M2, false)
    TYPE(R_32I, Int32, false)
    TYPE(R_8I, Int8, false)
    TYPE(R_8U, UInt8, false)
#undef TYPE
  default:
    return std::nullopt;
  }
}

int64_t LtMatrix::index(int64_t row, int64_t column) const {
  const int64_t leading = layout.leading, group = column / 32 * leading;
  switch (layout.order) {
  case NPUBLASLT_ORDER_ROW:
    return row * leading + column;
  case NPUBLASLT_ORDER_COL32:
    return group + row * 32 + column % 32;
  case NPUBLASLT_ORDER_COL4_4R2_8C: {
    // Tiles of 8 rows and 32 columns: even rows, then odd ones, in pieces of 4 columns.
    const int64_t tile = row / 8 * 8 + (row & 1) * 4 + (column & 31) / 8;
    const int64_t piece = ((column & 7) >= 4 ? 4 : 0) + (row & 7) / 2;
    return group + tile * 32 + piece * 4 + (column & 3);
  }
  case NPUBLASLT_ORDER_COL32_2R_4R4: {
    const int64_t line = ((row & 7) / 2 * 4 + (row & 31) / 8) * 2 + (row & 1);
    return group + row / 32 * 1024 + line * 32 + (column & 31);
  }
  default:
    return column * leading + row;
  }
}

int64_t LtMatrix::span() const {
  if (rows() == 0 || columns() == 0)
    return 0;
  switch (layout.order) {
  case NPUBLASLT_ORDER_COL:
  case NPUBLASLT_ORDER_ROW:
    return index(rows() - 1, columns() - 1) + 1;
  default: // whole groups of columns
    return ((columns() + 31) / 32 - 1) * layout.leading +
           (layout.order == NPUBLASLT_ORDER_COL32         ? rows()
            : layout.order == NPUBLASLT_ORDER_COL4_4R2_8C ? (rows() + 7) / 8 * 8
                                                          : (rows() + 31) / 32 * 32) *
               32;
  }
}

char *LtMatrix::base(int64_t batch) const {
  if (layout.batchMode == NPUBLASLT_BATCH_MODE_POINTER_ARRAY)
    return static_cast<char *const *>(data)[batch];
  const int64_t bytes = formatBits(type.part) / 8 * (type.complex && !layout.planeBytes ? 2 : 1);
  return static_cast<char *>(const_cast<void *>(data)) + batch * layout.stride * bytes;
}

std::complex<double> LtMatrix::load(int64_t batch, int64_t row, int64_t column) const {
  const char *first = base(batch);
  const int64_t at = index(row, column);
  if (!type.complex)
    return core::loadElement(first, type.part, at).real();
  if (layout.planeBytes)
    return {core::loadElement(first, type.part, at).real(),
            core::loadElement(first + layout.planeBytes, type.part, at).real()};
  return {core::loadElement(first, type.part, 2 * at).real(),
          core::loadElement(first, type.part, 2 * at + 1).real()};
}

void LtMatrix::store(int64_t batch, int64_t row, int64_t column, std::complex<double> value) const {
  char *first = base(batch);
  const int64_t at = index(row, column);
  if (!type.complex) {
    core::storeElement(first, type.part, at, value.real());
  } else if (layout.planeBytes) {
    core::storeElement(first, type.part, at, value.real());
    core::storeElement(first + layout.planeBytes, type.part, at, value.imag());
  } else {
    core::storeElement(first, type.part, 2 * at, value.real());
    core::storeElement(first, type.part, 2 * at + 1, value.imag());
  }
}

bool LtMatrix::isPlain() const {
  const bool wide = type.part == Format::F32 || type.part == Format::F64;
  return (layout.order == NPUBLASLT_ORDER_COL || layout.order == NPUBLASLT_ORDER_ROW) &&
         layout.batchMode == NPUBLASLT_BATCH_MODE_STRIDED && !layout.planeBytes &&
         (!type.complex || wide);
}

Tensor LtMatrix::tensor(npublasOperation_t operation) const {
  Tensor tensor;
  tensor.data = const_cast<void *>(data);
  tensor.format = !type.complex ? type.part : type.part == Format::F32 ? Format::C32 : Format::C64;
  const bool byRow = layout.order == NPUBLASLT_ORDER_ROW;
  int64_t down = byRow ? layout.leading : 1, across = byRow ? 1 : layout.leading;
  int64_t height = rows(), width = columns();
  if (operation != NPUBLAS_OP_N) {
    std::swap(down, across);
    std::swap(height, width);
  }
  tensor.sizes = {layout.batchCount, height, width};
  tensor.strides = {layout.stride, down, across};
  return tensor;
}

Outcome describeMatrix(const char *what, npublasLtMatrixLayout_t layout, const void *data,
                       LtMatrix &matrix) {
  const std::string name = what;
  const LtLayout *found = inside<LtLayout>(layout);
  if (!found)
    return invalid(name + ": the layout is null or was not initialised");
  const auto type = ltType(int(found->type));
  if (!type)
    return unsupported(name + ": no matrices of data type " + std::to_string(found->type));
  matrix.data = data, matrix.layout = *found, matrix.type = *type;
  if (found->order < NPUBLASLT_ORDER_COL || found->order > NPUBLASLT_ORDER_COL32_2R_4R4)
    return invalid(name + ": the order is none of the enumerators");
  if (found->batchMode != NPUBLASLT_BATCH_MODE_STRIDED &&
      found->batchMode != NPUBLASLT_BATCH_MODE_POINTER_ARRAY)
    return unsupported(name + ": grouped batches have no implementation");
  if (found->batchCount < 1)
    return invalid(name + ": the batch count is less than 1");
  if (matrix.rows() < 0 || matrix.columns() < 0)
    return invalid(name + ": more rows or columns than 63 bits count");
  const bool byRow = found->order == NPUBLASLT_ORDER_ROW;
  const int64_t least = found->order == NPUBLASLT_ORDER_COL ? matrix.rows()
                        : byRow                             ? matrix.columns()
                        : matrix.columns() > 32             ? matrix.rows() * 32
                                                            : 1;
  if (found->leading < std::max<int64_t>(1, least))
    return invalid(name + ": the leading dimension " + std::to_string(found->leading) +
                   " is less than " + std::to_string(std::max<int64_t>(1, least)));
  return {};
}

Outcome reachMatrix(const char *what, const LtMatrix &matrix) {
  if (matrix.span() == 0)
    return {};
  if (!matrix.data)
    return invalid(std::string(what) + " is null");
  const LtLayout &layout = matrix.layout;
  if (layout.batchMode == NPUBLASLT_BATCH_MODE_POINTER_ARRAY)
    return reachable(what, matrix.data, size_t(layout.batchCount) * sizeof(void *));
  const int64_t partBytes = formatBits(matrix.type.part) / 8;
  const int64_t bytes = partBytes * (matrix.type.complex && !layout.planeBytes ? 2 : 1);
  const int64_t last = (layout.batchCount - 1) * layout.stride;
  const char *first = static_cast<const char *>(matrix.data) + std::min<int64_t>(last, 0) * bytes;
  const size_t all = size_t((std::abs(last) + matrix.span()) * bytes);
  if (Outcome bad = reachable(what, first, all); !bad.ok() || !layout.planeBytes)
    return bad;
  return reachable(what, first + layout.planeBytes, all);
}

} // namespace npu::blas
