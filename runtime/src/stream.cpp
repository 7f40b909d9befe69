// CUDA's stream rules on top of timelines. The order of a command is fixed when it is submitted:
// the points that it waits for are those already on the other streams at that moment, so waits can
// never form a cycle.
#include "stream.h"

#include "devices.h"
#include "graph_capture.h"
#include "log.h"
#include "memory_pool.h"
#include "report.h"
#include "services.h"
#include "tensor_reference.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace npu::core {
namespace {

// Live streams. Never destroyed: threads may end after static destruction.
struct Streams {
  std::shared_mutex mutex;
  // Under mutex: created and per-thread streams by handle; legacy ones by device.
  std::unordered_map<const void *, std::shared_ptr<Stream>> created;
  std::map<int, std::shared_ptr<Stream>> legacy;
  // Under mutex: streams that are no more and whose work is pending. Who waits for a device, or is
  // ordered with its blocking streams, still meets that work.
  std::vector<std::shared_ptr<Stream>> ending;
  // Under mutex: what streams that are still to come wait for, by device.
  std::map<int, std::vector<Point>> beforeLater;
  uint64_t lastId = 2; // 1 and 2 are the legacy and the per-thread stream
};
Streams &streams() {
  static Streams &instance = *new Streams;
  return instance;
}

thread_local int threadDevice = 0;
thread_local bool perThreadDefault = false; // in calls under -default-stream per-thread

// Under the mutex.
void dropEnded() {
  auto &ending = streams().ending;
  ending.erase(std::remove_if(ending.begin(), ending.end(),
                              [](const auto &stream) { return stream->timeline->idle(); }),
               ending.end());
}

void forget(const std::shared_ptr<Stream> &stream) {
  {
    std::unique_lock<std::shared_mutex> lock(streams().mutex);
    streams().created.erase(stream.get());
    dropEnded();
    if (!stream->timeline->idle())
      streams().ending.push_back(stream);
  }
  stream->timeline->retire();
}

// Under the mutex: a new stream comes after what has been said of later ones.
void orderNew(Stream &stream) {
  std::vector<Point> &before = streams().beforeLater[stream.device];
  before.erase(
      std::remove_if(before.begin(), before.end(),
                     [](const Point &point) { return point.timeline->reached(point.value); }),
      before.end());
  if (before.empty())
    return;
  Timeline::Item marker;
  marker.after = before;
  stream.timeline->push(std::move(marker), Timeline::Start::Now);
}

std::shared_ptr<Stream> makeStream(unsigned flags, int priority) {
  auto stream = std::make_shared<Stream>();
  stream->flags = flags;
  stream->priority = priority;
  stream->device = currentDevice();
  std::unique_lock<std::shared_mutex> lock(streams().mutex);
  stream->id = ++streams().lastId;
  orderNew(*stream);
  streams().created.emplace(stream.get(), stream);
  return stream;
}

// A thread's own default streams, one per device; they go with the thread.
struct ThreadStreams {
  std::map<int, std::shared_ptr<Stream>> byDevice;
  ~ThreadStreams() {
    for (const auto &[device, stream] : byDevice) {
      forgetCaptured(*stream);
      forget(stream);
    }
  }
};
thread_local ThreadStreams threadStreams;

std::shared_ptr<Stream> threadStream() {
  std::shared_ptr<Stream> &stream = threadStreams.byDevice[currentDevice()];
  if (!stream)
    stream = makeStream(npuStreamDefault, 0);
  return stream;
}

std::shared_ptr<Stream> legacyStream(int device) {
  {
    std::shared_lock<std::shared_mutex> lock(streams().mutex);
    const auto found = streams().legacy.find(device);
    if (found != streams().legacy.end())
      return found->second;
  }
  std::unique_lock<std::shared_mutex> lock(streams().mutex);
  std::shared_ptr<Stream> &stream = streams().legacy[device];
  if (!stream) {
    stream = std::make_shared<Stream>();
    stream->device = device;
    stream->legacy = true;
    stream->id = 1;
    orderNew(*stream);
  }
  return stream;
}

// What a command that is submitted to `stream` now must come after, by the legacy stream's rule.
void orderWithLegacy(const Stream &stream, std::vector<Point> &after) {
  if (!stream.legacy && !stream.blocking())
    return;
  std::shared_lock<std::shared_mutex> lock(streams().mutex);
  auto add = [&](const Stream &other) {
    const uint64_t value = other.timeline->last();
    if (!other.timeline->reached(value))
      after.push_back({other.timeline, value});
  };
  if (stream.legacy) {
    for (const auto &[handle, other] : streams().created)
      if (other->blocking() && other->device == stream.device)
        add(*other);
    for (const auto &other : streams().ending)
      if (other->blocking() && other->device == stream.device)
        add(*other);
  } else {
    const auto legacy = streams().legacy.find(stream.device);
    if (legacy != streams().legacy.end())
      add(*legacy->second);
  }
}

const char *commandName(const Command &command) {
  constexpr const char *kNames[] = {"fill", "copy", "launch", "tensor op", "host call"};
  return kNames[command.index()];
}

std::string describe(const Command &command) {
  if (const auto *launch = std::get_if<Launch>(&command))
    return "kernel " + launch->image->kernels[launch->kernel].sourceName;
  if (const auto *op = std::get_if<TensorOp>(&command))
    return std::string(opName(op->kind)) + " " + shapeText(*op) +
           (op->caller.empty() ? "" : " of " + op->caller);
  return commandName(command);
}

Status chooseDevice(Timeline::Item &item, const Command &command) {
  const auto *op = std::get_if<TensorOp>(&command);
  if (op)
    if (Status status = checkTensorOp(*op); !status)
      return status;
  Team::Choice choice = Team::get().choose(command);
  const bool told = logs(LogLevel::Debug);
  if (!choice.device) {
    if (op || std::holds_alternative<Launch>(command))
      warnOnce("error: " + describe(command) + ": " + choice.refusal.message());
    return choice.refusal;
  }
  item.device = choice.device;
  if (told)
    log(LogLevel::Debug, describe(command) + " -> " + choice.reasons);
  if (const auto *launch = std::get_if<Launch>(&command))
    return Team::get().load(*choice.device, launch->image);
  if (op && reportWanted())
    item.report = addToReport(*op, choice.device->name(), choice.reasons);
  return {};
}

std::vector<std::shared_ptr<Stream>> streamsOf(int device, bool all) {
  std::vector<std::shared_ptr<Stream>> result;
  std::shared_lock<std::shared_mutex> lock(streams().mutex);
  for (const auto &[handle, stream] : streams().created)
    if (all || stream->device == device)
      result.push_back(stream);
  for (const auto &[index, stream] : streams().legacy)
    if (all || index == device)
      result.push_back(stream);
  for (const auto &stream : streams().ending)
    if (all || stream->device == device)
      result.push_back(stream);
  return result;
}

Status synchronizeStreams(int device, bool all) {
  if (Status status = mayWait(); !status)
    return status;
  // First all values, then the waits: what is submitted meanwhile is not waited for.
  std::vector<Point> points;
  for (const std::shared_ptr<Stream> &stream : streamsOf(device, all))
    points.push_back({stream->timeline, stream->timeline->last()});
  for (const Point &point : points)
    point.timeline->wait(point.value);
  trimPoolsAfterWait();
  flushPrints();
  return contextFailure();
}

} // namespace

