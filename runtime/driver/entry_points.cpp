// The API's functions by CUDA's names, for programs that look them up. A name has had several
// parameter lists: the version that is asked for says which one is meant.
#include "driver_call.h"

#include "src/entry.h"
#include "src/stream.h"

#include <cstring>
#include <string_view>

using namespace npu;
using namespace npu::driver_api;

extern "C" {
#define PER_THREAD(name, parameters, arguments) npudrv_result name##_ptsz parameters;
#include "npu/api/driver_per_thread.def"
}

namespace {

struct Row {
  std::string_view cuda;
  void *function;
};
#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#define NPU_DRV(name) npudrv_##name
const Row kRows[] = {
#define GROUP(title)
#define GAP(cuda, reason)
#define API(cuda, neutral, parameters, status)                                                     \
  {#cuda, reinterpret_cast<void *>(static_cast<npudrv_result(*) parameters>(&neutral))},
#include "npu/api/driver.def"
#undef GROUP
#undef GAP
#undef API
#undef NPU_T
#undef NPU_C
#undef NPU_DRV
};

struct Version {
  std::string_view symbol;
  int version;
  std::string_view row;
};
constexpr Version kVersions[] = {
#define VERSION(symbol, version, row) {#symbol, version, #row},
#define LATEST(symbol, version, row) {#symbol, version, #row},
#define UNSUPPORTED(symbol, version)
#include "npu/api/driver_versions.def"
};

struct PerThread {
  void *function, *perThread;
};
const PerThread kPerThread[] = {
#define PER_THREAD(name, parameters, arguments)                                                    \
  {reinterpret_cast<void *>(static_cast<npudrv_result(*) parameters>(&name)),                      \
   reinterpret_cast<void *>(&name##_ptsz)},
#include "npu/api/driver_per_thread.def"
};

void *rowOf(std::string_view cuda) {
  for (const Row &row : kRows)
    if (row.cuda == cuda)
      return row.function;
  return nullptr;
}

bool takeSuffix(std::string_view &name, std::string_view suffix) {
  const bool has = name.size() > suffix.size() &&
                   name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  if (has)
    name.remove_suffix(suffix.size());
  return has;
}

// The newest of the symbol's functions that `version` has; a name with its own version (_v2) means
// that one.
npudrv_driverProcAddressQueryResult find(std::string_view symbol, int version, bool perThread,
                                         void *&function) {
  function = nullptr;
  if (takeSuffix(symbol, "_ptsz") || takeSuffix(symbol, "_ptds"))
    perThread = true;
  const Version *best = nullptr;
  bool known = false;
  for (const Version &row : kVersions)
    if (row.symbol == symbol) {
      known = true;
      if (row.version <= version && (!best || row.version > best->version))
        best = &row;
    }
  if (known && !best)
    return NPUDRV_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
  function = rowOf(best ? best->row : symbol);
  for (const PerThread &row : kPerThread)
    if (perThread && function == row.function) {
      function = row.perThread;
      break;
    }
  return function ? NPUDRV_GET_PROC_ADDRESS_SUCCESS : NPUDRV_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
}

Status notFound(const char *symbol, npudrv_driverProcAddressQueryResult why) {
  return Status(npuErrorSymbolNotFound,
                why == NPUDRV_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                    ? std::string(symbol) + " has other parameters in this version of CUDA"
                    : std::string(symbol) + " is not supported");
}

// Whether the call comes from a source that -default-stream per-thread compiled.
bool calledPerThread() {
  const bool its = core::defaultStreamIsThreads(false);
  return core::defaultStreamIsThreads(its), its;
}

bool wantsPerThread(uint64_t flags) {
  return (flags & NPUDRV_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) ||
         (!flags && calledPerThread());
}

npuError_t runtimeEntryPoint(const char *name, const char *symbol, void **function, int version,
                             unsigned long long flags, npuDriverEntryPointQueryResult *found) {
  return core::entry(name, core::trace(symbol, function, flags, found), [&] {
    if (!symbol || !function || flags > npuEnablePerThreadDefaultStream)
      return Status(npuErrorInvalidValue, "no name, no result or an unknown flag");
    const auto result = find(symbol, version, wantsPerThread(flags), *function);
    if (found)
      *found = npuDriverEntryPointQueryResult(result);
    return *function || found ? Status() : notFound(symbol, result);
  });
}

constexpr int kRuntimeVersion = 12080; // of cuda_runtime_api.h

} // namespace

extern "C" {

npudrv_result npudrvGetProcAddress(const char *symbol, void **function, int version, uint64_t flags,
                                   npudrv_driverProcAddressQueryResult *found) {
  return call(
      "cuGetProcAddress",
      [&] {
        constexpr uint64_t kFlags = NPUDRV_GET_PROC_ADDRESS_LEGACY_STREAM |
                                    NPUDRV_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
        if (!symbol || !function || (flags & ~kFlags))
          return Status(npuErrorInvalidValue, "no name, no result or an unknown flag");
        const auto result = find(symbol, version, wantsPerThread(flags), *function);
        if (found)
          *found = result;
        return *function || found ? Status() : notFound(symbol, result);
      },
      Needs::Nothing);
}

npuError_t npuGetDriverEntryPoint(const char *symbol, void **function, unsigned long long flags,
                                  npuDriverEntryPointQueryResult *found) {
  return runtimeEntryPoint("npuGetDriverEntryPoint", symbol, function, kRuntimeVersion, flags,
                           found);
}

npuError_t npuGetDriverEntryPointByVersion(const char *symbol, void **function,
                                           unsigned int version, unsigned long long flags,
                                           npuDriverEntryPointQueryResult *found) {
  return runtimeEntryPoint("npuGetDriverEntryPointByVersion", symbol, function, int(version), flags,
                           found);
}

} // extern "C"
