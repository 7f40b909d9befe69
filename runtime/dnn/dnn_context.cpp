// The registry of handles and descriptors, and the functions of the library itself.
#include "dnn_context.h"

#include "src/log.h"

#include <cstring>
#include <mutex>
#include <unordered_map>

namespace npu::dnn {
namespace {

struct Registry {
  std::mutex mutex; // guards everything below
  std::unordered_map<const void *, std::shared_ptr<Object>> objects;
  npudnnCallback_t callback = nullptr;
  void *userData = nullptr;
  unsigned mask = 0;
};

// Never destroyed: programs call the library from their own static destructors.
Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

std::string &lastError() {
  thread_local std::string text;
  return text;
}

void report(const char *name, npudnnStatus_t code, const std::string &message) {
  if (code == NPUDNN_STATUS_SUCCESS) {
    core::log(core::LogLevel::Trace, std::string(name) + ": success");
    return;
  }
  const std::string line = std::string(name) + ": " + npudnnGetErrorString(code) + ": " + message;
  core::log(core::LogLevel::Debug, line);
  lastError() = line;
  npudnnCallback_t callback;
  void *userData;
  {
    std::lock_guard<std::mutex> lock(registry().mutex);
    if (!(registry().mask & NPUDNN_SEV_ERROR_EN))
      return;
    callback = registry().callback, userData = registry().userData;
  }
  if (!callback)
    return;
  npudnnDebug_t debug = {};
  debug.npudnn_version = NPUDNN_VERSION;
  debug.npudnnStatus = code;
  callback(NPUDNN_SEV_ERROR, userData, &debug, line.c_str());
}

} // namespace

void badParameter(std::string message) {
  throw Failure{NPUDNN_STATUS_BAD_PARAM, std::move(message)};
}
void unsupported(std::string message) {
  throw Failure{NPUDNN_STATUS_NOT_SUPPORTED, std::move(message)};
}

void check(const Status &status) {
  switch (status.code()) {
  case npuSuccess:
    return;
  case npuErrorMemoryAllocation:
    throw Failure{NPUDNN_STATUS_ALLOC_FAILED, status.message()};
  case npuErrorInvalidValue:
    throw Failure{NPUDNN_STATUS_BAD_PARAM, status.message()};
  case npuErrorNotSupported:
    throw Failure{NPUDNN_STATUS_NOT_SUPPORTED, status.message()};
  case npuErrorInitializationError:
  case npuErrorNoDevice:
    throw Failure{NPUDNN_STATUS_NOT_INITIALIZED, status.message()};
  default:
    throw Failure{NPUDNN_STATUS_EXECUTION_FAILED, status.message()};
  }
}

npudnnStatus_t dnnEntry(const char *name, const std::function<void()> &body) noexcept {
  try {
    Failure failure{NPUDNN_STATUS_SUCCESS, ""};
    try {
      body();
    } catch (const Failure &thrown) {
      failure = thrown;
    } catch (const std::bad_alloc &) {
      failure = {NPUDNN_STATUS_ALLOC_FAILED, "out of host memory"};
    } catch (const std::exception &error) {
      failure = {NPUDNN_STATUS_INTERNAL_ERROR, error.what()};
    }
    report(name, failure.code, failure.message);
    return failure.code;
  } catch (...) { // not even the log line could be made
    return NPUDNN_STATUS_INTERNAL_ERROR;
  }
}

void logDebug(const std::string &line) { core::log(core::LogLevel::Debug, line); }

void keep(const void *address, std::shared_ptr<Object> object) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  registry().objects[address] = std::move(object);
}

std::shared_ptr<Object> find(const void *address) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  auto found = registry().objects.find(address);
  return found == registry().objects.end() ? nullptr : found->second;
}

bool forget(const void *address) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  return registry().objects.erase(address) != 0;
}

npuStream_t streamOf(npudnnHandle_t handle) {
  auto found = std::dynamic_pointer_cast<Handle>(find(handle));
  if (!found)
    throw Failure{handle ? NPUDNN_STATUS_NOT_INITIALIZED : NPUDNN_STATUS_BAD_PARAM,
                  handle ? "the handle was destroyed or is not a DNN handle"
                         : "the handle is null"};
  return found->stream;
}

void enqueueHost(npuStream_t stream, const char *caller, std::function<void()> function) {
  check(core::enqueue(stream, HostCall{[caller, function = std::move(function)] {
                        try {
                          function();
                        } catch (const Failure &failure) {
                          throw std::runtime_error(std::string(caller) + ": " + failure.message);
                        }
                      }}));
}

} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnCreate(npudnnHandle_t *handle) {
  return dnnEntry("cudnnCreate",
                  [&] { createObject<npudnnHandle_t, Handle>(handle, "the handle's address"); });
}

npudnnStatus_t npudnnDestroy(npudnnHandle_t handle) {
  return dnnEntry("cudnnDestroy", [&] {
    streamOf(handle);
    // Waits for the whole device: the handle's stream may be gone already.
    check(npu::core::synchronizeDevice());
    forget(handle);
  });
}

npudnnStatus_t npudnnSetStream(npudnnHandle_t handle, npuStream_t streamId) {
  return dnnEntry("cudnnSetStream", [&] {
    streamOf(handle);
    std::dynamic_pointer_cast<Handle>(find(handle))->stream = streamId;
  });
}

