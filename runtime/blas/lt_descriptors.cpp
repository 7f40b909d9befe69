// Descriptors of cublasLt: made, destroyed, set and asked.
#include "lt_descriptors.h"

#include <cstddef>
#include <cstring>

namespace npu::blas {
namespace {

#define FIELD(attribute, Inside, member)                                                           \
  { NPUBLASLT_##attribute, offsetof(Inside, member), sizeof(Inside::member) }

constexpr LtField kLayoutFields[] = {
    FIELD(MATRIX_LAYOUT_TYPE, LtLayout, type),
    FIELD(MATRIX_LAYOUT_ORDER, LtLayout, order),
    FIELD(MATRIX_LAYOUT_ROWS, LtLayout, rows),
    FIELD(MATRIX_LAYOUT_COLS, LtLayout, columns),
    FIELD(MATRIX_LAYOUT_LD, LtLayout, leading),
    FIELD(MATRIX_LAYOUT_BATCH_COUNT, LtLayout, batchCount),
    FIELD(MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, LtLayout, stride),
    FIELD(MATRIX_LAYOUT_PLANE_OFFSET, LtLayout, planeBytes),
    FIELD(MATRIX_LAYOUT_BATCH_MODE, LtLayout, batchMode),
};

constexpr LtField kProductFields[] = {
    FIELD(MATMUL_DESC_COMPUTE_TYPE, LtProduct, computeType),
    FIELD(MATMUL_DESC_SCALE_TYPE, LtProduct, scaleType),
    FIELD(MATMUL_DESC_POINTER_MODE, LtProduct, pointerMode),
    FIELD(MATMUL_DESC_TRANSA, LtProduct, transA),
    FIELD(MATMUL_DESC_TRANSB, LtProduct, transB),
    FIELD(MATMUL_DESC_TRANSC, LtProduct, transC),
    FIELD(MATMUL_DESC_FILL_MODE, LtProduct, fillMode),
    FIELD(MATMUL_DESC_EPILOGUE, LtProduct, epilogue),
    FIELD(MATMUL_DESC_BIAS_POINTER, LtProduct, bias),
    FIELD(MATMUL_DESC_BIAS_BATCH_STRIDE, LtProduct, biasStride),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_POINTER, LtProduct, auxiliary),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_LD, LtProduct, auxiliaryLeading),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, LtProduct, auxiliaryStride),
    FIELD(MATMUL_DESC_ALPHA_VECTOR_BATCH_STRIDE, LtProduct, alphaStride),
    FIELD(MATMUL_DESC_SM_COUNT_TARGET, LtProduct, smCountTarget),
    FIELD(MATMUL_DESC_A_SCALE_POINTER, LtProduct, scaleA),
    FIELD(MATMUL_DESC_B_SCALE_POINTER, LtProduct, scaleB),
    FIELD(MATMUL_DESC_C_SCALE_POINTER, LtProduct, scaleC),
    FIELD(MATMUL_DESC_D_SCALE_POINTER, LtProduct, scaleD),
    FIELD(MATMUL_DESC_AMAX_D_POINTER, LtProduct, amaxD),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_DATA_TYPE, LtProduct, auxiliaryType),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_SCALE_POINTER, LtProduct, scaleAuxiliary),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_AMAX_POINTER, LtProduct, amaxAuxiliary),
    FIELD(MATMUL_DESC_FAST_ACCUM, LtProduct, fastAccumulation),
    FIELD(MATMUL_DESC_BIAS_DATA_TYPE, LtProduct, biasType),
    FIELD(MATMUL_DESC_ATOMIC_SYNC_NUM_CHUNKS_D_ROWS, LtProduct, chunkRows),
    FIELD(MATMUL_DESC_ATOMIC_SYNC_NUM_CHUNKS_D_COLS, LtProduct, chunkColumns),
    FIELD(MATMUL_DESC_ATOMIC_SYNC_IN_COUNTERS_POINTER, LtProduct, inCounters),
    FIELD(MATMUL_DESC_ATOMIC_SYNC_OUT_COUNTERS_POINTER, LtProduct, outCounters),
    FIELD(MATMUL_DESC_A_SCALE_MODE, LtProduct, scaleModeA),
    FIELD(MATMUL_DESC_B_SCALE_MODE, LtProduct, scaleModeB),
    FIELD(MATMUL_DESC_C_SCALE_MODE, LtProduct, scaleModeC),
    FIELD(MATMUL_DESC_D_SCALE_MODE, LtProduct, scaleModeD),
    FIELD(MATMUL_DESC_EPILOGUE_AUX_SCALE_MODE, LtProduct, scaleModeAuxiliary),
    FIELD(MATMUL_DESC_D_OUT_SCALE_MODE, LtProduct, scaleModeOut),
    FIELD(MATMUL_DESC_D_OUT_SCALE_POINTER, LtProduct, scaleOut),
    FIELD(MATMUL_DESC_EMULATION_DESCRIPTOR, LtProduct, emulation),
};

