// Events: handles to points on timelines. Any thread.
#pragma once

#include "shared_file.h"
#include "stream.h"

namespace npu::core {

Status createEvent(unsigned flags, npuEvent_t *handle);
Status destroyEvent(npuEvent_t handle);
// `external`: a captured stream gets a node that records, instead of a dependency.
Status recordEvent(npuEvent_t handle, npuStream_t stream, bool external = false);
// npuErrorNotReady while the latest recording is pending; an event never recorded is ready.
Status queryEvent(npuEvent_t handle);
Status synchronizeEvent(npuEvent_t handle);
// Everything submitted to `stream` from now on comes after the latest recording.
Status waitForEvent(npuStream_t stream, npuEvent_t handle, bool external = false);
// The same for all of a device's streams, those made later included.
Status recordDeviceEvent(npuEvent_t handle, int device);
Status waitForEventOnDevice(int device, npuEvent_t handle);
// Of an event that was made with npuEventInterprocess; and another process's event here.
Status exportEvent(npuEvent_t handle, SharedHandle &shared);
Status importEvent(const SharedHandle &shared, npuEvent_t *handle);
Status elapsedTime(npuEvent_t start, npuEvent_t end, float *milliseconds);

} // namespace npu::core