std::vector<std::shared_ptr<Stream>> streamsOf(int device) { return streamsOf(device, false); }

void orderLaterStreams(int device, const Point &point) {
  std::unique_lock<std::shared_mutex> lock(streams().mutex);
  streams().beforeLater[device].push_back(point);
}

bool defaultStreamIsThreads(bool its) { return std::exchange(perThreadDefault, its); }

Status findStream(npuStream_t handle, std::shared_ptr<Stream> &stream) {
  if (!handle && perThreadDefault)
    handle = npuStreamPerThread;
  if (!handle || handle == npuStreamLegacy) {
    stream = legacyStream(currentDevice());
    return {};
  }
  if (handle == npuStreamPerThread) {
    stream = threadStream();
    return {};
  }
  std::shared_lock<std::shared_mutex> lock(streams().mutex);
  const auto found = streams().created.find(handle);
  if (found == streams().created.end())
    return Status(npuErrorInvalidResourceHandle, "this is not a stream, or it has been destroyed");
  stream = found->second;
  return {};
}

Status createStream(unsigned flags, int priority, npuStream_t *handle) {
  if (!handle || (flags & ~unsigned(npuStreamNonBlocking)))
    return Status(npuErrorInvalidValue, handle ? "unknown stream flags" : "the result is null");
  priority = std::clamp(priority, kHighestPriority, kLowestPriority);
  *handle = reinterpret_cast<npuStream_t>(makeStream(flags, priority).get());
  return {};
}

Status destroyStream(npuStream_t handle) {
  if (!handle || handle == npuStreamLegacy || handle == npuStreamPerThread)
    return Status(npuErrorInvalidResourceHandle, "default streams cannot be destroyed");
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(handle, stream); !status)
    return status;
  forgetCaptured(*stream);
  forget(stream); // what is pending still runs
  return {};
}

// A stream holds so many commands, as GPUs' queues do: whoever submits faster than the device
// executes waits, and does not fill the memory. Until half of them are done, so that threads change
// rarely.
static void waitForRoom(Timeline &timeline) {
  constexpr uint64_t kMostPending = 1024;
  const uint64_t last = timeline.last();
  if (last < kMostPending || timeline.reached(last - kMostPending + 1) ||
      Timeline::insideHostCall())
    return;
  timeline.wait(last - kMostPending / 2);
}

