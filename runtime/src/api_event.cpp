// Events.
#include "entry.h"

#include "event.h"

using namespace npu;
using namespace npu::core;

extern "C" {

npuError_t npuEventCreate(npuEvent_t *event) {
  return entry("npuEventCreate", trace(event), [&] { return createEvent(npuEventDefault, event); });
}

npuError_t npuEventCreateWithFlags(npuEvent_t *event, unsigned int flags) {
  return entry("npuEventCreateWithFlags", trace(event, flags),
               [&] { return createEvent(flags, event); });
}

npuError_t npuEventRecord(npuEvent_t event, npuStream_t stream) {
  return entry("npuEventRecord", trace(event, stream), [&] { return recordEvent(event, stream); });
}

npuError_t npuEventRecordWithFlags(npuEvent_t event, npuStream_t stream, unsigned int flags) {
  return entry("npuEventRecordWithFlags", trace(event, stream, flags), [&] {
    if (flags & ~unsigned(npuEventRecordExternal))
      return Status(npuErrorInvalidValue, "unknown flags");
    return recordEvent(event, stream, flags & npuEventRecordExternal);
  });
}

npuError_t npuEventQuery(npuEvent_t event) {
  return entry("npuEventQuery", trace(event), [&] { return queryEvent(event); });
}

npuError_t npuEventSynchronize(npuEvent_t event) {
  return entry(
      "npuEventSynchronize", trace(event), [&] { return synchronizeEvent(event); },
      EntryRule::Waits);
}

npuError_t npuEventElapsedTime(float *milliseconds, npuEvent_t start, npuEvent_t end) {
  return entry("npuEventElapsedTime", trace(milliseconds, start, end),
               [&] { return elapsedTime(start, end, milliseconds); });
}

npuError_t npuEventDestroy(npuEvent_t event) {
  return entry("npuEventDestroy", trace(event), [&] { return destroyEvent(event); });
}

npuError_t npuStreamWaitEvent(npuStream_t stream, npuEvent_t event, unsigned int flags) {
  return entry("npuStreamWaitEvent", trace(stream, event, flags), [&] {
    if (flags & ~unsigned(npuEventWaitExternal))
      return Status(npuErrorInvalidValue, "unknown flags");
    return waitForEvent(stream, event, flags & npuEventWaitExternal);
  });
}

} // extern "C"