constexpr LtField kTransformFields[] = {
    FIELD(MATRIX_TRANSFORM_DESC_SCALE_TYPE, LtTransform, scaleType),
    FIELD(MATRIX_TRANSFORM_DESC_POINTER_MODE, LtTransform, pointerMode),
    FIELD(MATRIX_TRANSFORM_DESC_TRANSA, LtTransform, transA),
    FIELD(MATRIX_TRANSFORM_DESC_TRANSB, LtTransform, transB),
};

constexpr LtField kPreferenceFields[] = {
    FIELD(MATMUL_PREF_SEARCH_MODE, LtPreference, searchMode),
    FIELD(MATMUL_PREF_MAX_WORKSPACE_BYTES, LtPreference, workspaceBytes),
    FIELD(MATMUL_PREF_REDUCTION_SCHEME_MASK, LtPreference, reductionMask),
    FIELD(MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, LtPreference, alignmentA),
    FIELD(MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, LtPreference, alignmentB),
    FIELD(MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, LtPreference, alignmentC),
    FIELD(MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, LtPreference, alignmentD),
    FIELD(MATMUL_PREF_MAX_WAVES_COUNT, LtPreference, waves),
    FIELD(MATMUL_PREF_IMPL_MASK, LtPreference, implementations),
};

constexpr LtField kEmulationFields[] = {
    FIELD(EMULATION_DESC_STRATEGY, LtEmulation, strategy),
    FIELD(EMULATION_DESC_SPECIAL_VALUES_SUPPORT, LtEmulation, specialValues),
    FIELD(EMULATION_DESC_FIXEDPOINT_MANTISSA_CONTROL, LtEmulation, control),
    FIELD(EMULATION_DESC_FIXEDPOINT_MAX_MANTISSA_BIT_COUNT, LtEmulation, bits),
    FIELD(EMULATION_DESC_FIXEDPOINT_MANTISSA_BIT_OFFSET, LtEmulation, offset),
    FIELD(EMULATION_DESC_FIXEDPOINT_MANTISSA_BIT_COUNT_POINTER, LtEmulation, bitCount),
};

const LtField *findField(const LtField *fields, size_t count, int attribute) {
  for (size_t i = 0; i < count; ++i)
    if (fields[i].attribute == attribute)
      return fields + i;
  return nullptr;
}

Outcome noDescriptor() {
  return invalid("the descriptor is null or was not initialised as one of this kind");
}

template <typename Inside, typename Opaque>
Outcome initialise(Opaque *opaque, size_t bytes, const Inside &value) {
  if (!opaque || bytes < sizeof(Opaque))
    return invalid("there is no memory of the descriptor's size");
  std::memset(opaque, 0, sizeof(Opaque));
  std::memcpy(static_cast<void *>(opaque), &value, sizeof value);
  return {};
}

template <typename Inside, typename Opaque> Outcome create(Opaque **opaque, const Inside &value) {
  if (!opaque)
    return invalid("the descriptor's address is null");
  auto *created = new Opaque;
  *opaque = created;
  return initialise(created, sizeof(Opaque), value);
}

