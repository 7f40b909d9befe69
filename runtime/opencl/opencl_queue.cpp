// See opencl_queue.h.
#include "opencl/opencl_queue.h"

#include <algorithm>
#include <deque>

namespace npu::opencl {

static cl_int stateOf(cl_event event) {
  cl_int state = CL_COMPLETE;
  clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr);
  return state;
}

// The launches of one queue that are not known to have ended. A callback per event costs more than
// the enqueueing (it takes the locks that the enqueueing thread needs), so one is out at a time:
// when it comes, everything before has ended too, and the next is set on the newest launch. Events
// that are watched have their own.
class LaunchQueues::Pending : public std::enable_shared_from_this<LaunchQueues::Pending> {
public:
  explicit Pending(Launcher &launcher) : launcher(launcher) {}
  void add(Launcher::Started started, Completion done);
  void watchNewest();

private:
  struct Entry {
    uint64_t number;
    Launcher::Started started;
    Completion done;
    bool hasCallback; // which ends it; the event then belongs to it
  };
  struct Callback {
    std::shared_ptr<Pending> pending;
    uint64_t number;
  };
  void setCallback(std::unique_lock<std::mutex> &lock);
  static void CL_CALLBACK ended(cl_event, cl_int state, void *data);
  void end(uint64_t number, cl_int state);
  void finish(Entry entry, cl_int state);

  Launcher &launcher;
  std::mutex mutex;
  // Guarded by mutex, in order of their numbers.
  std::deque<Entry> entries;
  uint64_t added = 0;
  unsigned callbacks = 0; // out
};

void LaunchQueues::Pending::add(Launcher::Started started, Completion done) {
  launcher.inFlight().add();
  std::unique_lock lock(mutex);
  entries.push_back({++added, std::move(started), std::move(done), false});
  if (callbacks == 0)
    setCallback(lock);
}

void LaunchQueues::Pending::watchNewest() {
  std::unique_lock lock(mutex);
  if (!entries.empty() && !entries.back().hasCallback)
    setCallback(lock);
}

// On the newest event, which has none. Leaves without the lock: the callback may come at once, on
// this thread.
void LaunchQueues::Pending::setCallback(std::unique_lock<std::mutex> &lock) {
  Entry &newest = entries.back();
  const cl_event event = newest.started.event;
  auto *callback = new Callback{shared_from_this(), newest.number};
  newest.hasCallback = true;
  ++callbacks;
  lock.unlock();
  if (clSetEventCallback(event, CL_COMPLETE, ended, callback) != CL_SUCCESS) {
    clWaitForEvents(1, &event);
    ended(event, stateOf(event), callback);
  }
  // The callback itself must not release: implementations hold the event's lock around it.
  clReleaseEvent(event);
}

void CL_CALLBACK LaunchQueues::Pending::ended(cl_event, cl_int state, void *data) {
  const std::unique_ptr<Callback> callback(static_cast<Callback *>(data));
  callback->pending->end(callback->number, state);
}

// The launch of this number has ended in this state, and so have those before it.
void LaunchQueues::Pending::end(uint64_t number, cl_int state) {
  std::unique_lock lock(mutex);
  --callbacks;
  while (true) {
    // Those that have callbacks of their own, other than this one, are left to them.
    std::vector<Entry> done;
    const auto ends = [number](const Entry &entry) {
      return entry.number == number || (entry.number < number && !entry.hasCallback);
    };
    for (Entry &entry : entries)
      if (ends(entry))
        done.push_back(std::move(entry));
    entries.erase(std::remove_if(entries.begin(), entries.end(), ends), entries.end());
    lock.unlock();
    for (Entry &entry : done)
      finish(std::move(entry), state);

    lock.lock();
    if (callbacks != 0 || entries.empty())
      return;
    if (stateOf(entries.back().started.event) > CL_COMPLETE)
      return setCallback(lock);
    number = entries.back().number;
  }
}

// Tells that a launch has ended; `state` is that of the event whose callback told of it.
void LaunchQueues::Pending::finish(Entry entry, cl_int state) {
  if (!entry.hasCallback) {
    state = stateOf(entry.started.event);
    clReleaseEvent(entry.started.event);
  }
  Status status = launcher.outcome(state, entry.started.kernel);
  entry.started = {};
  entry.done(std::move(status));
  entry.done = nullptr;
  launcher.inFlight().remove();
}

class LaunchQueues::Queue final : public CommandQueue {
public:
  Queue(cl_command_queue queue, Launcher &launcher, std::shared_ptr<Idle> idle)
      : queue(queue), launcher(launcher), idle(std::move(idle)),
        pending(std::make_shared<Pending>(launcher)) {}
  ~Queue() override {
    std::lock_guard lock(idle->mutex);
    idle->queues.push_back(queue);
  }
  void execute(const Command &command, Completion done) override {
    Launcher::Started started;
    if (Status status = launcher.start(std::get<Launch>(command), queue, started); !status.ok())
      return done(std::move(status));
    pending->add(std::move(started), std::move(done));
  }
  void watch() override { pending->watchNewest(); }

private:
  cl_command_queue queue;
  Launcher &launcher;
  std::shared_ptr<Idle> idle;
  std::shared_ptr<Pending> pending;
};

LaunchQueues::~LaunchQueues() {
  std::lock_guard lock(idle->mutex);
  for (cl_command_queue queue : idle->queues)
    clReleaseCommandQueue(queue);
}

std::unique_ptr<CommandQueue> LaunchQueues::make() {
  {
    std::lock_guard lock(idle->mutex);
    if (!idle->queues.empty()) {
      cl_command_queue queue = idle->queues.back();
      idle->queues.pop_back();
      return std::make_unique<Queue>(queue, launcher, idle);
    }
  }
  cl_int error = CL_SUCCESS;
  cl_command_queue queue =
      clCreateCommandQueueWithProperties(context.context(), context.device(), nullptr, &error);
  if (error != CL_SUCCESS)
    return nullptr;
  return std::make_unique<Queue>(queue, launcher, idle);
}

} // namespace npu::opencl
