// Streams: timelines with CUDA's ordering rules between them, and the handles that programs hold.
// Everything in here may be called from any thread.
#pragma once

#include "core.h"
#include "timeline.h"

#include <memory>
#include <vector>

namespace npu::core {

struct Stream {
  std::shared_ptr<Timeline> timeline = Timeline::create();
  unsigned flags = 0;
  int priority = 0;
  int device = 0;
  uint64_t id = 0;
  bool legacy = false; // the legacy default stream of its device

  // Ordered with the legacy default stream.
  bool blocking() const { return !legacy && !(flags & npuStreamNonBlocking); }
};

constexpr int kLowestPriority = 0, kHighestPriority = -5;

// nullptr and npuStreamLegacy, npuStreamPerThread, or a created stream; else
// npuErrorInvalidResourceHandle.
Status findStream(npuStream_t handle, std::shared_ptr<Stream> &stream);
Status createStream(unsigned flags, int priority, npuStream_t *handle);
Status destroyStream(npuStream_t handle);

// What a command needs besides itself.
struct Submission {
  std::shared_ptr<void> keepAlive;
  bool evenAfterFailure = false;
  bool wait = false; // returns when the command is done, with the context's failure if there is one
};
// Chooses a device, orders the command as CUDA does, and puts it on the stream.
Status submit(npuStream_t handle, Command command, Submission submission = {});
// A point without work: records `record`, if any, after everything on the stream and after `after`.
Status submitMarker(npuStream_t handle, std::vector<Point> after,
                    const std::shared_ptr<EventRecord> &record);

// npuErrorNotReady while work is pending.
Status queryStream(npuStream_t handle);
Status synchronizeAllDevices();
// npuErrorNotPermitted inside a host call: waiting there would wait for itself.
Status mayWait();

// The calling thread's current device, and how many a program sees.
int currentDevice();
Status setCurrentDevice(int device);
int deviceCount();
Status checkDevice(int device);

} // namespace npu::core
