// Handles and their settings, versions and the names of errors.
#include "context.h"

#include "npu/runtime.h"
#include "src/log.h"

#include <exception>
#include <new>

namespace npu::sparse {
namespace {

Outcome fromCore(const Status &status) {
  if (status)
    return {};
  return {status.code() == npuErrorMemoryAllocation ? NPUSPARSE_STATUS_ALLOC_FAILED
                                                    : NPUSPARSE_STATUS_EXECUTION_FAILED,
          status.message()};
}

struct Named {
  npusparseStatus_t status;
  const char *name, *text;
};
constexpr Named kNames[] = {
    {NPUSPARSE_STATUS_SUCCESS, "CUSPARSE_STATUS_SUCCESS", "success"},
    {NPUSPARSE_STATUS_NOT_INITIALIZED, "CUSPARSE_STATUS_NOT_INITIALIZED", "initialization error"},
    {NPUSPARSE_STATUS_ALLOC_FAILED, "CUSPARSE_STATUS_ALLOC_FAILED", "out of memory"},
    {NPUSPARSE_STATUS_INVALID_VALUE, "CUSPARSE_STATUS_INVALID_VALUE", "invalid value"},
    {NPUSPARSE_STATUS_ARCH_MISMATCH, "CUSPARSE_STATUS_ARCH_MISMATCH", "architecture mismatch"},
    {NPUSPARSE_STATUS_MAPPING_ERROR, "CUSPARSE_STATUS_MAPPING_ERROR", "texture mapping error"},
    {NPUSPARSE_STATUS_EXECUTION_FAILED, "CUSPARSE_STATUS_EXECUTION_FAILED",
     "kernel launch failure"},
    {NPUSPARSE_STATUS_INTERNAL_ERROR, "CUSPARSE_STATUS_INTERNAL_ERROR", "internal error"},
    {NPUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED, "CUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED",
     "matrix type not supported"},
    {NPUSPARSE_STATUS_ZERO_PIVOT, "CUSPARSE_STATUS_ZERO_PIVOT", "zero pivot"},
    {NPUSPARSE_STATUS_NOT_SUPPORTED, "CUSPARSE_STATUS_NOT_SUPPORTED", "operation not supported"},
    {NPUSPARSE_STATUS_INSUFFICIENT_RESOURCES, "CUSPARSE_STATUS_INSUFFICIENT_RESOURCES",
     "insufficient resources"},
};

} // namespace

npusparseStatus_t entry(const char *name, const std::function<Outcome()> &body) noexcept {
  try {
    Outcome outcome;
    try {
      outcome = body();
    } catch (const core::CommandFailure &failure) {
      outcome = {NPUSPARSE_STATUS_EXECUTION_FAILED, failure.status.message()};
    } catch (const std::bad_alloc &) {
      outcome = {NPUSPARSE_STATUS_ALLOC_FAILED, "out of host memory"};
    } catch (const std::exception &error) {
      outcome = {NPUSPARSE_STATUS_INTERNAL_ERROR, error.what()};
    }
    if (!outcome.ok() && core::logs(core::LogLevel::Debug))
      core::log(core::LogLevel::Debug, std::string(name) + ": " +
                                           npusparseGetErrorString(outcome.code) + ": " +
                                           outcome.why);
    return outcome.code;
  } catch (...) { // not even the log line could be made
    return NPUSPARSE_STATUS_INTERNAL_ERROR;
  }
}

npusparseStatus_t entry(const char *name, npusparseHandle_t handle,
                        const std::function<Outcome(const Settings &)> &body) noexcept {
  return entry(name, [&]() -> Outcome {
    if (!core::LiveSet<npusparseContext>::instance().has(handle))
      return {NPUSPARSE_STATUS_NOT_INITIALIZED, "the handle is null, destroyed or foreign"};
    return body(*handle);
  });
}

Outcome enqueue(const Settings &settings, std::function<void()> work) {
  return fromCore(core::enqueue(settings.stream, HostCall{std::move(work)}));
}

Outcome runNow(const Settings &settings, const std::function<void()> &work) {
  if (Outcome bad = fromCore(core::synchronize(settings.stream)); !bad.ok())
    return bad;
  work();
  return {};
}

Outcome enqueueForHost(const Settings &settings, std::function<void()> work) {
  if (Outcome bad = enqueue(settings, std::move(work)); !bad.ok())
    return bad;
  npuStreamCaptureStatus capture = npuStreamCaptureStatusNone;
  if (npuStreamIsCapturing(settings.stream, &capture) == npuSuccess &&
      capture != npuStreamCaptureStatusNone)
    return {};
  return fromCore(core::synchronize(settings.stream));
}

void failOnIndices(const char *what) {
  throw core::CommandFailure{Status(
      npuErrorIllegalAddress, std::string(what) + " has indices that lie outside the matrix")};
}

Arguments &Arguments::memory(const char *name, const void *data, int64_t elements,
                             size_t elementBytes) {
  if (elements <= 0 || !result.ok())
    return *this;
  if (!data)
    result = invalid(std::string(name) + " is null");
  else if (!core::deviceCanReach(data, size_t(elements) * elementBytes))
    result = invalid(std::string(name) + " is not device memory of its size");
  return *this;
}

} // namespace npu::sparse

