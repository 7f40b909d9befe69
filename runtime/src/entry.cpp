// The API boundary's common part; see entry.h. The last error is per thread, as in CUDA.
#include "entry.h"

#include "services.h"
#include "shutdown.h"
#include "stream.h"
#include "thread_use.h"
#include "timeline.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

namespace npu::core {
namespace {
thread_local npuError_t threadLastError = npuSuccess;
std::atomic<bool> started{false};
thread_local bool usedRuntime = false;
std::atomic<uint64_t> usedDevices{0}; // a bit for each; the last one for all others
thread_local int insideDriver = 0;
} // namespace

static uint64_t bitOf(int device) { return uint64_t(1) << std::min(device, 63); }

bool takeRuntimeUse() { return std::exchange(usedRuntime, false); }
bool runtimeUses(int device) { return usedDevices & bitOf(device); }
void forgetRuntimeUses(int device) { usedDevices &= ~bitOf(device); }
InsideDriver::InsideDriver() { ++insideDriver; }
InsideDriver::~InsideDriver() { --insideDriver; }

bool driverStarted() { return started.load(std::memory_order_relaxed); }

Status beginEntry(EntryRule rule) {
  if (inForkedChild())
    return Status(npuErrorInitializationError,
                  "a forked process cannot use the devices that its parent has started; fork "
                  "before the first call, or call exec");
  const bool needsContext = rule == EntryRule::NeedsContext || rule == EntryRule::Waits;
  if (rule != EntryRule::WithoutDriver && !insideDriver) {
    usedRuntime = true;
    if (needsContext && !runtimeUses(currentDevice()))
      usedDevices |= bitOf(currentDevice());
  }
  if (rule != EntryRule::WithoutDriver && !driverStarted())
    started.store(true, std::memory_order_relaxed);
  if (rule != EntryRule::NeedsContext || !contextFailed())
    return {};
  flushPrints(); // what failed assertions say
  return contextFailure();
}

npuError_t endEntry(const char *name, const std::string &arguments, const Status &status) {
  const npuError_t code = status.code();
  if (code != npuSuccess && code != npuErrorNotReady)
    threadLastError = code;
  if (logs(LogLevel::Trace))
    log(LogLevel::Trace, std::string(name) + "(" + arguments + ") = " + errorName(code) +
                             (status ? "" : ": " + status.message()));
  else if (!status && code != npuErrorNotReady && logs(LogLevel::Debug))
    log(LogLevel::Debug, std::string(name) + ": " + errorName(code) + ": " + status.message());
  return code;
}

Status currentException() noexcept {
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

npuError_t lastError() { return threadLastError; }
void clearLastError() { threadLastError = npuSuccess; }

} // namespace npu::core
