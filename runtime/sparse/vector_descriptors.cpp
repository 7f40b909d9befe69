// Descriptors of vectors: made, read, changed and destroyed.
#include "descriptor_access.h"

using namespace npu::core;
using namespace npu::sparse;

namespace {

template <class Address>
npusparseStatus_t createVector(const char *name, Address *vector, SparseVector parts) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    check.that(vector, "the descriptor's address is null")
        .that(parts.size >= 0 && parts.nonzeros >= 0 && parts.nonzeros <= parts.size,
              "the number of elements is not from 0 to the size")
        .that(isIndex(parts.indexType) && isBase(parts.base), "no such index type or base")
        .that(bytesOf(parts.type), "the format of the values is not supported");
    if (check.ok()) {
      auto made = std::make_unique<npusparseSpVecDescr>();
      static_cast<SparseVector &>(*made) = parts;
      *vector = Live<npusparseSpVecDescr>::instance().add(std::move(made));
    }
    return check.outcome();
  });
}
template <class Address>
npusparseStatus_t createVector(const char *name, Address *vector, DenseVector parts) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    check.that(vector, "the descriptor's address is null")
        .that(parts.size >= 0, "the size is negative")
        .that(bytesOf(parts.type), "the format of the values is not supported");
    if (check.ok()) {
      auto made = std::make_unique<npusparseDnVecDescr>();
      static_cast<DenseVector &>(*made) = parts;
      *vector = Live<npusparseDnVecDescr>::instance().add(std::move(made));
    }
    return check.outcome();
  });
}
} // namespace

extern "C" {

npusparseStatus_t npusparseCreateSpVec(npusparseSpVecDescr_t *vector, int64_t size, int64_t nnz,
                                       void *indices, void *values, npusparseIndexType_t indexType,
                                       npusparseIndexBase_t base, npuDataType valueType) {
  return createVector("cusparseCreateSpVec", vector,
                      SparseVector{size, nnz, indices, values, indexType, base, valueType});
}
npusparseStatus_t npusparseCreateConstSpVec(npusparseConstSpVecDescr_t *vector, int64_t size,
                                            int64_t nnz, const void *indices, const void *values,
                                            npusparseIndexType_t indexType,
                                            npusparseIndexBase_t base, npuDataType valueType) {
  return createVector(
      "cusparseCreateConstSpVec", vector,
      SparseVector{size, nnz, writable(indices), writable(values), indexType, base, valueType});
}
npusparseStatus_t npusparseDestroySpVec(npusparseConstSpVecDescr_t vector) {
  return destroy("cusparseDestroySpVec", vector);
}
npusparseStatus_t npusparseSpVecGet(npusparseSpVecDescr_t vector, int64_t *size, int64_t *nnz,
                                    void **indices, void **values, npusparseIndexType_t *indexType,
                                    npusparseIndexBase_t *base, npuDataType *valueType) {
  return with("cusparseSpVecGet", vector, [&] {
    return give(size, vector->size, nnz, vector->nonzeros, indices, vector->indices, values,
                vector->values, indexType, vector->indexType, base, vector->base, valueType,
                vector->type);
  });
}
npusparseStatus_t npusparseSpVecGetIndexBase(npusparseConstSpVecDescr_t vector,
                                             npusparseIndexBase_t *base) {
  return with("cusparseSpVecGetIndexBase", vector, [&] { return give(base, vector->base); });
}
npusparseStatus_t npusparseSpVecGetValues(npusparseSpVecDescr_t vector, void **values) {
  return with("cusparseSpVecGetValues", vector, [&] { return give(values, vector->values); });
}
npusparseStatus_t npusparseSpVecSetValues(npusparseSpVecDescr_t vector, void *values) {
  return with("cusparseSpVecSetValues", vector, [&] { return give(&vector->values, values); });
}
npusparseStatus_t npusparseCreateDnVec(npusparseDnVecDescr_t *vector, int64_t size, void *values,
                                       npuDataType valueType) {
  return createVector("cusparseCreateDnVec", vector, DenseVector{size, values, valueType});
}
npusparseStatus_t npusparseCreateConstDnVec(npusparseConstDnVecDescr_t *vector, int64_t size,
                                            const void *values, npuDataType valueType) {
  return createVector("cusparseCreateConstDnVec", vector,
                      DenseVector{size, writable(values), valueType});
}
npusparseStatus_t npusparseDestroyDnVec(npusparseConstDnVecDescr_t vector) {
  return destroy("cusparseDestroyDnVec", vector);
}
npusparseStatus_t npusparseDnVecGet(npusparseDnVecDescr_t vector, int64_t *size, void **values,
                                    npuDataType *valueType) {
  return with("cusparseDnVecGet", vector, [&] {
    return give(size, vector->size, values, vector->values, valueType, vector->type);
  });
}
npusparseStatus_t npusparseDnVecGetValues(npusparseDnVecDescr_t vector, void **values) {
  return with("cusparseDnVecGetValues", vector, [&] { return give(values, vector->values); });
}
npusparseStatus_t npusparseDnVecSetValues(npusparseDnVecDescr_t vector, void *values) {
  return with("cusparseDnVecSetValues", vector, [&] { return give(&vector->values, values); });
}

} // extern "C"
