// Devices: how many, which one, what they are, and settings that are remembered for the asker.
#include "entry.h"

#include "device_properties.h"
#include "registration.h"
#include "services.h"
#include "stream.h"
#include "thread_use.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>

using namespace npu;
using namespace npu::core;

namespace {

std::atomic<unsigned> deviceFlags{npuDeviceScheduleAuto};
std::atomic<int> cacheConfig{npuFuncCachePreferNone};
std::atomic<int> sharedMemConfig{npuSharedMemBankSizeFourByte};

// By npuLimit; CUDA's defaults where programs are known to print them.
struct {
  std::mutex mutex;
  size_t values[7] = {1024, 1 << 20, 8 << 20, 2, 2048, 64, 0}; // under mutex
} limits;

struct {
  std::mutex mutex;
  std::set<std::pair<int, int>> enabled; // under mutex: (from, to)
} peers;

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status synchronizeCall() {
  if (Status status = checkDevice(currentDevice()); !status)
    return status;
  return synchronizeDevice();
}

// Waits, makes a failed context usable again, and takes back what was set: the device's variables
// have their initial values. Memory and handles stay valid, unlike on a GPU: freeing them
// afterwards, as programs do, must stay harmless.
Status reset() {
  Status status = synchronizeAllDevices();
  if (status.code() == npuErrorNotPermitted)
    return status;
  clearContextFailure();
  const int device = currentDevice();
  resetVariables(device);
  deviceFlags = npuDeviceScheduleAuto;
  forgetRuntimeUses(device);
  std::lock_guard<std::mutex> lock(peers.mutex);
  for (auto it = peers.enabled.begin(); it != peers.enabled.end();)
    it = it->first == device ? peers.enabled.erase(it) : std::next(it);
  return {};
}

Status checkPeer(int peer) {
  if (Status status = checkDevice(peer); !status)
    return status;
  if (peer == currentDevice())
    return Status(npuErrorInvalidDevice, "a device is not its own peer");
  return {};
}

} // namespace