template <typename Inside, typename Opaque>
npublasStatus_t destroy(const char *name, Opaque *opaque) {
  return blasEntry(name, [&]() -> Outcome {
    Inside *found = inside<Inside>(opaque);
    if (!found)
      return opaque ? noDescriptor() : Outcome();
    found->mark = 0;
    delete opaque;
    return {};
  });
}

template <typename Inside, typename Opaque, size_t kCount>
npublasStatus_t set(const char *name, Opaque *opaque, const LtField (&fields)[kCount],
                    int attribute, const void *value, size_t bytes) {
  return blasEntry(name, [&]() -> Outcome {
    Inside *found = inside<Inside>(opaque);
    return found ? setField(found, fields, kCount, attribute, value, bytes) : noDescriptor();
  });
}

template <typename Inside, typename Opaque, size_t kCount>
npublasStatus_t get(const char *name, Opaque *opaque, const LtField (&fields)[kCount],
                    int attribute, void *value, size_t bytes, size_t *written) {
  return blasEntry(name, [&]() -> Outcome {
    Inside *found = inside<Inside>(opaque);
    return found ? getField(found, fields, kCount, attribute, value, bytes, written)
                 : noDescriptor();
  });
}

LtLayout layout(npuDataType type, uint64_t rows, uint64_t columns, int64_t leading) {
  LtLayout value;
  value.type = type, value.rows = rows, value.columns = columns, value.leading = leading;
  return value;
}

LtProduct product(npublasComputeType_t computeType, npuDataType scaleType) {
  LtProduct value;
  value.computeType = computeType, value.scaleType = scaleType;
  return value;
}

LtTransform transform(npuDataType scaleType) {
  LtTransform value;
  value.scaleType = scaleType;
  return value;
}

} // namespace

Outcome setField(void *inside, const LtField *fields, size_t count, int attribute,
                 const void *value, size_t bytes) {
  const LtField *field = findField(fields, count, attribute);
  if (!field)
    return invalid("no attribute " + std::to_string(attribute));
  if (!value || bytes != field->bytes)
    return invalid("attribute " + std::to_string(attribute) + " has " +
                   std::to_string(field->bytes) + " bytes, not " + std::to_string(bytes));
  std::memcpy(static_cast<char *>(inside) + field->offset, value, field->bytes);
  return {};
}

Outcome getField(const void *inside, const LtField *fields, size_t count, int attribute,
                 void *value, size_t bytes, size_t *written) {
  const LtField *field = findField(fields, count, attribute);
  if (!field)
    return invalid("no attribute " + std::to_string(attribute));
  if (bytes == 0 ? !written : !value || bytes < field->bytes)
    return invalid("attribute " + std::to_string(attribute) + " has " +
                   std::to_string(field->bytes) + " bytes, not " + std::to_string(bytes));
  if (written)
    *written = field->bytes;
  if (bytes == 0)
    return {};
  std::memcpy(value, static_cast<const char *>(inside) + field->offset, field->bytes);
  return {};
}

} // namespace npu::blas

using namespace npu::blas;

#define DESCRIPTOR(Name, Inside, fields)                                                           \
  npublasStatus_t npublasLt##Name##Destroy(npublasLt##Name##_t descriptor) {                       \
    return destroy<Inside>("cublasLt" #Name "Destroy", descriptor);                                \
  }                                                                                                \
  npublasStatus_t npublasLt##Name##SetAttribute(npublasLt##Name##_t descriptor,                    \
                                                ATTRIBUTE(Name) attribute, const void *value,      \
                                                size_t bytes) {                                    \
    return set<Inside>("cublasLt" #Name "SetAttribute", descriptor, fields, attribute, value,      \
                       bytes);                                                                     \
  }                                                                                                \
  npublasStatus_t npublasLt##Name##GetAttribute(npublasLt##Name##_t descriptor,                    \
                                                ATTRIBUTE(Name) attribute, void *value,            \
                                                size_t bytes, size_t *written) {                   \
    return get<Inside>("cublasLt" #Name "GetAttribute", descriptor, fields, attribute, value,      \
                       bytes, written);                                                            \
  }