using namespace npu;
using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseCreate(npusparseHandle_t *handle) {
  return entry("cusparseCreate", [&]() -> Outcome {
    if (!handle)
      return invalid("the handle's address is null");
    *handle = core::LiveSet<npusparseContext>::instance().add(std::make_unique<npusparseContext>());
    return {};
  });
}
npusparseStatus_t npusparseDestroy(npusparseHandle_t handle) {
  return entry("cusparseDestroy", handle, [&](const Settings &) -> Outcome {
    core::LiveSet<npusparseContext>::instance().remove(handle);
    return {};
  });
}
npusparseStatus_t npusparseGetVersion(npusparseHandle_t handle, int *version) {
  return entry("cusparseGetVersion", handle, [&](const Settings &) -> Outcome {
    if (!version)
      return invalid("the version's address is null");
    *version = NPUSPARSE_VERSION;
    return {};
  });
}
npusparseStatus_t npusparseGetProperty(libraryPropertyType type, int *value) {
  return entry("cusparseGetProperty", [&]() -> Outcome {
    if (!value || type < MAJOR_VERSION || type > PATCH_LEVEL)
      return invalid("no such property");
    *value = type == MAJOR_VERSION   ? NPUSPARSE_VERSION / 1000
             : type == MINOR_VERSION ? NPUSPARSE_VERSION / 100 % 10
                                     : NPUSPARSE_VERSION % 100;
    return {};
  });
}
const char *npusparseGetErrorName(npusparseStatus_t status) {
  for (const Named &row : kNames)
    if (row.status == status)
      return row.name;
  return "unrecognized error code";
}
const char *npusparseGetErrorString(npusparseStatus_t status) {
  for (const Named &row : kNames)
    if (row.status == status)
      return row.text;
  return "unrecognized error code";
}
npusparseStatus_t npusparseSetStream(npusparseHandle_t handle, npuStream_t stream) {
  return entry("cusparseSetStream", handle, [&](const Settings &) -> Outcome {
    handle->stream = stream;
    return {};
  });
}
npusparseStatus_t npusparseGetStream(npusparseHandle_t handle, npuStream_t *stream) {
  return entry("cusparseGetStream", handle, [&](const Settings &settings) -> Outcome {
    if (!stream)
      return invalid("the stream's address is null");
    *stream = settings.stream;
    return {};
  });
}
npusparseStatus_t npusparseSetPointerMode(npusparseHandle_t handle, npusparsePointerMode_t mode) {
  return entry("cusparseSetPointerMode", handle, [&](const Settings &) -> Outcome {
    if (mode != NPUSPARSE_POINTER_MODE_HOST && mode != NPUSPARSE_POINTER_MODE_DEVICE)
      return invalid("no such pointer mode");
    handle->pointerMode = mode;
    return {};
  });
}
npusparseStatus_t npusparseGetPointerMode(npusparseHandle_t handle, npusparsePointerMode_t *mode) {
  return entry("cusparseGetPointerMode", handle, [&](const Settings &settings) -> Outcome {
    if (!mode)
      return invalid("the mode's address is null");
    *mode = settings.pointerMode;
    return {};
  });
}

} // extern "C"