extern "C" {

npuError_t npuGetDeviceCount(int *count) {
  return entry(
      "npuGetDeviceCount", trace(count),
      [&] {
        if (!count)
          return nullResult();
        *count = deviceCount();
        return *count ? Status() : checkDevice(0);
      },
      EntryRule::WithoutContext);
}

npuError_t npuSetDevice(int device) {
  return entry("npuSetDevice", trace(device), [&] { return setCurrentDevice(device); });
}

npuError_t npuGetDevice(int *device) {
  return entry("npuGetDevice", trace(device), [&] {
    if (!device)
      return nullResult();
    *device = currentDevice();
    return checkDevice(*device);
  });
}

npuError_t npuGetDeviceProperties(npuDeviceProp *properties, int device) {
  return entry(
      "npuGetDeviceProperties", trace(properties, device),
      [&] {
        if (!properties)
          return nullResult();
        if (Status status = checkDevice(device); !status)
          return status;
        fillProperties(*properties, device);
        return Status();
      },
      EntryRule::WithoutContext);
}

npuError_t npuDeviceGetAttribute(int *value, npuDeviceAttr attribute, int device) {
  return entry(
      "npuDeviceGetAttribute", trace(value, attribute, device),
      [&] {
        if (!value)
          return nullResult();
        if (Status status = checkDevice(device); !status)
          return status;
        if (!deviceAttribute(attribute, device, *value))
          return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
        return Status();
      },
      EntryRule::WithoutContext);
}

// All devices are alike.
npuError_t npuChooseDevice(int *device, const npuDeviceProp *properties) {
  return entry("npuChooseDevice", trace(device, properties), [&] {
    if (!device || !properties)
      return nullResult();
    *device = 0;
    return checkDevice(0);
  });
}

npuError_t npuSetValidDevices(int *devices, int count) {
  return entry("npuSetValidDevices", trace(devices, count), [&] {
    if (count < 0 || (count > 0 && !devices))
      return Status(npuErrorInvalidValue, "no list of devices");
    for (int i = 0; i < count; ++i)
      if (Status status = checkDevice(devices[i]); !status)
        return status;
    return count > 0 ? setCurrentDevice(devices[0]) : Status();
  });
}

npuError_t npuInitDevice(int device, unsigned int flagsOfDevice, unsigned int flags) {
  return entry("npuInitDevice", trace(device, flagsOfDevice, flags), [&] {
    if (Status status = checkDevice(device); !status)
      return status;
    if (flags & npuInitDeviceFlagsAreValid)
      deviceFlags = flagsOfDevice;
    return Status();
  });
}

npuError_t npuDeviceSynchronize(void) {
  return entry("npuDeviceSynchronize", trace(), synchronizeCall, EntryRule::Waits);
}

npuError_t npuThreadSynchronize(void) {
  return entry("npuThreadSynchronize", trace(), synchronizeCall, EntryRule::Waits);
}

// Host and devices see the same memory in the same order.
npuError_t npuDeviceFlushGPUDirectRDMAWrites(npuFlushGPUDirectRDMAWritesTarget target,
                                             npuFlushGPUDirectRDMAWritesScope scope) {
  return entry("npuDeviceFlushGPUDirectRDMAWrites", trace(target, scope), [&] {
    return target == npuFlushGPUDirectRDMAWritesTargetCurrentDevice &&
                   (scope == npuFlushGPUDirectRDMAWritesToOwner ||
                    scope == npuFlushGPUDirectRDMAWritesToAllDevices)
               ? Status()
               : Status(npuErrorInvalidValue, "unknown target or scope");
  });
}

npuError_t npuDeviceReset(void) {
  return entry("npuDeviceReset", trace(), reset, EntryRule::WithoutContext);
}

npuError_t npuThreadExit(void) {
  return entry("npuThreadExit", trace(), reset, EntryRule::WithoutContext);
}

npuError_t npuSetDeviceFlags(unsigned int flags) {
  return entry("npuSetDeviceFlags", trace(flags), [&] {
    if (flags & ~unsigned(npuDeviceMask))
      return Status(npuErrorInvalidValue, "unknown device flags");
    deviceFlags = flags;
    return Status();
  });
}

npuError_t npuGetDeviceFlags(unsigned int *flags) {
  return entry("npuGetDeviceFlags", trace(flags), [&] {
    if (!flags)
      return nullResult();
    *flags = deviceFlags;
    return Status();
  });
}

npuError_t npuDeviceSetLimit(npuLimit limit, size_t value) {
  return entry("npuDeviceSetLimit", trace(limit, value), [&] {
    if (unsigned(limit) >= 7)
      return Status(npuErrorUnsupportedLimit, "unknown limit");
    if (limit == npuLimitPrintfFifoSize)
      if (Status status = setPrintBytes(value); !status)
        return status;
    if (limit == npuLimitMallocHeapSize)
      if (Status status = setHeapBytes(value); !status)
        return status;
    std::lock_guard<std::mutex> lock(limits.mutex);
    limits.values[limit] = value;
    return Status();
  });
}

npuError_t npuDeviceGetLimit(size_t *value, npuLimit limit) {
  return entry("npuDeviceGetLimit", trace(value, limit), [&] {
    if (!value)
      return nullResult();
    if (unsigned(limit) >= 7)
      return Status(npuErrorUnsupportedLimit, "unknown limit");
    std::lock_guard<std::mutex> lock(limits.mutex);
    *value = limits.values[limit];
    return Status();
  });
}

npuError_t npuDeviceSetCacheConfig(npuFuncCache preference) {
  return entry("npuDeviceSetCacheConfig", trace(preference), [&] {
    cacheConfig = preference;
    return Status();
  });
}

npuError_t npuDeviceGetCacheConfig(npuFuncCache *preference) {
  return entry("npuDeviceGetCacheConfig", trace(preference), [&] {
    if (!preference)
      return nullResult();
    *preference = npuFuncCache(cacheConfig.load());
    return Status();
  });
}

npuError_t npuDeviceSetSharedMemConfig(npuSharedMemConfig configuration) {
  return entry("npuDeviceSetSharedMemConfig", trace(configuration), [&] {
    sharedMemConfig = configuration;
    return Status();
  });
}

npuError_t npuDeviceGetSharedMemConfig(npuSharedMemConfig *configuration) {
  return entry("npuDeviceGetSharedMemConfig", trace(configuration), [&] {
    if (!configuration)
      return nullResult();
    *configuration = npuSharedMemConfig(sharedMemConfig.load());
    return Status();
  });
}

npuError_t npuThreadSetLimit(npuLimit limit, size_t value) {
  return npuDeviceSetLimit(limit, value);
}

npuError_t npuThreadGetLimit(size_t *value, npuLimit limit) {
  return npuDeviceGetLimit(value, limit);
}

npuError_t npuThreadSetCacheConfig(npuFuncCache preference) {
  return npuDeviceSetCacheConfig(preference);
}

npuError_t npuThreadGetCacheConfig(npuFuncCache *preference) {
  return npuDeviceGetCacheConfig(preference);
}

// No cache keeps lines beyond their use, so there are none to be given up.
npuError_t npuCtxResetPersistingL2Cache(void) {
  return entry("npuCtxResetPersistingL2Cache", trace(), [] { return Status(); });
}

npuError_t npuDeviceGetStreamPriorityRange(int *least, int *greatest) {
  return entry("npuDeviceGetStreamPriorityRange", trace(least, greatest), [&] {
    if (least)
      *least = kLowestPriority;
    if (greatest)
      *greatest = kHighestPriority;
    return Status();
  });
}

npuError_t npuDeviceCanAccessPeer(int *canAccess, int device, int peer) {
  return entry("npuDeviceCanAccessPeer", trace(canAccess, device, peer), [&] {
    if (!canAccess)
      return nullResult();
    for (int each : {device, peer})
      if (Status status = checkDevice(each); !status)
        return status;
    *canAccess = device != peer;
    return Status();
  });
}

npuError_t npuDeviceEnablePeerAccess(int peer, unsigned int flags) {
  return entry("npuDeviceEnablePeerAccess", trace(peer, flags), [&] {
    if (flags)
      return Status(npuErrorInvalidValue, "the flags must be 0");
    if (Status status = checkPeer(peer); !status)
      return status;
    std::lock_guard<std::mutex> lock(peers.mutex);
    if (!peers.enabled.emplace(currentDevice(), peer).second)
      return Status(npuErrorPeerAccessAlreadyEnabled, "peer access is enabled already");
    return Status();
  });
}

npuError_t npuDeviceDisablePeerAccess(int peer) {
  return entry("npuDeviceDisablePeerAccess", trace(peer), [&] {
    if (Status status = checkPeer(peer); !status)
      return status;
    std::lock_guard<std::mutex> lock(peers.mutex);
    if (!peers.enabled.erase({currentDevice(), peer}))
      return Status(npuErrorPeerAccessNotEnabled, "peer access is not enabled");
    return Status();
  });
}

// Devices are one machine's memory and processor seen several times.
npuError_t npuDeviceGetP2PAttribute(int *value, npuDeviceP2PAttr attribute, int srcDevice,
                                    int dstDevice) {
  return entry("npuDeviceGetP2PAttribute", trace(value, attribute, srcDevice, dstDevice), [&] {
    if (!value)
      return nullResult();
    for (int each : {srcDevice, dstDevice})
      if (Status status = checkDevice(each); !status)
        return status;
    if (srcDevice == dstDevice)
      return Status(npuErrorInvalidDevice, "a device is not its own peer");
    switch (attribute) {
    case npuDevP2PAttrAccessSupported:
    case npuDevP2PAttrNativeAtomicSupported:
      *value = 1;
      return Status();
    case npuDevP2PAttrPerformanceRank:
    case npuDevP2PAttrCudaArrayAccessSupported:
    case npuDevP2PAttrOnlyPartialNativeAtomicSupported:
      *value = 0;
      return Status();
    }
    return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
  });
}

npuError_t npuDeviceGetPCIBusId(char *busId, int bytes, int device) {
  return entry("npuDeviceGetPCIBusId", trace(busId, bytes, device), [&] {
    if (!busId || bytes < 13)
      return Status(npuErrorInvalidValue, "13 bytes are needed for an identifier");
    if (Status status = checkDevice(device); !status)
      return status;
    std::snprintf(busId, size_t(bytes), "0000:00:%02x.0", unsigned(device));
    return Status();
  });
}

npuError_t npuDeviceGetByPCIBusId(int *device, const char *busId) {
  return entry("npuDeviceGetByPCIBusId", trace(device, busId), [&] {
    if (!device || !busId)
      return nullResult();
    unsigned domain = 0, bus = 0, slot = 0;
    if (std::sscanf(busId, "%x:%x:%x", &domain, &bus, &slot) != 3 &&
        std::sscanf(busId, "%x:%x", &bus, &slot) != 2)
      return Status(npuErrorInvalidValue, "this is not a PCI identifier");
    if (domain || bus)
      return Status(npuErrorInvalidDevice, "no device has this PCI identifier");
    *device = int(slot);
    return checkDevice(*device);
  });
}

npuError_t npuDriverGetVersion(int *version) {
  return entry(
      "npuDriverGetVersion", trace(version),
      [&] {
        if (!version)
          return nullResult();
        *version = NPURT_VERSION;
        return Status();
      },
      EntryRule::WithoutDriver);
}

npuError_t npuRuntimeGetVersion(int *version) {
  return entry(
      "npuRuntimeGetVersion", trace(version),
      [&] {
        if (!version)
          return nullResult();
        *version = NPURT_VERSION;
        return Status();
      },
      EntryRule::WithoutDriver);
}

npuError_t npuProfilerStart(void) {
  return entry("npuProfilerStart", trace(), [] { return Status(); });
}

npuError_t npuProfilerStop(void) {
  return entry("npuProfilerStop", trace(), [] { return Status(); });
}

} // extern "C"
