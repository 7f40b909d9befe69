// The BLAS interface before handles: each function is the one of npu/blas.h on the process's one
// handle. The first error is kept until somebody asks, as cublasGetError does.
#include "blas_context.h"

#include "npu/runtime.h"

#include <mutex>

namespace npu::blas {
namespace {

struct Process {
  std::mutex mutex; // guards everything below
  npublasHandle_t handle = nullptr;
  npublasStatus_t error = NPUBLAS_STATUS_SUCCESS;
};

Process &process() {
  static Process *instance = new Process; // never destroyed, as the handles' registry
  return *instance;
}

// Null before npublasV1Init: the functions then say that the library was not initialised.
npublasHandle_t current() {
  std::lock_guard<std::mutex> lock(process().mutex);
  return process().handle;
}

void keep(npublasStatus_t status) {
  std::lock_guard<std::mutex> lock(process().mutex);
  if (process().error == NPUBLAS_STATUS_SUCCESS)
    process().error = status;
}

// Letters of the reference BLAS in either case. What is none of them is no enumerator either.
constexpr int kNone = -1;
npublasOperation_t operation(char letter) {
  switch (letter) {
  case 'N':
  case 'n':
    return NPUBLAS_OP_N;
  case 'T':
  case 't':
    return NPUBLAS_OP_T;
  case 'C':
  case 'c':
    return NPUBLAS_OP_C;
  default:
    return npublasOperation_t(kNone);
  }
}
template <typename Mode>
Mode either(char letter, const char *first, Mode is, const char *second, Mode other) {
  if (letter == first[0] || letter == first[1])
    return is;
  return letter == second[0] || letter == second[1] ? other : Mode(kNone);
}
npublasFillMode_t fill(char letter) {
  return either(letter, "Uu", NPUBLAS_FILL_MODE_UPPER, "Ll", NPUBLAS_FILL_MODE_LOWER);
}
npublasSideMode_t sideOf(char letter) {
  return either(letter, "Ll", NPUBLAS_SIDE_LEFT, "Rr", NPUBLAS_SIDE_RIGHT);
}
npublasDiagType_t diagonal(char letter) {
  return either(letter, "Uu", NPUBLAS_DIAG_UNIT, "Nn", NPUBLAS_DIAG_NON_UNIT);
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#define UNPACK(...) __VA_ARGS__

extern "C" {

npublasStatus_t npublasV1Init(void) {
  std::lock_guard<std::mutex> lock(process().mutex);
  return process().handle ? NPUBLAS_STATUS_SUCCESS : npublasCreate(&process().handle);
}

npublasStatus_t npublasV1Shutdown(void) {
  std::lock_guard<std::mutex> lock(process().mutex);
  const npublasHandle_t handle = process().handle;
  process().handle = nullptr;
  return npublasDestroy(handle);
}

npublasStatus_t npublasV1GetError(void) {
  std::lock_guard<std::mutex> lock(process().mutex);
  const npublasStatus_t error = process().error;
  process().error = NPUBLAS_STATUS_SUCCESS;
  return error;
}

npublasStatus_t npublasV1GetVersion(int *version) { return npublasGetVersion(nullptr, version); }

npublasStatus_t npublasV1Alloc(int n, int elemSize, void **devicePtr) {
  return blasEntry("cublasAlloc", current(), [&](const Settings &) -> Outcome {
    if (n <= 0 || elemSize <= 0 || !devicePtr)
      return invalid("n and elemSize must be positive and devicePtr not null");
    if (npuMalloc(devicePtr, size_t(n) * size_t(elemSize)) != npuSuccess)
      return {NPUBLAS_STATUS_ALLOC_FAILED, "out of device memory"};
    return {};
  });
}

npublasStatus_t npublasV1Free(void *devicePtr) {
  return blasEntry("cublasFree", current(), [&](const Settings &) -> Outcome {
    if (npuFree(devicePtr) != npuSuccess)
      return {NPUBLAS_STATUS_INTERNAL_ERROR, "not the start of device memory"};
    return {};
  });
}

npublasStatus_t npublasV1SetKernelStream(npuStream_t stream) {
  return npublasSetStream(current(), stream);
}

#define GROUP(title)
#define V1(name, parameters, arguments)                                                            \
  void npublasV1##name parameters { keep(npublas##name(current(), UNPACK arguments)); }
#define V1_RESULT(type, name, parameters, arguments)                                               \
  type npublasV1##name parameters {                                                                \
    type result = {};                                                                              \
    keep(npublas##name(current(), UNPACK arguments, &result));                                     \
    return result;                                                                                 \
  }
#include "npu/api/blas_v1.def"

} // extern "C"