#define ATTRIBUTE(Name) npublasLt##Name##Attributes_t
DESCRIPTOR(MatmulDesc, LtProduct, kProductFields)
DESCRIPTOR(MatrixTransformDesc, LtTransform, kTransformFields)
DESCRIPTOR(MatmulPreference, LtPreference, kPreferenceFields)
DESCRIPTOR(EmulationDesc, LtEmulation, kEmulationFields)
#undef ATTRIBUTE
#define ATTRIBUTE(Name) npublasLt##Name##Attribute_t
DESCRIPTOR(MatrixLayout, LtLayout, kLayoutFields)

npublasStatus_t npublasLtMatrixLayoutInit_internal(npublasLtMatrixLayout_t descriptor, size_t bytes,
                                                   npuDataType type, uint64_t rows, uint64_t cols,
                                                   int64_t ld) {
  return blasEntry("cublasLtMatrixLayoutInit",
                   [&] { return initialise(descriptor, bytes, layout(type, rows, cols, ld)); });
}
npublasStatus_t npublasLtMatrixLayoutCreate(npublasLtMatrixLayout_t *descriptor, npuDataType type,
                                            uint64_t rows, uint64_t cols, int64_t ld) {
  return blasEntry("cublasLtMatrixLayoutCreate",
                   [&] { return create(descriptor, layout(type, rows, cols, ld)); });
}
npublasStatus_t npublasLtMatmulDescInit_internal(npublasLtMatmulDesc_t descriptor, size_t bytes,
                                                 npublasComputeType_t computeType,
                                                 npuDataType scaleType) {
  return blasEntry("cublasLtMatmulDescInit",
                   [&] { return initialise(descriptor, bytes, product(computeType, scaleType)); });
}
npublasStatus_t npublasLtMatmulDescCreate(npublasLtMatmulDesc_t *descriptor,
                                          npublasComputeType_t computeType, npuDataType scaleType) {
  return blasEntry("cublasLtMatmulDescCreate",
                   [&] { return create(descriptor, product(computeType, scaleType)); });
}
npublasStatus_t npublasLtMatrixTransformDescInit_internal(npublasLtMatrixTransformDesc_t descriptor,
                                                          size_t bytes, npuDataType scaleType) {
  return blasEntry("cublasLtMatrixTransformDescInit",
                   [&] { return initialise(descriptor, bytes, transform(scaleType)); });
}
npublasStatus_t npublasLtMatrixTransformDescCreate(npublasLtMatrixTransformDesc_t *descriptor,
                                                   npuDataType scaleType) {
  return blasEntry("cublasLtMatrixTransformDescCreate",
                   [&] { return create(descriptor, transform(scaleType)); });
}
npublasStatus_t npublasLtMatmulPreferenceInit_internal(npublasLtMatmulPreference_t descriptor,
                                                       size_t bytes) {
  return blasEntry("cublasLtMatmulPreferenceInit",
                   [&] { return initialise(descriptor, bytes, LtPreference()); });
}
npublasStatus_t npublasLtMatmulPreferenceCreate(npublasLtMatmulPreference_t *descriptor) {
  return blasEntry("cublasLtMatmulPreferenceCreate",
                   [&] { return create(descriptor, LtPreference()); });
}
npublasStatus_t npublasLtEmulationDescInit_internal(npublasLtEmulationDesc_t descriptor,
                                                    size_t bytes) {
  return blasEntry("cublasLtEmulationDescInit",
                   [&] { return initialise(descriptor, bytes, LtEmulation()); });
}
npublasStatus_t npublasLtEmulationDescCreate(npublasLtEmulationDesc_t *descriptor) {
  return blasEntry("cublasLtEmulationDescCreate",
                   [&] { return create(descriptor, LtEmulation()); });
}
