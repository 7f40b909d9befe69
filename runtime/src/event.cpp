// An event keeps its latest recording; recording again leaves waits for the earlier one as they
// are. An event of several processes (shared_event.h) is recorded and waited for by host calls in
// the streams.
#include "event.h"

#include "graph_capture.h"
#include "memory_pool.h"
#include "services.h"
#include "shared_event.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace npu::core {
namespace {

struct Event {
  unsigned flags = 0;
  int device = 0;
  std::shared_ptr<SharedEvent> shared; // null: this process's alone
  std::mutex mutex;
  // Under mutex: the latest recording, null when there is none; or, when that was in a captured
  // stream, the capture and what the event stands for in it.
  std::shared_ptr<EventRecord> latest;
  std::shared_ptr<Capture> capture;
  std::vector<GraphNode *> captured;
};

// Live events. Never destroyed, as programs destroy events in static destructors.
struct Events {
  std::shared_mutex mutex;
  std::unordered_map<const void *, std::shared_ptr<Event>> live; // under mutex
};
Events &events() {
  static Events &instance = *new Events;
  return instance;
}

Status findEvent(npuEvent_t handle, std::shared_ptr<Event> &event) {
  std::shared_lock<std::shared_mutex> lock(events().mutex);
  const auto found = events().live.find(handle);
  if (found == events().live.end())
    return Status(npuErrorInvalidResourceHandle, "this is not an event, or it has been destroyed");
  event = found->second;
  return {};
}

// `record` stays null when the event was never recorded.
Status latestRecord(npuEvent_t handle, std::shared_ptr<EventRecord> &record,
                    unsigned *flags = nullptr, int *device = nullptr) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (flags)
    *flags = event->flags;
  if (device)
    *device = event->device;
  std::lock_guard<std::mutex> lock(event->mutex);
  if (event->capture)
    return Status(npuErrorCapturedEvent, "the event was recorded in a stream that was captured");
  record = event->latest;
  return {};
}

Status addEvent(unsigned flags, std::shared_ptr<SharedEvent> shared, npuEvent_t *handle) {
  auto event = std::make_shared<Event>();
  event->flags = flags;
  event->device = currentDevice();
  event->shared = std::move(shared);
  std::unique_lock<std::shared_mutex> lock(events().mutex);
  *handle = reinterpret_cast<npuEvent_t>(event.get());
  events().live.emplace(event.get(), event);
  return {};
}

Status submitShared(npuStream_t stream, std::function<void()> function) {
  if (isCapturing(stream))
    return Status(npuErrorStreamCaptureUnsupported,
                  "events of several processes cannot be captured");
  Submission submission;
  submission.evenAfterFailure = true;
  return submit(stream, HostCall{std::move(function)}, std::move(submission));
}

Status recordShared(const std::shared_ptr<SharedEvent> &shared, npuStream_t stream) {
  const uint32_t recording = shared->record();
  Status status = submitShared(stream, [=] { shared->reach(recording); });
  if (!status)
    shared->reach(recording); // nobody waits for what does not come
  return status;
}

Status recorderHasEnded() {
  return Status(npuErrorUnknown, "the process that recorded the event has ended before it");
}

Status waitForShared(const std::shared_ptr<SharedEvent> &shared, npuStream_t stream) {
  const uint32_t recording = shared->latest();
  if (shared->isReached(recording))
    return {};
  return submitShared(stream, [=] {
    if (!shared->wait(recording))
      failContext(recorderHasEnded());
  });
}

// Where the device's streams end now.
Status pointsOf(int device, std::vector<Point> &points) {
  for (const std::shared_ptr<Stream> &stream : streamsOf(device)) {
    if (stream->capturing.load(std::memory_order_acquire))
      return Status(npuErrorStreamCaptureUnsupported,
                    "a stream of the device is being captured; end the capture first");
    points.push_back({stream->timeline, stream->timeline->last()});
  }
  return {};
}

Status captureEventNode(Stream &stream, npuGraphNodeType type, npuEvent_t event) {
  auto node = std::make_unique<GraphNode>();
  if (Status status = setEvent(*node, type, event); !status)
    return status;
  return captureNode(stream, std::move(node));
}

} // namespace

Status createEvent(unsigned flags, npuEvent_t *handle) {
  constexpr unsigned kKnown = npuEventBlockingSync | npuEventDisableTiming | npuEventInterprocess;
  if (!handle || (flags & ~kKnown))
    return Status(npuErrorInvalidValue, handle ? "unknown event flags" : "the result is null");
  std::shared_ptr<SharedEvent> shared;
  if (flags & npuEventInterprocess) {
    if (!(flags & npuEventDisableTiming))
      return Status(npuErrorInvalidValue, "events between processes are without timing");
    if (Status status = SharedEvent::create(shared); !status)
      return status;
  }
  return addEvent(flags, std::move(shared), handle);
}

Status exportEvent(npuEvent_t handle, SharedHandle &shared) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (!event->shared)
    return Status(npuErrorInvalidResourceHandle, "the event is not made for several processes");
  shared = event->shared->handle();
  return {};
}

Status importEvent(const SharedHandle &shared, npuEvent_t *handle) {
  std::shared_ptr<SharedEvent> event;
  if (Status status = SharedEvent::open(shared, event); !status)
    return status;
  return addEvent(npuEventInterprocess | npuEventDisableTiming, std::move(event), handle);
}

Status destroyEvent(npuEvent_t handle) {
  std::shared_ptr<Event> event; // outlives the lock
  if (Status status = findEvent(handle, event); !status)
    return status;
  std::unique_lock<std::shared_mutex> lock(events().mutex);
  events().live.erase(handle);
  return {};
}

