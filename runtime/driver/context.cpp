// Contexts and what they are asked; see context.h.
#include "context.h"

#include "driver_call.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace npu::driver_api {
namespace {

struct Contexts {
  std::mutex mutex;
  // Under mutex.
  std::map<npudrv_context, std::unique_ptr<npudrv_ctx_st>> created;
  std::map<int, npudrv_ctx_st> primaries;
  std::map<int, int> retained;
  unsigned long long lastId = 0;
};
Contexts &contexts() {
  static Contexts &instance = *new Contexts;
  return instance;
}

thread_local std::vector<npudrv_context> stack; // see settle()

npudrv_context primaryOf(int device) {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  npudrv_ctx_st &primary = contexts().primaries[device];
  if (!primary.primary) {
    primary.device = device;
    primary.primary = true;
    primary.id = ++contexts().lastId;
  }
  return &primary;
}

bool isAlive(npudrv_context context) {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  if (contexts().created.count(context))
    return true;
  for (const auto &[device, primary] : contexts().primaries)
    if (&primary == context)
      return true;
  return false;
}

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status checkDevice(int device) {
  int count = 0;
  if (Status status = done(npuGetDeviceCount(&count)); !status)
    return status;
  return device >= 0 && device < count
             ? Status()
             : Status(npuErrorInvalidDevice, "there is no device " + std::to_string(device));
}

// Another thread may have destroyed what is on this one's stack.
Status follow() {
  return stack.empty() || !isAlive(stack.back()) ? Status()
                                                 : done(npuSetDevice(stack.back()->device));
}

// Before a thread's stack is looked at: calls of the runtime since the last time have made their
// device's primary context current, where there was none or one of another device.
void settle() {
  int device = 0;
  if (!core::takeRuntimeUse() || npuGetDevice(&device) != npuSuccess)
    return;
  if (stack.empty())
    stack.push_back(primaryOf(device));
  else if (isAlive(stack.back()) && stack.back()->device != device)
    stack.back() = primaryOf(device);
}

Status push(npudrv_context context) {
  settle();
  stack.push_back(context);
  return follow();
}

Status create(npudrv_context *context, unsigned flags, int device) {
  if (!context)
    return nullResult();
  if (Status status = checkDevice(device); !status)
    return status;
  if (flags & ~unsigned(NPUDRV_CTX_FLAGS_MASK))
    return Status(npuErrorInvalidValue, "unknown flags");
  auto made = std::make_unique<npudrv_ctx_st>();
  made->device = device;
  made->flags = flags;
  *context = made.get();
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    made->id = ++contexts().lastId;
    contexts().created[made.get()] = std::move(made);
  }
  return push(*context);
}

Status destroy(npudrv_context context) {
  if (Status status = checkContext(context); !status)
    return status;
  if (context->primary)
    return Status(npuErrorDeviceUninitialized, "a primary context is released, not destroyed");
  settle();
  Status waited = done(npuDeviceSynchronize());
  if (!stack.empty() && stack.back() == context)
    stack.pop_back();
  stack.erase(std::remove(stack.begin(), stack.end(), context), stack.end());
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    contexts().created.erase(context);
  }
  (void)follow();
  return waited;
}

} // namespace

npudrv_context currentContext() {
  settle();
  return !stack.empty() && isAlive(stack.back()) ? stack.back() : nullptr;
}

