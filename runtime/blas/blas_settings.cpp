// The functions that set and get what a handle carries, and those that describe the library.
#include "blas_context.h"

#include <cstdio>

using namespace npu::blas;

namespace {

// The version that CUDA-compatible programs see: that of the toolkit whose runtime version npurt
// reports.
constexpr int kMajor = 12, kMinor = 8, kPatch = 0;
constexpr size_t kRuntimeVersion = 12080;

template <typename T>
npublasStatus_t set(const char *name, npublasHandle_t handle, T Settings::*field, T value,
                    bool valid) {
  return blasEntry(name, [&]() -> Outcome {
    Outcome live = withSettings(handle, [&](Settings &settings) {
      if (valid)
        settings.*field = value;
    });
    if (!live.ok())
      return live;
    return valid ? Outcome() : invalid("the mode is none of the enumerators");
  });
}

template <typename T>
npublasStatus_t get(const char *name, npublasHandle_t handle, T Settings::*field, T *value) {
  return blasEntry(name, handle, [&](const Settings &settings) -> Outcome {
    if (!value)
      return invalid("the result's address is null");
    *value = settings.*field;
    return {};
  });
}

bool isMathMode(int mode) {
  switch (mode & ~NPUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION) {
  case NPUBLAS_DEFAULT_MATH:
  case NPUBLAS_TENSOR_OP_MATH:
  case NPUBLAS_PEDANTIC_MATH:
  case NPUBLAS_TF32_TENSOR_OP_MATH:
  case NPUBLAS_FP32_EMULATED_BF16X9_MATH:
  case NPUBLAS_FP64_EMULATED_FIXEDPOINT_MATH:
    return true;
  default:
    return false;
  }
}

} // namespace

npublasStatus_t npublasGetVersion(npublasHandle_t, int *version) {
  return blasEntry("cublasGetVersion", [&]() -> Outcome {
    if (!version)
      return invalid("the result's address is null");
    *version = kMajor * 10000 + kMinor * 100 + kPatch;
    return {};
  });
}

npublasStatus_t npublasGetProperty(libraryPropertyType type, int *value) {
  return blasEntry("cublasGetProperty", [&]() -> Outcome {
    if (!value)
      return invalid("the result's address is null");
    switch (type) {
    case MAJOR_VERSION:
      *value = kMajor;
      return {};
    case MINOR_VERSION:
      *value = kMinor;
      return {};
    case PATCH_LEVEL:
      *value = kPatch;
      return {};
    }
    return invalid("no such property");
  });
}

size_t npublasGetCudartVersion(void) { return kRuntimeVersion; }

npublasStatus_t npublasSetWorkspace(npublasHandle_t handle, void *, size_t) {
  return blasEntry("cublasSetWorkspace", handle, [](const Settings &) { return Outcome(); });
}

npublasStatus_t npublasSetStream(npublasHandle_t handle, npuStream_t stream) {
  return set("cublasSetStream", handle, &Settings::stream, stream, true);
}
npublasStatus_t npublasGetStream(npublasHandle_t handle, npuStream_t *stream) {
  return get("cublasGetStream", handle, &Settings::stream, stream);
}

npublasStatus_t npublasSetPointerMode(npublasHandle_t handle, npublasPointerMode_t mode) {
  return set("cublasSetPointerMode", handle, &Settings::pointerMode, mode,
             mode == NPUBLAS_POINTER_MODE_HOST || mode == NPUBLAS_POINTER_MODE_DEVICE);
}
npublasStatus_t npublasGetPointerMode(npublasHandle_t handle, npublasPointerMode_t *mode) {
  return get("cublasGetPointerMode", handle, &Settings::pointerMode, mode);
}

npublasStatus_t npublasSetAtomicsMode(npublasHandle_t handle, npublasAtomicsMode_t mode) {
  return set("cublasSetAtomicsMode", handle, &Settings::atomicsMode, mode,
             mode == NPUBLAS_ATOMICS_NOT_ALLOWED || mode == NPUBLAS_ATOMICS_ALLOWED);
}
npublasStatus_t npublasGetAtomicsMode(npublasHandle_t handle, npublasAtomicsMode_t *mode) {
  return get("cublasGetAtomicsMode", handle, &Settings::atomicsMode, mode);
}

npublasStatus_t npublasSetMathMode(npublasHandle_t handle, npublasMath_t mode) {
  return set("cublasSetMathMode", handle, &Settings::mathMode, mode, isMathMode(mode));
}
npublasStatus_t npublasGetMathMode(npublasHandle_t handle, npublasMath_t *mode) {
  return get("cublasGetMathMode", handle, &Settings::mathMode, mode);
}

npublasStatus_t npublasSetSmCountTarget(npublasHandle_t handle, int smCountTarget) {
  return set("cublasSetSmCountTarget", handle, &Settings::smCountTarget, smCountTarget,
             smCountTarget >= 0);
}
npublasStatus_t npublasGetSmCountTarget(npublasHandle_t handle, int *smCountTarget) {
  return get("cublasGetSmCountTarget", handle, &Settings::smCountTarget, smCountTarget);
}

