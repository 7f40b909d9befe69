// Streams and host functions on them.
#include "entry.h"

#include "memory.h"
#include "stream.h"

using namespace npu;
using namespace npu::core;

extern "C" {

npuError_t npuStreamCreate(npuStream_t *stream) {
  return entry("npuStreamCreate", trace(stream),
               [&] { return createStream(npuStreamDefault, 0, stream); });
}

npuError_t npuStreamCreateWithFlags(npuStream_t *stream, unsigned int flags) {
  return entry("npuStreamCreateWithFlags", trace(stream, flags),
               [&] { return createStream(flags, 0, stream); });
}

npuError_t npuStreamCreateWithPriority(npuStream_t *stream, unsigned int flags, int priority) {
  return entry("npuStreamCreateWithPriority", trace(stream, flags, priority),
               [&] { return createStream(flags, priority, stream); });
}

npuError_t npuStreamDestroy(npuStream_t stream) {
  return entry("npuStreamDestroy", trace(stream), [&] { return destroyStream(stream); });
}

npuError_t npuStreamSynchronize(npuStream_t stream) {
  return entry(
      "npuStreamSynchronize", trace(stream), [&] { return synchronize(stream); }, EntryRule::Waits);
}

npuError_t npuStreamQuery(npuStream_t stream) {
  return entry("npuStreamQuery", trace(stream), [&] { return queryStream(stream); });
}

// A callback is called even after a failure, with its code.
npuError_t npuStreamAddCallback(npuStream_t stream, npuStreamCallback_t callback, void *userData,
                                unsigned int flags) {
  return entry("npuStreamAddCallback", trace(stream, callback, userData, flags), [&] {
    if (!callback || flags)
      return Status(npuErrorInvalidValue, callback ? "the flags must be 0" : "no callback");
    Submission submission;
    submission.evenAfterFailure = true;
    return submit(stream, HostCall{[=] { callback(stream, contextFailure().code(), userData); }},
                  std::move(submission));
  });
}

npuError_t npuLaunchHostFunc(npuStream_t stream, npuHostFn_t function, void *userData) {
  return entry("npuLaunchHostFunc", trace(stream, function, userData), [&] {
    if (!function)
      return Status(npuErrorInvalidValue, "no function");
    Submission submission;
    submission.hostFunction = function;
    submission.userData = userData;
    return submit(stream, HostCall{[=] { function(userData); }}, std::move(submission));
  });
}

npuError_t npuStreamGetFlags(npuStream_t stream, unsigned int *flags) {
  return entry("npuStreamGetFlags", trace(stream, flags), [&] {
    std::shared_ptr<Stream> found;
    if (!flags)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findStream(stream, found); !status)
      return status;
    *flags = found->flags;
    return Status();
  });
}

npuError_t npuStreamGetPriority(npuStream_t stream, int *priority) {
  return entry("npuStreamGetPriority", trace(stream, priority), [&] {
    std::shared_ptr<Stream> found;
    if (!priority)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findStream(stream, found); !status)
      return status;
    *priority = found->priority;
    return Status();
  });
}

npuError_t npuStreamGetId(npuStream_t stream, unsigned long long *id) {
  return entry("npuStreamGetId", trace(stream, id), [&] {
    std::shared_ptr<Stream> found;
    if (!id)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findStream(stream, found); !status)
      return status;
    *id = found->id;
    return Status();
  });
}

npuError_t npuStreamGetDevice(npuStream_t stream, int *device) {
  return entry("npuStreamGetDevice", trace(stream, device), [&] {
    std::shared_ptr<Stream> found;
    if (!device)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findStream(stream, found); !status)
      return status;
    *device = found->device;
    return Status();
  });
}

// A hint about who will use managed memory, which everybody reaches here.
npuError_t npuStreamAttachMemAsync(npuStream_t stream, void *pointer, size_t bytes,
                                   unsigned int flags) {
  return entry("npuStreamAttachMemAsync", trace(stream, pointer, bytes, flags), [&] {
    std::shared_ptr<Stream> found;
    if (Status status = findStream(stream, found); !status)
      return status;
    Allocation allocation;
    if (!findAllocation(pointer, allocation) || allocation.kind != MemoryKind::Managed)
      return Status(npuErrorInvalidValue, "this is not managed memory");
    return Status();
  });
}

} // extern "C"
