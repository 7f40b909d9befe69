// What descriptors say, as memory that is not written: the functions beside it, with const.
#include "npu/sparse.h"

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

namespace {
template <class Descr> Descr *writable(const Descr *descr) { return const_cast<Descr *>(descr); }
void **writable(const void **address) { return const_cast<void **>(address); }
} // namespace

extern "C" {

npusparseStatus_t npusparseConstSpVecGet(npusparseConstSpVecDescr_t vector, int64_t *size,
                                         int64_t *nnz, const void **indices, const void **values,
                                         npusparseIndexType_t *indexType,
                                         npusparseIndexBase_t *base, npuDataType *valueType) {
  return npusparseSpVecGet(writable(vector), size, nnz, writable(indices), writable(values),
                           indexType, base, valueType);
}
npusparseStatus_t npusparseConstSpVecGetValues(npusparseConstSpVecDescr_t vector,
                                               const void **values) {
  return npusparseSpVecGetValues(writable(vector), writable(values));
}
npusparseStatus_t npusparseConstDnVecGet(npusparseConstDnVecDescr_t vector, int64_t *size,
                                         const void **values, npuDataType *valueType) {
  return npusparseDnVecGet(writable(vector), size, writable(values), valueType);
}
npusparseStatus_t npusparseConstDnVecGetValues(npusparseConstDnVecDescr_t vector,
                                               const void **values) {
  return npusparseDnVecGetValues(writable(vector), writable(values));
}
npusparseStatus_t npusparseConstCsrGet NPU_SPARSE_CONST_COMPRESSED_GET {
  return npusparseCsrGet(writable(matrix), rows, cols, nnz, writable(offsets), writable(indices),
                         writable(values), offsetType, indexType, base, valueType);
}
npusparseStatus_t npusparseConstCscGet NPU_SPARSE_CONST_COMPRESSED_GET {
  return npusparseCscGet(writable(matrix), rows, cols, nnz, writable(offsets), writable(indices),
                         writable(values), offsetType, indexType, base, valueType);
}
npusparseStatus_t npusparseConstCooGet(npusparseConstSpMatDescr_t matrix, int64_t *rows,
                                       int64_t *cols, int64_t *nnz, const void **rowIndices,
                                       const void **columnIndices, const void **values,
                                       npusparseIndexType_t *indexType, npusparseIndexBase_t *base,
                                       npuDataType *valueType) {
  return npusparseCooGet(writable(matrix), rows, cols, nnz, writable(rowIndices),
                         writable(columnIndices), writable(values), indexType, base, valueType);
}
npusparseStatus_t npusparseConstSpMatGetValues(npusparseConstSpMatDescr_t matrix,
                                               const void **values) {
  return npusparseSpMatGetValues(writable(matrix), writable(values));
}
npusparseStatus_t npusparseConstDnMatGet(npusparseConstDnMatDescr_t matrix, int64_t *rows,
                                         int64_t *cols, int64_t *ld, const void **values,
                                         npuDataType *type, npusparseOrder_t *order) {
  return npusparseDnMatGet(writable(matrix), rows, cols, ld, writable(values), type, order);
}
npusparseStatus_t npusparseConstDnMatGetValues(npusparseConstDnMatDescr_t matrix,
                                               const void **values) {
  return npusparseDnMatGetValues(writable(matrix), writable(values));
}

} // extern "C"