Status checkContext(npudrv_context context) {
  return context && isAlive(context)
             ? Status()
             : Status(npuErrorDeviceUninitialized, "no such context, or it has been destroyed");
}

} // namespace npu::driver_api

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvDevicePrimaryCtxRetain(npudrv_context *context, npudrv_device device) {
  return call(
      "cuDevicePrimaryCtxRetain",
      [&] {
        if (!context)
          return nullResult();
        if (Status status = checkDevice(device); !status)
          return status;
        *context = primaryOf(device);
        std::lock_guard<std::mutex> lock(contexts().mutex);
        ++contexts().retained[device];
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDevicePrimaryCtxRelease(npudrv_device device) {
  return call(
      "cuDevicePrimaryCtxRelease",
      [&] {
        if (Status status = checkDevice(device); !status)
          return status;
        std::lock_guard<std::mutex> lock(contexts().mutex);
        int &count = contexts().retained[device];
        if (count == 0)
          return Status(npuErrorDeviceUninitialized, "the primary context is not retained");
        --count;
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDevicePrimaryCtxReset(npudrv_device device) {
  return call(
      "cuDevicePrimaryCtxReset",
      [&] {
        if (Status status = checkDevice(device); !status)
          return status;
        return done(npuDeviceReset());
      },
      Needs::Init);
}

npudrv_result npudrvDevicePrimaryCtxSetFlags(npudrv_device device, unsigned int flags) {
  return call(
      "cuDevicePrimaryCtxSetFlags",
      [&] {
        if (Status status = checkDevice(device); !status)
          return status;
        primaryOf(device)->flags = flags;
        return done(npuSetDeviceFlags(flags));
      },
      Needs::Init);
}

npudrv_result npudrvDevicePrimaryCtxGetState(npudrv_device device, unsigned int *flags,
                                             int *active) {
  return call(
      "cuDevicePrimaryCtxGetState",
      [&] {
        if (!flags || !active)
          return nullResult();
        if (Status status = checkDevice(device); !status)
          return status;
        *flags = primaryOf(device)->flags;
        std::lock_guard<std::mutex> lock(contexts().mutex);
        *active = contexts().retained[device] > 0 || core::runtimeUses(device);
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvCtxCreate(npudrv_context *context, unsigned int flags, npudrv_device device) {
  return call(
      "cuCtxCreate", [&] { return create(context, flags, device); }, Needs::Init);
}

npudrv_result npudrvCtxCreateWithParams(npudrv_context *context, npudrv_ctxCreateParams *parameters,
                                        unsigned int flags, npudrv_device device) {
  return call(
      "cuCtxCreate_v4",
      [&] {
        if (parameters && (parameters->numExecAffinityParams || parameters->cigParams))
          return Status(npuErrorNotSupported, "contexts are not limited to parts of a device");
        return create(context, flags, device);
      },
      Needs::Init);
}

npudrv_result npudrvCtxCreate_v3(npudrv_context *context, npudrv_execAffinityParam *affinities,
                                 int count, unsigned int flags, npudrv_device device) {
  return call(
      "cuCtxCreate_v3",
      [&] {
        if (affinities || count)
          return Status(npuErrorUnsupportedExecAffinity,
                        "contexts are not limited to parts of a device");
        return create(context, flags, device);
      },
      Needs::Init);
}

npudrv_result npudrvCtxDestroy(npudrv_context context) {
  return call(
      "cuCtxDestroy", [&] { return destroy(context); }, Needs::Init);
}

npudrv_result npudrvCtxPushCurrent(npudrv_context context) {
  return call(
      "cuCtxPushCurrent",
      [&] {
        Status status = checkContext(context);
        return status ? push(context) : status;
      },
      Needs::Init);
}

npudrv_result npudrvCtxPopCurrent(npudrv_context *context) {
  return call(
      "cuCtxPopCurrent",
      [&] {
        settle();
        if (stack.empty())
          return Status(npuErrorDeviceUninitialized, "the thread has no current context");
        if (context)
          *context = stack.back();
        stack.pop_back();
        return follow();
      },
      Needs::Init);
}

npudrv_result npudrvCtxSetCurrent(npudrv_context context) {
  return call(
      "cuCtxSetCurrent",
      [&] {
        if (context)
          if (Status status = checkContext(context); !status)
            return status;
        settle();
        if (!stack.empty())
          stack.pop_back();
        return context ? push(context) : follow();
      },
      Needs::Init);
}

npudrv_result npudrvCtxGetCurrent(npudrv_context *context) {
  return call(
      "cuCtxGetCurrent",
      [&] {
        if (!context)
          return nullResult();
        *context = currentContext();
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvCtxGetDevice(npudrv_device *device) {
  return call("cuCtxGetDevice", [&] {
    if (!device)
      return nullResult();
    *device = currentContext()->device;
    return Status();
  });
}

npudrv_result npudrvCtxGetDevice_v2(npudrv_device *device, npudrv_context context) {
  return call("cuCtxGetDevice_v2", [&] {
    npudrv_context asked = context ? context : currentContext();
    if (!device)
      return nullResult();
    Status status = checkContext(asked);
    if (status)
      *device = asked->device;
    return status;
  });
}

npudrv_result npudrvCtxGetFlags(unsigned int *flags) {
  return call("cuCtxGetFlags", [&] {
    if (!flags)
      return nullResult();
    *flags = currentContext()->flags;
    return Status();
  });
}

npudrv_result npudrvCtxSetFlags(unsigned int flags) {
  return call("cuCtxSetFlags", [&] {
    if (flags & ~unsigned(NPUDRV_CTX_FLAGS_MASK))
      return Status(npuErrorInvalidValue, "unknown flags");
    currentContext()->flags = flags;
    return Status();
  });
}

npudrv_result npudrvCtxGetId(npudrv_context context, unsigned long long *id) {
  return call("cuCtxGetId", [&] {
    npudrv_context asked = context ? context : currentContext();
    if (!id)
      return nullResult();
    if (Status status = checkContext(asked); !status)
      return status;
    *id = asked->id;
    return Status();
  });
}

npudrv_result npudrvCtxGetApiVersion(npudrv_context context, unsigned int *version) {
  return call("cuCtxGetApiVersion", [&] {
    if (!version)
      return nullResult();
    if (context)
      if (Status status = checkContext(context); !status)
        return status;
    *version = 3020; // the version of the context functions' ABI, as every current driver says
    return Status();
  });
}

npudrv_result npudrvCtxAttach(npudrv_context *context, unsigned int flags) {
  return call("cuCtxAttach", [&] {
    if (!context || flags)
      return Status(npuErrorInvalidValue, "the result is null, or there are flags");
    *context = currentContext();
    return Status();
  });
}

npudrv_result npudrvCtxDetach(npudrv_context context) {
  return call("cuCtxDetach", [&] { return destroy(context); });
}

} // extern "C"