npublasStatus_t npublasSetEmulationStrategy(npublasHandle_t handle,
                                            npublasEmulationStrategy_t strategy) {
  return set("cublasSetEmulationStrategy", handle, &Settings::emulationStrategy, strategy,
             strategy >= NPUBLAS_EMULATION_STRATEGY_DEFAULT &&
                 strategy <= NPUBLAS_EMULATION_STRATEGY_EAGER);
}
npublasStatus_t npublasGetEmulationStrategy(npublasHandle_t handle,
                                            npublasEmulationStrategy_t *strategy) {
  return get("cublasGetEmulationStrategy", handle, &Settings::emulationStrategy, strategy);
}
npublasStatus_t npublasSetEmulationSpecialValuesSupport(npublasHandle_t handle,
                                                        npuEmulationSpecialValuesSupport mask) {
  return set("cublasSetEmulationSpecialValuesSupport", handle, &Settings::specialValues, mask,
             true);
}
npublasStatus_t npublasGetEmulationSpecialValuesSupport(npublasHandle_t handle,
                                                        npuEmulationSpecialValuesSupport *mask) {
  return get("cublasGetEmulationSpecialValuesSupport", handle, &Settings::specialValues, mask);
}
npublasStatus_t npublasSetFixedPointEmulationMantissaControl(npublasHandle_t handle,
                                                             npuEmulationMantissaControl control) {
  return set("cublasSetFixedPointEmulationMantissaControl", handle, &Settings::mantissaControl,
             control,
             control == NPU_EMULATION_MANTISSA_CONTROL_DYNAMIC ||
                 control == NPU_EMULATION_MANTISSA_CONTROL_FIXED);
}
npublasStatus_t npublasGetFixedPointEmulationMantissaControl(npublasHandle_t handle,
                                                             npuEmulationMantissaControl *control) {
  return get("cublasGetFixedPointEmulationMantissaControl", handle, &Settings::mantissaControl,
             control);
}
npublasStatus_t npublasSetFixedPointEmulationMaxMantissaBitCount(npublasHandle_t handle, int bits) {
  return set("cublasSetFixedPointEmulationMaxMantissaBitCount", handle, &Settings::mantissaBits,
             bits, bits >= 0);
}
npublasStatus_t npublasGetFixedPointEmulationMaxMantissaBitCount(npublasHandle_t handle,
                                                                 int *bits) {
  return get("cublasGetFixedPointEmulationMaxMantissaBitCount", handle, &Settings::mantissaBits,
             bits);
}
npublasStatus_t npublasSetFixedPointEmulationMantissaBitOffset(npublasHandle_t handle, int offset) {
  return set("cublasSetFixedPointEmulationMantissaBitOffset", handle, &Settings::mantissaOffset,
             offset, true);
}
npublasStatus_t npublasGetFixedPointEmulationMantissaBitOffset(npublasHandle_t handle,
                                                               int *offset) {
  return get("cublasGetFixedPointEmulationMantissaBitOffset", handle, &Settings::mantissaOffset,
             offset);
}

const char *npublasGetStatusName(npublasStatus_t status) {
  switch (status) {
#define NAME(code)                                                                                 \
  case NPUBLAS_STATUS_##code:                                                                      \
    return "CUBLAS_STATUS_" #code;
    NAME(SUCCESS)
    NAME(NOT_INITIALIZED)
    NAME(ALLOC_FAILED)
    NAME(INVALID_VALUE)
    NAME(ARCH_MISMATCH)
    NAME(MAPPING_ERROR)
    NAME(EXECUTION_FAILED)
    NAME(INTERNAL_ERROR)
    NAME(NOT_SUPPORTED)
    NAME(LICENSE_ERROR)
#undef NAME
  }
  return "unknown BLAS status";
}

const char *npublasGetStatusString(npublasStatus_t status) {
  switch (status) {
  case NPUBLAS_STATUS_SUCCESS:
    return "success";
  case NPUBLAS_STATUS_NOT_INITIALIZED:
    return "the library was not initialized";
  case NPUBLAS_STATUS_ALLOC_FAILED:
    return "the resource allocation failed";
  case NPUBLAS_STATUS_INVALID_VALUE:
    return "an invalid value was used as an argument";
  case NPUBLAS_STATUS_ARCH_MISMATCH:
    return "the device lacks a feature that the function needs";
  case NPUBLAS_STATUS_MAPPING_ERROR:
    return "an access to device memory failed";
  case NPUBLAS_STATUS_EXECUTION_FAILED:
    return "the device failed to run the function";
  case NPUBLAS_STATUS_INTERNAL_ERROR:
    return "an internal operation failed";
  case NPUBLAS_STATUS_NOT_SUPPORTED:
    return "the functionality is not supported";
  case NPUBLAS_STATUS_LICENSE_ERROR:
    return "a license check failed";
  }
  return "unknown BLAS status";
}

void npublasXerbla(const char *routineName, int info) {
  std::fprintf(stderr, "npu: %s: parameter number %d has an illegal value\n",
               routineName ? routineName : "(unnamed)", info);
}