Status submit(npuStream_t handle, Command command, Submission submission) {
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(handle, stream); !status)
    return status;
  if (contextFailed() && !submission.evenAfterFailure)
    return contextFailure();
  if (submission.function && stream->device != currentDevice())
    return Status(npuErrorInvalidResourceHandle,
                  "a kernel for device " + std::to_string(currentDevice()) +
                      " on a stream of device " + std::to_string(stream->device));
  if (stream->capturing.load(std::memory_order_acquire))
    return captureCommand(*stream, std::move(command), std::move(submission));
  if (Status status = captureAllows(*stream); !status)
    return status;
  if (!submission.wait)
    waitForRoom(*stream->timeline);
  else if (Status status = mayWait(); !status)
    return status;
  Timeline::Item item;
  item.command = std::move(command);
  item.keepAlive = std::move(submission.keepAlive);
  item.evenAfterFailure = submission.evenAfterFailure;
  if (auto *op = std::get_if<TensorOp>(&item.command); op && !op->cost)
    op->cost = std::make_shared<OpCost>();
  if (Status status = chooseDevice(item, item.command); !status)
    return status;
  orderWithLegacy(*stream, item.after);
  const auto start = submission.wait ? Timeline::Start::ByWaiter : Timeline::Start::Now;
  const uint64_t value = stream->timeline->push(std::move(item), start);
  if (!submission.wait)
    return {};
  stream->timeline->wait(value);
  flushPrints();
  return contextFailure();
}

Status prepareItem(Timeline::Item &item, const Command &command) {
  return chooseDevice(item, command);
}

uint64_t pushItem(Stream &stream, Timeline::Item item, bool follows) {
  if (!follows)
    orderWithLegacy(stream, item.after);
  return stream.timeline->push(std::move(item), Timeline::Start::Now);
}

bool isCapturing(npuStream_t handle) {
  std::shared_ptr<Stream> stream;
  return findStream(handle, stream) && stream->capturing.load(std::memory_order_acquire);
}

Status submitMarker(npuStream_t handle, std::vector<Point> after,
                    const std::shared_ptr<EventRecord> &record) {
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(handle, stream); !status)
    return status;
  if (Status status = captureAllows(*stream); !status)
    return status;
  Timeline::Item item;
  item.after = std::move(after);
  item.record = record;
  orderWithLegacy(*stream, item.after);
  const uint64_t value = stream->timeline->push(std::move(item), Timeline::Start::Now);
  if (record)
    record->point = {stream->timeline, value};
  return {};
}

Status enqueue(npuStream_t handle, Command command) { return submit(handle, std::move(command)); }

Status synchronize(npuStream_t handle) {
  if (Status status = mayWait(); !status)
    return status;
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(handle, stream); !status)
    return status;
  if (Status status = captureAllowsWait(*stream, "synchronising"); !status)
    return status;
  std::vector<Point> points;
  if (stream->legacy)
    orderWithLegacy(*stream, points);
  points.push_back({stream->timeline, stream->timeline->last()});
  for (const Point &point : points)
    point.timeline->wait(point.value);
  trimPoolsAfterWait();
  flushPrints();
  return contextFailure();
}

Status queryStream(npuStream_t handle) {
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(handle, stream); !status)
    return status;
  if (Status status = captureAllowsWait(*stream, "querying"); !status)
    return status;
  std::vector<Point> pending;
  if (stream->legacy)
    orderWithLegacy(*stream, pending);
  if (!pending.empty() || !stream->timeline->idle())
    return Status(npuErrorNotReady, "work on the stream is pending");
  return contextFailure();
}

Status synchronizeDevice() {
  if (Status status = captureAllowsUnsafe("waiting for the device"); !status)
    return status;
  return synchronizeStreams(currentDevice(), false);
}

bool allIdle() {
  for (const std::shared_ptr<Stream> &stream : streamsOf(0, true))
    if (!stream->timeline->idle())
      return false;
  return true;
}

Status synchronizeAllDevices() { return synchronizeStreams(0, true); }

void keepWhileBusy(std::shared_ptr<void> object) {
  for (const std::shared_ptr<Stream> &stream : streamsOf(0, true)) {
    if (stream->timeline->idle())
      continue;
    Timeline::Item marker;
    marker.keepAlive = object;
    stream->timeline->push(std::move(marker), Timeline::Start::Now);
  }
}

Status mayWait() {
  return Timeline::insideHostCall()
             ? Status(npuErrorNotPermitted, "a host function on a stream must not wait for streams")
             : Status();
}

int currentDevice() { return threadDevice; }

Status setCurrentDevice(int device) {
  if (Status status = checkDevice(device); !status)
    return status;
  threadDevice = device;
  return {};
}

int deviceCount() {
  static const int count = [] {
    const std::string &text = options().visibleDevices;
    char *end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (*end == '\0' && value >= 0 && value <= 16)
      return int(value);
    warnOnce("warning: NPU_VISIBLE_DEVICES=" + text + " is not a number from 0 to 16; using 1");
    return 1;
  }();
  return count;
}

Status checkDevice(int device) {
  if (deviceCount() == 0)
    return Status(npuErrorNoDevice, "NPU_VISIBLE_DEVICES hides every device");
  if (device < 0 || device >= deviceCount())
    return Status(npuErrorInvalidDevice,
                  "device " + std::to_string(device) + " of " + std::to_string(deviceCount()));
  return {};
}

} // namespace npu::core
