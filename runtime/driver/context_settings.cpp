// What a context is asked to wait for, and its settings: those of its device.
#include "context.h"

#include "src/event.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

// `work` of a context's device; null: of the current one's.
template <class Work> Status onDevice(npudrv_context context, Work work) {
  npudrv_context asked = context ? context : currentContext();
  Status status = checkContext(asked);
  return status ? work(asked->device) : status;
}

Status synchronizeDevice(int device) {
  int current = 0;
  if (Status status = done(npuGetDevice(&current)); !status)
    return status;
  if (Status status = done(npuSetDevice(device)); !status)
    return status;
  Status waited = done(npuDeviceSynchronize());
  Status back = done(npuSetDevice(current));
  return waited ? back : waited;
}

} // namespace

extern "C" {

npudrv_result npudrvCtxSynchronize(void) {
  return call("cuCtxSynchronize", [] { return done(npuDeviceSynchronize()); });
}

npudrv_result npudrvCtxSynchronize_v2(npudrv_context context) {
  return call("cuCtxSynchronize_v2", [&] { return onDevice(context, synchronizeDevice); });
}

npudrv_result npudrvCtxRecordEvent(npudrv_context context, npudrv_event event) {
  return call("cuCtxRecordEvent", [&] {
    return onDevice(context, [&](int device) { return core::recordDeviceEvent(event, device); });
  });
}

npudrv_result npudrvCtxWaitEvent(npudrv_context context, npudrv_event event) {
  return call("cuCtxWaitEvent", [&] {
    return onDevice(context, [&](int device) { return core::waitForEventOnDevice(device, event); });
  });
}

// A whole device: all of its processors.
npudrv_result npudrvCtxGetExecAffinity(npudrv_execAffinityParam *affinity,
                                       npudrv_execAffinityType type) {
  return call("cuCtxGetExecAffinity", [&] {
    int processors = 0;
    if (!affinity || type != NPUDRV_EXEC_AFFINITY_TYPE_SM_COUNT)
      return Status(npuErrorInvalidValue, "the result is null, or the type is unknown");
    Status status = done(npuDeviceGetAttribute(&processors, npuDevAttrMultiProcessorCount,
                                               currentContext()->device));
    affinity->type = type;
    affinity->param.smCount.val = unsigned(processors);
    return status;
  });
}

npudrv_result npudrvCtxSetLimit(npudrv_limit limit, size_t value) {
  return call("cuCtxSetLimit", [&] { return done(npuDeviceSetLimit(npuLimit(limit), value)); });
}

npudrv_result npudrvCtxGetLimit(size_t *value, npudrv_limit limit) {
  return call("cuCtxGetLimit", [&] { return done(npuDeviceGetLimit(value, npuLimit(limit))); });
}

npudrv_result npudrvCtxGetCacheConfig(npudrv_func_cache *preference) {
  return call("cuCtxGetCacheConfig", [&] {
    npuFuncCache current = npuFuncCachePreferNone;
    if (!preference)
      return nullResult();
    Status status = done(npuDeviceGetCacheConfig(&current));
    *preference = npudrv_func_cache(current);
    return status;
  });
}

npudrv_result npudrvCtxSetCacheConfig(npudrv_func_cache preference) {
  return call("cuCtxSetCacheConfig",
              [&] { return done(npuDeviceSetCacheConfig(npuFuncCache(preference))); });
}

npudrv_result npudrvCtxGetSharedMemConfig(npudrv_sharedconfig *configuration) {
  return call("cuCtxGetSharedMemConfig", [&] {
    npuSharedMemConfig current = npuSharedMemBankSizeDefault;
    if (!configuration)
      return nullResult();
    Status status = done(npuDeviceGetSharedMemConfig(&current));
    *configuration = npudrv_sharedconfig(current);
    return status;
  });
}

npudrv_result npudrvCtxSetSharedMemConfig(npudrv_sharedconfig configuration) {
  return call("cuCtxSetSharedMemConfig",
              [&] { return done(npuDeviceSetSharedMemConfig(npuSharedMemConfig(configuration))); });
}

npudrv_result npudrvCtxGetStreamPriorityRange(int *least, int *greatest) {
  return call("cuCtxGetStreamPriorityRange",
              [&] { return done(npuDeviceGetStreamPriorityRange(least, greatest)); });
}

npudrv_result npudrvCtxResetPersistingL2Cache(void) {
  return call("cuCtxResetPersistingL2Cache", [] { return done(npuCtxResetPersistingL2Cache()); });
}

npudrv_result npudrvCtxEnablePeerAccess(npudrv_context peer, unsigned int flags) {
  return call("cuCtxEnablePeerAccess", [&] {
    Status status = checkContext(peer);
    return status ? done(npuDeviceEnablePeerAccess(peer->device, flags)) : status;
  });
}

npudrv_result npudrvCtxDisablePeerAccess(npudrv_context peer) {
  return call("cuCtxDisablePeerAccess", [&] {
    Status status = checkContext(peer);
    return status ? done(npuDeviceDisablePeerAccess(peer->device)) : status;
  });
}

} // extern "C"
