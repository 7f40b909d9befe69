// Streams and events: the runtime's handles.
#include "driver_call.h"

#include "context.h"

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvStreamCreate(npudrv_stream *stream, unsigned int flags) {
  return call("cuStreamCreate", [&] { return done(npuStreamCreateWithFlags(stream, flags)); });
}

npudrv_result npudrvStreamCreateWithPriority(npudrv_stream *stream, unsigned int flags,
                                             int priority) {
  return call("cuStreamCreateWithPriority",
              [&] { return done(npuStreamCreateWithPriority(stream, flags, priority)); });
}

npudrv_result npudrvStreamDestroy(npudrv_stream stream) {
  return call("cuStreamDestroy", [&] { return done(npuStreamDestroy(stream)); });
}

npudrv_result npudrvStreamSynchronize(npudrv_stream stream) {
  return call("cuStreamSynchronize", [&] { return done(npuStreamSynchronize(stream)); });
}

npudrv_result npudrvStreamQuery(npudrv_stream stream) {
  return call("cuStreamQuery", [&] { return done(npuStreamQuery(stream)); });
}

npudrv_result npudrvStreamWaitEvent(npudrv_stream stream, npudrv_event event, unsigned int flags) {
  return call("cuStreamWaitEvent", [&] { return done(npuStreamWaitEvent(stream, event, flags)); });
}

npudrv_result npudrvStreamAddCallback(npudrv_stream stream, npudrv_streamCallback callback,
                                      void *data, unsigned int flags) {
  return call("cuStreamAddCallback", [&] {
    if (!callback || flags)
      return Status(npuErrorInvalidValue, callback ? "the flags must be 0" : "no callback");
    struct Wanted {
      npudrv_streamCallback callback;
      void *data;
    };
    auto *wanted = new Wanted{callback, data};
    Status status = done(npuStreamAddCallback(
        stream,
        [](npuStream_t of, npuError_t error, void *argument) {
          const Wanted both = *static_cast<Wanted *>(argument);
          delete static_cast<Wanted *>(argument);
          both.callback(of, resultOf(error), both.data);
        },
        wanted, 0));
    if (!status)
      delete wanted;
    return status;
  });
}

npudrv_result npudrvStreamAttachMemAsync(npudrv_stream stream, npudrv_deviceptr pointer,
                                         size_t bytes, unsigned int flags) {
  return call("cuStreamAttachMemAsync", [&] {
    return done(npuStreamAttachMemAsync(stream, address(pointer), bytes, flags));
  });
}

npudrv_result npudrvStreamGetFlags(npudrv_stream stream, unsigned int *flags) {
  return call("cuStreamGetFlags", [&] { return done(npuStreamGetFlags(stream, flags)); });
}

npudrv_result npudrvStreamGetPriority(npudrv_stream stream, int *priority) {
  return call("cuStreamGetPriority", [&] { return done(npuStreamGetPriority(stream, priority)); });
}

npudrv_result npudrvStreamGetId(npudrv_stream stream, unsigned long long *id) {
  return call("cuStreamGetId", [&] { return done(npuStreamGetId(stream, id)); });
}

npudrv_result npudrvStreamGetCtx(npudrv_stream stream, npudrv_context *context) {
  return call("cuStreamGetCtx", [&] {
    unsigned flags = 0;
    if (!context)
      return Status(npuErrorInvalidValue, "the result is null");
    *context = currentContext();
    return done(npuStreamGetFlags(stream, &flags));
  });
}

npudrv_result npudrvStreamGetCtx_v2(npudrv_stream stream, npudrv_context *context,
                                    npudrv_greenCtx *part) {
  return call("cuStreamGetCtx_v2", [&] {
    if (part)
      *part = nullptr; // streams belong to whole devices
    unsigned flags = 0;
    if (!context)
      return Status(npuErrorInvalidValue, "the result is null");
    *context = currentContext();
    return done(npuStreamGetFlags(stream, &flags));
  });
}

npudrv_result npudrvStreamGetGreenCtx(npudrv_stream stream, npudrv_greenCtx *part) {
  return call("cuStreamGetGreenCtx", [&] {
    unsigned flags = 0;
    if (!part)
      return Status(npuErrorInvalidValue, "the result is null");
    *part = nullptr;
    return done(npuStreamGetFlags(stream, &flags));
  });
}

npudrv_result npudrvStreamGetDevice(npudrv_stream stream, npudrv_device *device) {
  return call("cuStreamGetDevice", [&] { return done(npuStreamGetDevice(stream, device)); });
}

npudrv_result npudrvStreamGetAttribute(npudrv_stream stream, npudrv_streamAttrID attribute,
                                       npudrv_streamAttrValue *value) {
  return call("cuStreamGetAttribute", [&] {
    return done(npuStreamGetAttribute(stream, npuLaunchAttributeID(attribute),
                                      reinterpret_cast<npuLaunchAttributeValue *>(value)));
  });
}

npudrv_result npudrvStreamSetAttribute(npudrv_stream stream, npudrv_streamAttrID attribute,
                                       const npudrv_streamAttrValue *value) {
  return call("cuStreamSetAttribute", [&] {
    return done(npuStreamSetAttribute(stream, npuLaunchAttributeID(attribute),
                                      reinterpret_cast<const npuLaunchAttributeValue *>(value)));
  });
}

npudrv_result npudrvStreamCopyAttributes(npudrv_stream dst, npudrv_stream src) {
  return call("cuStreamCopyAttributes", [&] { return done(npuStreamCopyAttributes(dst, src)); });
}

npudrv_result npudrvEventCreate(npudrv_event *event, unsigned int flags) {
  return call("cuEventCreate", [&] { return done(npuEventCreateWithFlags(event, flags)); });
}

npudrv_result npudrvEventDestroy(npudrv_event event) {
  return call("cuEventDestroy", [&] { return done(npuEventDestroy(event)); });
}

npudrv_result npudrvEventRecord(npudrv_event event, npudrv_stream stream) {
  return call("cuEventRecord", [&] { return done(npuEventRecord(event, stream)); });
}

npudrv_result npudrvEventRecordWithFlags(npudrv_event event, npudrv_stream stream,
                                         unsigned int flags) {
  return call("cuEventRecordWithFlags",
              [&] { return done(npuEventRecordWithFlags(event, stream, flags)); });
}

npudrv_result npudrvEventSynchronize(npudrv_event event) {
  return call("cuEventSynchronize", [&] { return done(npuEventSynchronize(event)); });
}

npudrv_result npudrvEventQuery(npudrv_event event) {
  return call("cuEventQuery", [&] { return done(npuEventQuery(event)); });
}

npudrv_result npudrvEventElapsedTime(float *milliseconds, npudrv_event start, npudrv_event end) {
  return call("cuEventElapsedTime",
              [&] { return done(npuEventElapsedTime(milliseconds, start, end)); });
}

} // extern "C"
