// The registry of live handles and the entry boundary. A destroyed or foreign handle is recognised
// by the registry and never dereferenced.
#include "blas_context.h"

#include "half.h"
#include "logger.h"

#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <unordered_map>

// Only its address is the handle; the settings live in the registry.
struct npublasContext {
  char unused;
};

namespace npu::blas {
namespace {

struct Registry {
  std::mutex mutex; // guards settings
  std::unordered_map<npublasHandle_t, Settings> settings;
};

// Never destroyed: programs call the library from their own static destructors.
Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

} // namespace

Outcome fromCore(const Status &status) {
  switch (status.code()) {
  case npuSuccess:
    return {};
  case npuErrorMemoryAllocation:
    return {NPUBLAS_STATUS_ALLOC_FAILED, status.message()};
  case npuErrorInvalidValue:
    return {NPUBLAS_STATUS_INVALID_VALUE, status.message()};
  case npuErrorNotSupported:
    return {NPUBLAS_STATUS_NOT_SUPPORTED, status.message()};
  case npuErrorInitializationError:
  case npuErrorNoDevice:
    return {NPUBLAS_STATUS_NOT_INITIALIZED, status.message()};
  default:
    return {NPUBLAS_STATUS_EXECUTION_FAILED, status.message()};
  }
}

Outcome withSettings(npublasHandle_t handle, const std::function<void(Settings &)> &change) {
  Registry &all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  auto found = all.settings.find(handle);
  if (found == all.settings.end())
    return {NPUBLAS_STATUS_NOT_INITIALIZED,
            handle ? "the handle was destroyed or is not a BLAS handle" : "the handle is null"};
  change(found->second);
  return {};
}

npublasStatus_t blasEntry(const char *name, const std::function<Outcome()> &body) noexcept {
  try {
    Outcome outcome;
    try {
      outcome = body();
    } catch (const std::bad_alloc &) {
      outcome = {NPUBLAS_STATUS_ALLOC_FAILED, "out of host memory"};
    } catch (const std::exception &error) {
      outcome = {NPUBLAS_STATUS_INTERNAL_ERROR, error.what()};
    }
    logCall(name, npublasGetStatusName(outcome.code()), outcome.message());
    return outcome.code();
  } catch (...) { // not even the log line could be made
    return NPUBLAS_STATUS_INTERNAL_ERROR;
  }
}

npublasStatus_t blasEntry(const char *name, npublasHandle_t handle,
                          const std::function<Outcome(const Settings &)> &body) noexcept {
  return blasEntry(name, [&]() -> Outcome {
    Settings copy;
    Outcome live = withSettings(handle, [&](Settings &settings) { copy = settings; });
    return live.ok() ? body(copy) : live;
  });
}

Outcome reachable(const char *what, const void *address, size_t bytes) {
  if (bytes == 0 || core::deviceCanReach(address, bytes))
    return {};
  return {NPUBLAS_STATUS_MAPPING_ERROR,
          std::string(what) + ": " + std::to_string(bytes) +
              " bytes there are not device memory; allocate them with npuMalloc"};
}

Outcome readScalar(const Settings &settings, const char *what, const void *address, Format format,
                   std::complex<double> &value) {
  if (!address)
    return invalid(std::string(what) + " is null");
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE) {
    if (Outcome reach = reachable(what, address, formatBits(format) / 8); !reach.ok())
      return reach;
    if (Outcome waited = fromCore(core::synchronize(settings.stream)); !waited.ok())
      return waited;
  }
  auto load = [&](auto sample) {
    std::memcpy(&sample, address, sizeof sample);
    return sample;
  };
  switch (format) {
  case Format::F32:
    value = double(load(float()));
    return {};
  case Format::F64:
    value = load(double());
    return {};
  case Format::F16:
    value = double(halfToFloat(load(uint16_t())));
    return {};
  case Format::Int32:
    value = double(load(int32_t()));
    return {};
  case Format::C32:
    value = std::complex<double>(load(std::complex<float>()));
    return {};
  case Format::C64:
    value = load(std::complex<double>());
    return {};
  default:
    return unsupported(std::string(what) + " of format " + formatName(format));
  }
}

} // namespace npu::blas

using namespace npu::blas;

npublasStatus_t npublasCreate(npublasHandle_t *handle) {
  return blasEntry("cublasCreate", [&]() -> Outcome {
    if (!handle)
      return invalid("the handle's address is null");
    auto *created = new npublasContext;
    Registry &all = registry();
    std::lock_guard<std::mutex> lock(all.mutex);
    all.settings.emplace(created, Settings());
    *handle = created;
    return {};
  });
}

npublasStatus_t npublasDestroy(npublasHandle_t handle) {
  return blasEntry("cublasDestroy", handle, [&](const Settings &) -> Outcome {
    // Like cuBLAS, waits for the whole device: the handle's stream may be gone already.
    Outcome waited = fromCore(npu::core::synchronizeDevice());
    Registry &all = registry();
    std::lock_guard<std::mutex> lock(all.mutex);
    if (all.settings.erase(handle))
      delete handle;
    return waited;
  });
}
