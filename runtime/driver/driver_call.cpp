// The driver API's boundary; see driver_call.h. Also its errors' names and initialisation.
#include "driver_call.h"

#include "context.h"

#include "src/entry.h"

#include <atomic>

namespace npu::driver_api {
namespace {

std::atomic<bool> initialised{false};

struct ErrorRow {
  npudrv_result code;
  const char *name, *text;
};
constexpr ErrorRow kErrors[] = {
#define DRIVER_ERROR(name, value, text) {NPU_##name, "CUDA_" #name, text},
#include "npu/api/driver_errors.def"
};

const ErrorRow *rowOf(npudrv_result code) {
  for (const ErrorRow &row : kErrors)
    if (row.code == code)
      return &row;
  return nullptr;
}

void report(const char *name, npudrv_result result, const std::string &reason) {
  if (!core::logs(core::LogLevel::Debug))
    return;
  const ErrorRow *row = rowOf(result);
  core::log(core::LogLevel::Debug,
            std::string(name) + ": " + (row ? row->name : "an error") + ": " + reason);
}

} // namespace

npudrv_result resultOf(npuError_t error) {
  switch (error) {
  case npuErrorInvalidSymbol:
    return NPU_ERROR_NOT_FOUND;
  case npuErrorInvalidDeviceFunction:
    return NPU_ERROR_INVALID_HANDLE;
  default:
    break;
  }
  const auto same = static_cast<npudrv_result>(error);
  if (rowOf(same))
    return same;
  // The codes below 100 that only the runtime has are all about arguments.
  return int(error) < 100 ? NPU_ERROR_INVALID_VALUE : NPU_ERROR_UNKNOWN;
}

npudrv_result ready(const char *name, Needs needs) {
  if (needs == Needs::Nothing)
    return NPU_SUCCESS;
  if (!initialised && !core::driverStarted()) {
    report(name, NPU_ERROR_NOT_INITIALIZED, "cuInit or a call of the runtime API comes first");
    return NPU_ERROR_NOT_INITIALIZED;
  }
  if (needs == Needs::Context && !currentContext()) {
    report(name, NPU_ERROR_INVALID_CONTEXT, "the thread has no current context");
    return NPU_ERROR_INVALID_CONTEXT;
  }
  return NPU_SUCCESS;
}

npudrv_result finish(const char *name, npuError_t before, const Status &status) {
  if (status)
    return NPU_SUCCESS;
  // The calls of the runtime inside kept their error for the runtime's own callers.
  if (before == npuSuccess)
    (void)npuGetLastError();
  const npudrv_result result = resultOf(status.code());
  report(name, result, status.message());
  return result;
}

Status caught() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    return Status(npuErrorMemoryAllocation, "out of host memory");
  } catch (const std::exception &error) {
    return Status(npuErrorUnknown, error.what());
  } catch (...) {
    return Status(npuErrorUnknown, "unknown exception");
  }
}

} // namespace npu::driver_api

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvInit(unsigned int flags) {
  return call(
      "cuInit",
      [&] {
        int count = 0;
        if (flags)
          return Status(npuErrorInvalidValue, "the flags must be 0");
        Status status = done(npuGetDeviceCount(&count));
        if (status)
          initialised = true;
        return status;
      },
      Needs::Nothing);
}

npudrv_result npudrvDriverGetVersion(int *version) {
  return call(
      "cuDriverGetVersion", [&] { return done(npuDriverGetVersion(version)); }, Needs::Nothing);
}

npudrv_result npudrvGetErrorName(npudrv_result code, const char **text) {
  if (!text)
    return NPU_ERROR_INVALID_VALUE;
  const ErrorRow *row = rowOf(code);
  *text = row ? row->name : nullptr;
  return row ? NPU_SUCCESS : NPU_ERROR_INVALID_VALUE;
}

npudrv_result npudrvGetErrorString(npudrv_result code, const char **text) {
  if (!text)
    return NPU_ERROR_INVALID_VALUE;
  const ErrorRow *row = rowOf(code);
  *text = row ? row->text : nullptr;
  return row ? NPU_SUCCESS : NPU_ERROR_INVALID_VALUE;
}

npudrv_result npudrvProfilerStart(void) {
  return call("cuProfilerStart", [] { return done(npuProfilerStart()); });
}

npudrv_result npudrvProfilerStop(void) {
  return call("cuProfilerStop", [] { return done(npuProfilerStop()); });
}

} // extern "C"
