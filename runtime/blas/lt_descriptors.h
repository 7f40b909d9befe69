// What the opaque descriptors of cublasLt hold. They are plain memory that programs copy, so each
// fits in its type and starts with a mark of its kind; one that was not initialised is refused.
#pragma once

#include "blas_context.h"
#include "npu/blas_lt.h"

namespace npu::blas {

constexpr uint32_t kLayoutMark = 0x4c74416c, kProductMark = 0x4c744d6d, kTransformMark = 0x4c745472;
constexpr uint32_t kPreferenceMark = 0x4c745072, kAlgorithmMark = 0x4c74416f;
constexpr uint32_t kEmulationMark = 0x4c74456d;

struct LtLayout {
  uint32_t mark = kLayoutMark;
  uint32_t type = 0;
  int32_t order = NPUBLASLT_ORDER_COL;
  int32_t batchCount = 1;
  int32_t batchMode = NPUBLASLT_BATCH_MODE_STRIDED;
  uint64_t rows = 0, columns = 0;
  int64_t leading = 0, stride = 0;
  int64_t planeBytes = 0; // from the real to the imaginary parts; 0: numbers are pairs
};

struct LtProduct {
  uint32_t mark = kProductMark;
  int32_t computeType = 0, scaleType = 0;
  int32_t pointerMode = NPUBLASLT_POINTER_MODE_HOST;
  int32_t transA = NPUBLAS_OP_N, transB = NPUBLAS_OP_N, transC = NPUBLAS_OP_N;
  int32_t fillMode = NPUBLAS_FILL_MODE_FULL;
  uint32_t epilogue = NPUBLASLT_EPILOGUE_DEFAULT;
  int32_t auxiliaryType = -1, biasType = -1;
  int32_t smCountTarget = 0;
  int32_t scaleModeA = 0, scaleModeB = 0, scaleModeC = 0, scaleModeD = 0;
  int32_t scaleModeAuxiliary = 0, scaleModeOut = 0;
  int8_t fastAccumulation = 0;
  int32_t chunkRows = 0, chunkColumns = 0;
  void *bias = nullptr, *auxiliary = nullptr;
  int64_t biasStride = 0, auxiliaryLeading = 0, auxiliaryStride = 0, alphaStride = 0;
  const void *scaleA = nullptr, *scaleB = nullptr, *scaleC = nullptr, *scaleD = nullptr;
  const void *scaleAuxiliary = nullptr, *scaleOut = nullptr;
  void *amaxD = nullptr, *amaxAuxiliary = nullptr;
  void *inCounters = nullptr, *outCounters = nullptr;
  void *emulation = nullptr;
};

struct LtTransform {
  uint32_t mark = kTransformMark;
  int32_t scaleType = 0, pointerMode = NPUBLASLT_POINTER_MODE_HOST;
  int32_t transA = NPUBLAS_OP_N, transB = NPUBLAS_OP_N;
};

struct LtPreference {
  uint32_t mark = kPreferenceMark;
  uint32_t searchMode = NPUBLASLT_SEARCH_BEST_FIT;
  uint64_t workspaceBytes = 0;
  uint32_t reductionMask = NPUBLASLT_REDUCTION_SCHEME_MASK;
  uint32_t alignmentA = 256, alignmentB = 256, alignmentC = 256, alignmentD = 256;
  float waves = 0;
  uint64_t implementations = ~uint64_t(0);
};

struct LtAlgorithm {
  uint32_t mark = kAlgorithmMark;
  int32_t id = 0;
  uint32_t tile = 0;
  int32_t splitK = 1;
  uint32_t reduction = 0, swizzling = 0, option = 0, stages = 0;
  uint16_t innerShape = 0, clusterShape = 0;
};

struct LtEmulation {
  uint32_t mark = kEmulationMark;
  int32_t strategy = 0, specialValues = 0xffff, control = 0, bits = 0, offset = 0;
  void *bitCount = nullptr;
};

// The descriptor in `opaque`; nullptr when there is none of that kind.
template <typename Inside, typename Opaque> Inside *inside(Opaque *opaque) {
  static_assert(sizeof(Inside) <= sizeof(Opaque));
  auto *found = reinterpret_cast<Inside *>(const_cast<std::remove_const_t<Opaque> *>(opaque));
  return found && found->mark == Inside().mark ? found : nullptr;
}

struct LtField {
  int attribute;
  size_t offset, bytes;
};

// cublasLt's rules of attributes: a value's size must be right; a size of 0 asks for the size.
Outcome setField(void *inside, const LtField *fields, size_t count, int attribute,
                 const void *value, size_t bytes);
Outcome getField(const void *inside, const LtField *fields, size_t count, int attribute,
                 void *value, size_t bytes, size_t *written);

// Whether cublasLt's table of cublasLtMatmul has these data types.
bool hasProduct(npublasComputeType_t computeType, int scaleType, int a, int b, int c, int d);

// The handle is one of npu/blas.h; its settings are not used.
npublasStatus_t ltEntry(const char *name, npublasLtHandle_t handle,
                        const std::function<Outcome()> &body) noexcept;

} // namespace npu::blas