Status recordEvent(npuEvent_t handle, npuStream_t stream, bool external) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  if (event->device != found->device)
    return Status(npuErrorInvalidResourceHandle,
                  "the event is of device " + std::to_string(event->device) +
                      ", the stream of device " + std::to_string(found->device));
  if (event->shared)
    return recordShared(event->shared, stream);
  std::vector<GraphNode *> nodes;
  if (const std::shared_ptr<Capture> capture = capturedPoint(*found, nodes)) {
    if (external)
      return captureEventNode(*found, npuGraphNodeTypeEventRecord, handle);
    std::lock_guard<std::mutex> lock(event->mutex);
    event->latest = nullptr;
    event->capture = capture;
    event->captured = std::move(nodes);
    return {};
  }
  auto record = std::make_shared<EventRecord>();
  if (Status status = submitMarker(stream, {}, record); !status)
    return status;
  std::lock_guard<std::mutex> lock(event->mutex);
  event->latest = std::move(record);
  event->capture = nullptr;
  return {};
}

Status queryEvent(npuEvent_t handle) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (event->shared)
    if (const uint32_t recording = event->shared->latest(); !event->shared->isReached(recording))
      return event->shared->isLost(recording)
                 ? recorderHasEnded()
                 : Status(npuErrorNotReady, "the event has not been reached yet");
  std::shared_ptr<EventRecord> record;
  if (Status status = latestRecord(handle, record); !status)
    return status;
  if (record && !record->point.timeline->reached(record->point.value))
    return Status(npuErrorNotReady, "the event has not been reached yet");
  return contextFailure();
}

Status synchronizeEvent(npuEvent_t handle) {
  if (Status status = mayWait(); !status)
    return status;
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (event->shared && !event->shared->wait(event->shared->latest()))
    return recorderHasEnded();
  std::shared_ptr<EventRecord> record;
  if (Status status = latestRecord(handle, record); !status)
    return status;
  if (record)
    record->point.timeline->wait(record->point.value);
  trimPoolsAfterWait();
  flushPrints();
  return contextFailure();
}

Status waitForEvent(npuStream_t stream, npuEvent_t handle, bool external) {
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (event->shared)
    return waitForShared(event->shared, stream);
  const bool capturing = found->capturing.load(std::memory_order_acquire);
  if (capturing && external)
    return captureEventNode(*found, npuGraphNodeTypeWaitEvent, handle);
  std::shared_ptr<EventRecord> record;
  std::shared_ptr<Capture> capture;
  std::vector<GraphNode *> nodes;
  {
    std::lock_guard<std::mutex> lock(event->mutex);
    record = event->latest;
    capture = event->capture;
    nodes = event->captured;
  }
  if (capture || (capturing && record))
    return captureWait(found, capture, nodes);
  if (!record || record->point.timeline->reached(record->point.value))
    return {};
  return submitMarker(stream, {record->point}, nullptr);
}

Status recordDeviceEvent(npuEvent_t handle, int device) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (event->device != device || event->shared)
    return Status(npuErrorInvalidResourceHandle,
                  "the event is another device's, or made for several processes");
  Timeline::Item item;
  if (Status status = pointsOf(device, item.after); !status)
    return status;
  auto record = std::make_shared<EventRecord>();
  item.record = record;
  const std::shared_ptr<Timeline> timeline = Timeline::create();
  record->point = {timeline, timeline->push(std::move(item), Timeline::Start::Now)};
  timeline->retire();
  std::lock_guard<std::mutex> lock(event->mutex);
  event->latest = std::move(record);
  event->capture = nullptr;
  return {};
}

Status waitForEventOnDevice(int device, npuEvent_t handle) {
  std::shared_ptr<Event> event;
  if (Status status = findEvent(handle, event); !status)
    return status;
  if (event->shared)
    return Status(npuErrorNotSupported, "an event of several processes is waited for by a stream");
  std::shared_ptr<EventRecord> record;
  if (Status status = latestRecord(handle, record); !status)
    return status;
  std::vector<Point> now;
  if (Status status = pointsOf(device, now); !status)
    return status;
  if (!record || record->point.timeline->reached(record->point.value))
    return {};
  orderLaterStreams(device, record->point);
  for (const std::shared_ptr<Stream> &stream : streamsOf(device)) {
    Timeline::Item marker;
    marker.after = {record->point};
    stream->timeline->push(std::move(marker), Timeline::Start::Now);
  }
  return {};
}

Status elapsedTime(npuEvent_t start, npuEvent_t end, float *milliseconds) {
  if (!milliseconds)
    return Status(npuErrorInvalidValue, "the result is null");
  std::shared_ptr<EventRecord> first, second;
  unsigned firstFlags = 0, secondFlags = 0;
  int firstDevice = 0, secondDevice = 0;
  if (Status status = latestRecord(start, first, &firstFlags, &firstDevice); !status)
    return status;
  if (Status status = latestRecord(end, second, &secondFlags, &secondDevice); !status)
    return status;
  if (firstDevice != secondDevice)
    return Status(npuErrorInvalidResourceHandle, "the events are of different devices");
  if ((firstFlags | secondFlags) & npuEventDisableTiming)
    return Status(npuErrorInvalidResourceHandle, "an event was created without timing");
  if (!first || !second)
    return Status(npuErrorInvalidResourceHandle, "an event was never recorded");
  for (const auto &record : {first, second})
    if (!record->point.timeline->reached(record->point.value))
      return Status(npuErrorNotReady, "an event has not been reached yet");
  *milliseconds = std::chrono::duration<float, std::milli>(second->time - first->time).count();
  return {};
}

} // namespace npu::core
