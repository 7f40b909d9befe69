// Streams: timelines with CUDA's ordering rules between them, and the handles that programs hold.
// Everything in here may be called from any thread.
#pragma once

#include "core.h"
#include "timeline.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace npu::core {

struct Capture; // graph_capture.h

struct Stream {
  std::shared_ptr<Timeline> timeline = Timeline::create();
  unsigned flags = 0;
  std::atomic<int> priority{0};
  int device = 0;
  uint64_t id = 0;
  bool legacy = false; // the legacy default stream of its device
  // Being captured: commands become graph nodes. `capture` is under graphMutex().
  std::atomic<bool> capturing{false};
  std::shared_ptr<Capture> capture;
  std::mutex attributesMutex;
  std::map<int, npuLaunchAttributeValue> attributes; // under attributesMutex; those that were set

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
  // What a graph node tells of the command when the stream is being captured.
  const void *function = nullptr; // of a program's launch, which is for the current device
  bool isCooperative = false;     // that launch
  npuMemcpyKind copyKind = npuMemcpyDefault; // of a copy
  npuHostFn_t hostFunction = nullptr;        // of a host call
  void *userData = nullptr;
  std::shared_ptr<void> keepAlive;
  bool evenAfterFailure = false;
  bool wait = false; // returns when the command is done, with the context's failure if there is one
};
// Chooses a device, orders the command as CUDA does, and puts it on the stream.
Status submit(npuStream_t handle, Command command, Submission submission = {});
// A point without work: records `record`, if any, after everything on the stream and after `after`.
Status submitMarker(npuStream_t handle, std::vector<Point> after,
                    const std::shared_ptr<EventRecord> &record);

bool isCapturing(npuStream_t handle);
// Every stream of the device, those included that are no more and whose work is pending.
std::vector<std::shared_ptr<Stream>> streamsOf(int device);
// What is submitted to streams that the device gets from now on comes after the point.
void orderLaterStreams(int device, const Point &point);
// For commands that are prepared once and run often: chooses `item.device`, and puts the item at
// the end of the stream in CUDA's order, without any capture.
Status prepareItem(Timeline::Item &item, const Command &command);
// `follows`: an item of the same call was pushed before it and ordered with the legacy stream.
uint64_t pushItem(Stream &stream, Timeline::Item item, bool follows = false);

// npuErrorNotReady while work is pending.
Status queryStream(npuStream_t handle);
Status synchronizeAllDevices();
// `object` lives until everything that is on any stream now is done.
void keepWhileBusy(std::shared_ptr<void> object);
bool allIdle(); // no stream of any device has work
// npuErrorNotPermitted inside a host call: waiting there would wait for itself.
Status mayWait();

// Whether stream 0 is the calling thread's own, in calls of this thread; returns what held before.
bool defaultStreamIsThreads(bool its);

// The calling thread's current device, and how many a program sees.
int currentDevice();
Status setCurrentDevice(int device);
int deviceCount();
Status checkDevice(int device);

} // namespace npu::core
