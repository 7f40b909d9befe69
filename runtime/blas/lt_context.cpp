// The context and the logger of cublasLt. A handle is one of npu/blas.h: cublasLt takes either.
#include "lt_descriptors.h"

#include <atomic>

using namespace npu::blas;

namespace {

std::atomic<size_t> cacheCapacity{8192}; // cublasLt's default
std::atomic<unsigned> cpuMask{0};
std::atomic<npublasLtLoggerCallback_t> callback{nullptr};

constexpr int kErrorLevel = 1;

// cublasLt's callback has more parameters; the BLAS log has one line for each call that fails.
void pass(const char *message) {
  if (npublasLtLoggerCallback_t user = callback)
    user(kErrorLevel, "cublasLt", message);
}

} // namespace

npublasStatus_t npu::blas::ltEntry(const char *name, npublasLtHandle_t handle,
                                   const std::function<Outcome()> &body) noexcept {
  return blasEntry(name, reinterpret_cast<npublasHandle_t>(handle),
                   [&](const Settings &) { return body(); });
}

npublasStatus_t npublasLtCreate(npublasLtHandle_t *lightHandle) {
  return npublasCreate(reinterpret_cast<npublasHandle_t *>(lightHandle));
}

npublasStatus_t npublasLtDestroy(npublasLtHandle_t lightHandle) {
  return npublasDestroy(reinterpret_cast<npublasHandle_t>(lightHandle));
}

const char *npublasLtGetStatusName(npublasStatus_t status) { return npublasGetStatusName(status); }
const char *npublasLtGetStatusString(npublasStatus_t status) {
  return npublasGetStatusString(status);
}

size_t npublasLtGetVersion(void) {
  int version = 0;
  return npublasGetVersion(nullptr, &version) == NPUBLAS_STATUS_SUCCESS ? size_t(version) : 0;
}
size_t npublasLtGetCudartVersion(void) { return npublasGetCudartVersion(); }
npublasStatus_t npublasLtGetProperty(libraryPropertyType type, int *value) {
  return npublasGetProperty(type, value);
}

npublasStatus_t npublasLtHeuristicsCacheGetCapacity(size_t *capacity) {
  return blasEntry("cublasLtHeuristicsCacheGetCapacity", [&]() -> Outcome {
    if (!capacity)
      return invalid("the result's address is null");
    *capacity = cacheCapacity;
    return {};
  });
}
npublasStatus_t npublasLtHeuristicsCacheSetCapacity(size_t capacity) {
  cacheCapacity = capacity;
  return NPUBLAS_STATUS_SUCCESS;
}
unsigned npublasLtDisableCpuInstructionsSetMask(unsigned mask) { return cpuMask.exchange(mask); }

npublasStatus_t npublasLtLoggerSetCallback(npublasLtLoggerCallback_t user) {
  callback = user;
  return npublasSetLoggerCallback(user ? pass : nullptr);
}
npublasStatus_t npublasLtLoggerOpenFile(const char *logFile) {
  return npublasLoggerConfigure(1, 0, 0, logFile);
}
npublasStatus_t npublasLtLoggerSetLevel(int level) {
  return blasEntry("cublasLtLoggerSetLevel", [&]() -> Outcome {
    if (level < 0 || level > 5)
      return invalid("a log level is one of 0 to 5");
    return {};
  });
}
npublasStatus_t npublasLtLoggerSetMask(int mask) {
  return blasEntry("cublasLtLoggerSetMask", [&]() -> Outcome {
    return mask < 0 ? invalid("a mask is not negative") : Outcome();
  });
}
npublasStatus_t npublasLtLoggerForceDisable(void) {
  callback = nullptr;
  return npublasLoggerConfigure(0, 0, 0, nullptr);
}