npudnnStatus_t npudnnGetStream(npudnnHandle_t handle, npuStream_t *streamId) {
  return dnnEntry("cudnnGetStream", [&] {
    requirePointer(streamId, "the result");
    *streamId = streamOf(handle);
  });
}

// Each version's sources are answered with theirs (npu/dnn.h).
size_t npudnnGetVersion(void) { return NPUDNN_VERSION; }
extern "C" size_t npudnnGetVersion_8(void) { return 8907; }
extern "C" size_t npudnnGetVersion_9(void) { return 90000; }
size_t npudnnGetMaxDeviceVersion(void) { return NPUDNN_VERSION; }
size_t npudnnGetCudartVersion(void) { return 12080; }

const char *npudnnGetErrorString(npudnnStatus_t status) {
  switch (status) {
#define STATUS(name)                                                                               \
  case NPUDNN_STATUS_##name:                                                                       \
    return "CUDNN_STATUS_" #name;
    STATUS(SUCCESS)
    STATUS(NOT_INITIALIZED)
    STATUS(ALLOC_FAILED)
    STATUS(BAD_PARAM)
    STATUS(INTERNAL_ERROR)
    STATUS(INVALID_VALUE)
    STATUS(ARCH_MISMATCH)
    STATUS(MAPPING_ERROR)
    STATUS(EXECUTION_FAILED)
    STATUS(NOT_SUPPORTED)
    STATUS(LICENSE_ERROR)
    STATUS(RUNTIME_PREREQUISITE_MISSING)
    STATUS(RUNTIME_IN_PROGRESS)
    STATUS(RUNTIME_FP_OVERFLOW)
    STATUS(VERSION_MISMATCH)
#undef STATUS
  }
  return "CUDNN_UNKNOWN_STATUS";
}

void npudnnGetLastErrorString(char *message, size_t max_size) {
  if (!message || max_size == 0)
    return;
  std::strncpy(message, lastError().c_str(), max_size - 1);
  message[max_size - 1] = 0;
  lastError().clear();
}

static npudnnStatus_t giveProperty(libraryPropertyType type, int *value, int major, int minor,
                                   int patch) {
  return dnnEntry("cudnnGetProperty", [&] {
    requirePointer(value, "the result");
    switch (type) {
    case MAJOR_VERSION:
      *value = major;
      return;
    case MINOR_VERSION:
      *value = minor;
      return;
    case PATCH_LEVEL:
      *value = patch;
      return;
    }
    throw Failure{NPUDNN_STATUS_INVALID_VALUE, "there is no such property"};
  });
}
npudnnStatus_t npudnnGetProperty(libraryPropertyType type, int *value) {
  return giveProperty(type, value, NPUDNN_MAJOR, NPUDNN_MINOR, NPUDNN_PATCHLEVEL);
}
extern "C" npudnnStatus_t npudnnGetProperty_8(libraryPropertyType type, int *value) {
  return giveProperty(type, value, 8, 9, 7);
}
extern "C" npudnnStatus_t npudnnGetProperty_9(libraryPropertyType type, int *value) {
  return giveProperty(type, value, 9, 0, 0);
}

npudnnStatus_t npudnnQueryRuntimeError(npudnnHandle_t handle, npudnnStatus_t *rstatus,
                                       npudnnErrQueryMode_t mode, npudnnRuntimeTag_t *) {
  return dnnEntry("cudnnQueryRuntimeError", [&] {
    const npuStream_t stream = streamOf(handle);
    requirePointer(rstatus, "rstatus");
    require(mode >= NPUDNN_ERRQUERY_RAWCODE && mode <= NPUDNN_ERRQUERY_BLOCKING,
            "there is no such mode");
    *rstatus = NPUDNN_STATUS_SUCCESS;
    if (mode == NPUDNN_ERRQUERY_BLOCKING && !npu::core::synchronize(stream))
      *rstatus = NPUDNN_STATUS_EXECUTION_FAILED;
  });
}

npudnnStatus_t npudnnSetCallback(unsigned mask, void *udata, npudnnCallback_t fptr) {
  return dnnEntry("cudnnSetCallback", [&] {
    std::lock_guard<std::mutex> lock(registry().mutex);
    registry().mask = mask, registry().userData = udata, registry().callback = fptr;
  });
}

npudnnStatus_t npudnnGetCallback(unsigned *mask, void **udata, npudnnCallback_t *fptr) {
  return dnnEntry("cudnnGetCallback", [&] {
    requirePointer(mask, "mask");
    requirePointer(udata, "udata");
    requirePointer(fptr, "fptr");
    std::lock_guard<std::mutex> lock(registry().mutex);
    *mask = registry().mask, *udata = registry().userData, *fptr = registry().callback;
  });
}

// The parts of the library are one and always fit.
#define PART(name)                                                                                 \
  npudnnStatus_t npudnn##name##VersionCheck(void) { return NPUDNN_STATUS_SUCCESS; }
PART(AdvInfer)
PART(AdvTrain)
PART(CnnInfer)
PART(CnnTrain)
PART(OpsInfer)
PART(OpsTrain)
PART(Graph)
PART(Ops)
PART(Cnn)
PART(Adv)
#undef PART
