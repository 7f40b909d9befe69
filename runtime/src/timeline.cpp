// Timelines and their workers; see timeline.h for the rules.
#include "timeline.h"

#include "child_launches.h"
#include "log.h"
#include "report.h"
#include "texture.h"

#include <thread>

namespace npu::core {
namespace {

thread_local bool inHostCall = false;
thread_local bool isWorker = false;

// Workers alive, for stopAll(). Never destroyed: a worker may outlive static destruction.
struct Workers {
  std::mutex mutex;
  std::condition_variable ended;
  unsigned alive = 0; // under mutex
  std::atomic<bool> stop{false};
  std::vector<std::weak_ptr<Timeline>> timelines; // under mutex; those that ever had a worker
};
Workers &workers() {
  static Workers &instance = *new Workers;
  return instance;
}

struct Failure {
  std::mutex mutex;
  Status status; // under mutex
  std::atomic<bool> set{false};
};
Failure &failure() {
  static Failure &instance = *new Failure;
  return instance;
}

} // namespace

void failContext(const Status &status) {
  {
    std::lock_guard<std::mutex> lock(failure().mutex);
    if (!failure().set) {
      failure().status = status;
      failure().set = true;
    }
  }
  warnOnce("error: " + status.message());
}

Status contextFailure() {
  if (!contextFailed())
    return {};
  std::lock_guard<std::mutex> lock(failure().mutex);
  return failure().status;
}

bool contextFailed() { return failure().set.load(std::memory_order_acquire); }

void clearContextFailure() {
  std::lock_guard<std::mutex> lock(failure().mutex);
  failure().status = {};
  failure().set = false;
}

bool Timeline::insideHostCall() { return inHostCall; }

std::shared_ptr<Timeline> Timeline::create() { return std::shared_ptr<Timeline>(new Timeline); }

uint64_t Timeline::push(Item item, Start start) {
  bool ordered = true;
  for (const Point &point : item.after)
    ordered &= point.timeline->reached(point.value);
  // A kernel that reports for itself may fail, and then the next ones must not run.
  const auto *launch = std::get_if<Launch>(&item.work());
  // In a report, each kernel's time is its own.
  if (ordered && start == Start::Now && item.device && launch && !launch->afterwards &&
      !launch->children && !contextFailed() && !reportWanted()) {
    std::lock_guard<std::mutex> order(submitting);
    if (findQueue(item)) {
      std::unique_lock<std::mutex> lock(mutex);
      if (!running && queue.empty())
        return fly(std::move(item), lock);
    }
  }
  std::unique_lock<std::mutex> lock(mutex);
  const uint64_t value = submitted.load(std::memory_order_relaxed) + 1;
  if (ordered && !item.device && !running && queue.empty() && !flights.empty()) {
    // A point behind the commands in flight.
    flights.push_back({true, true, std::move(item.record), std::move(item.keepAlive), nullptr});
    submitted.store(value, std::memory_order_release);
    return value;
  }
  if (ordered && !item.device && !running && queue.empty()) {
    // Nothing to wait for and nothing to do: an event on an idle stream.
    if (item.record)
      item.record->time = std::chrono::steady_clock::now();
    submitted.store(value, std::memory_order_release);
    completed.store(value, std::memory_order_release);
    return value;
  }
  queue.push_back(std::move(item));
  submitted.store(value, std::memory_order_release);
  if (start == Start::Now)
    startWorker(lock);
  return value;
}

// Under `submitting`: whether the item's device has a queue for it; makes the queue at first.
bool Timeline::findQueue(const Item &item) {
  if (queueDevice != item.device) {
    // Commands in flight on another device's queue know nothing of this one's.
    std::lock_guard<std::mutex> lock(mutex);
    if (!flights.empty())
      return false;
    auto *queueing = dynamic_cast<QueueingDevice *>(item.device);
    deviceQueue = queueing && queueing->queues(item.work()) ? queueing->makeQueue() : nullptr;
    queueDevice = item.device;
  }
  return deviceQueue != nullptr;
}

// Under `submitting`. Gives the command to the device's queue; leaves without the lock.
uint64_t Timeline::fly(Item item, std::unique_lock<std::mutex> &lock) {
  const uint64_t value = submitted.load(std::memory_order_relaxed) + 1;
  flights.push_back({false, false, std::move(item.record), std::move(item.keepAlive), item.shared});
  submitted.store(value, std::memory_order_release);
  lock.unlock();
  const auto done = [self = shared_from_this(), value](const Status &status) {
    self->land(value, status ? takeSurfaceFault() : status);
  };
  try {
    deviceQueue->execute(item.work(), done);
  } catch (const std::exception &error) {
    done(Status(npuErrorUnknown, std::string(item.device->name()) + ": " + error.what()));
  }
  return value;
}

// A command in flight has ended: from any thread, perhaps before execute() returns.
void Timeline::land(uint64_t value, const Status &status) {
  // The position in `flights` changes whenever the lock is not held.
  const auto flight = [&]() -> Flight & {
    return flights[value - completed.load(std::memory_order_relaxed) - 1];
  };
  Flight ended;
  std::vector<Flight> landed; // points' things are released without the lock as well
  std::unique_lock<std::mutex> lock(mutex);
  if (reached(value) || flight().ended)
    return; // a device that completes twice: the first one counts
  flight().ended = true;
  ended.keepAlive = std::move(flight().keepAlive);
  ended.shared = std::move(flight().shared);
  if (!status || ended.keepAlive || ended.shared) {
    lock.unlock();
    // Both before anyone can see that the command has ended.
    if (!status)
      failContext(status);
    ended = Flight();
    lock.lock();
  }
  flight().done = true;
  uint64_t reachedValue = completed.load(std::memory_order_relaxed);
  while (!flights.empty() && flights.front().done) {
    if (flights.front().record)
      flights.front().record->time = std::chrono::steady_clock::now();
    landed.push_back(std::move(flights.front()));
    flights.pop_front();
    ++reachedValue;
  }
  completed.store(reachedValue, std::memory_order_release);
  if (sleepers)
    progressed.notify_all();
  else if (mayRunFront())
    startWorker(lock);
  lock.unlock();
}

void Timeline::wait(uint64_t value) {
  if (reached(value))
    return;
  std::unique_lock<std::mutex> lock(mutex);
  while (!reached(value)) {
    const bool mine = mayRunFront();
    if (mine && (workers().stop || !std::holds_alternative<HostCall>(queue.front().work()))) {
      runFront(lock);
      continue;
    }
    if (mine)
      startWorker(lock);
    ++sleepers;
    progressed.wait(lock);
    --sleepers;
  }
  if (mayRunFront())
    startWorker(lock);
}

void Timeline::retire() {
  std::unique_lock<std::mutex> lock(mutex);
  retired = true;
  if (hasWorker)
    workArrived.notify_all();
  else if (!queue.empty())
    startWorker(lock);
}

void Timeline::startWorker(std::unique_lock<std::mutex> &) {
  if (hasWorker) {
    if (workerSleeps)
      workArrived.notify_one();
    return;
  }
  {
    std::lock_guard<std::mutex> lock(workers().mutex);
    if (workers().stop)
      return; // the process is exiting: nothing new starts
    ++workers().alive;
    auto &timelines = workers().timelines;
    for (size_t i = 0; i < timelines.size();)
      if (timelines[i].expired()) {
        timelines[i] = timelines.back();
        timelines.pop_back();
      } else {
        ++i;
      }
    timelines.push_back(weak_from_this());
  }
  try {
    std::thread([self = shared_from_this()]() mutable {
      isWorker = true;
      self->work();
      self.reset();
      std::lock_guard<std::mutex> lock(workers().mutex);
      --workers().alive;
      workers().ended.notify_all();
    }).detach();
    hasWorker = true;
  } catch (const std::system_error &error) {
    std::lock_guard<std::mutex> lock(workers().mutex);
    --workers().alive;
    // Whoever waits still runs the queue; purely asynchronous work would stand still.
    warnOnce(std::string("error: cannot start a stream's thread: ") + error.what());
  }
}

void Timeline::work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (!workers().stop) {
    if (mayRunFront()) {
      runFront(lock);
      continue;
    }
    if (retired && queue.empty())
      break;
    workerSleeps = true;
    workArrived.wait(lock);
    workerSleeps = false;
  }
  hasWorker = false;
}

// Executes the first item. Enters and leaves with the lock held.
void Timeline::runFront(std::unique_lock<std::mutex> &lock) {
  running = true;
  Item item = std::move(queue.front());
  queue.pop_front();
  const uint64_t value = completed.load(std::memory_order_relaxed) + 1;
  lock.unlock();

  for (const Point &point : item.after)
    point.timeline->wait(point.value);
  Status status = perform(item, value);
  const auto *launch = std::get_if<Launch>(&item.work());
  while (launch && launch->again && status && !contextFailed()) {
    if (launch->children)
      status = runChildren(*launch, /*hasEnded=*/false);
    if (!status || !launch->again())
      break;
    {
      std::lock_guard<std::mutex> renewed(mutex);
      finished = value - 1;
    }
    status = perform(item, value);
  }
  if (launch && launch->afterwards)
    if (Status reported = launch->afterwards(); !reported)
      status = std::move(reported);
  if (launch && launch->children && status && !contextFailed())
    status = runChildren(*launch, /*hasEnded=*/true);
  if (!status)
    failContext(status);
  if (item.report && status)
    item.report->executed = true;
  if (item.record)
    item.record->time = std::chrono::steady_clock::now();
  item = Item(); // what it held is released outside of the lock, and before anyone hears of the end

  lock.lock();
  running = false;
  completed.store(value, std::memory_order_release);
  if (sleepers)
    progressed.notify_all();
}

Status Timeline::perform(Item &item, uint64_t value) {
  if (!item.device || (contextFailed() && !item.evenAfterFailure))
    return {};
  inHostCall = std::holds_alternative<HostCall>(item.work());
  const auto began = std::chrono::steady_clock::now();
  try {
    item.device->execute(item.work(), [self = shared_from_this(), value](Status status) {
      self->finish(value, std::move(status));
    });
  } catch (const std::bad_alloc &) {
    finish(value, Status(npuErrorMemoryAllocation,
                         std::string(item.device->name()) + ": out of host memory in a command"));
  } catch (const std::exception &error) {
    finish(value, Status(npuErrorUnknown, std::string(item.device->name()) + ": " + error.what()));
  } catch (...) {
    finish(value,
           Status(npuErrorUnknown, std::string(item.device->name()) + ": unknown exception"));
  }
  inHostCall = false;
  std::unique_lock<std::mutex> lock(mutex);
  while (finished != value) {
    ++sleepers;
    progressed.wait(lock);
    --sleepers;
  }
  const auto *launch = std::get_if<Launch>(&item.work());
  if (reportWanted() && outcome) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
    if (launch)
      addToReport(*launch, item.device->name(), taken.count());
    if (item.report)
      item.report->seconds = taken.count();
  }
  return outcome && launch ? takeSurfaceFault() : std::move(outcome);
}

// A device's completion: from any thread, perhaps before execute() returns.
void Timeline::finish(uint64_t value, Status status) {
  std::lock_guard<std::mutex> lock(mutex);
  if (finished >= value)
    return; // a device that completes twice, or an exception after completion: the first one counts
  finished = value;
  outcome = std::move(status);
  if (sleepers)
    progressed.notify_all();
}

void Timeline::stopAll() {
  std::vector<std::weak_ptr<Timeline>> timelines;
  {
    std::lock_guard<std::mutex> lock(workers().mutex);
    workers().stop = true;
    timelines = workers().timelines;
  }
  for (const std::weak_ptr<Timeline> &weak : timelines)
    if (const std::shared_ptr<Timeline> timeline = weak.lock()) {
      std::lock_guard<std::mutex> lock(timeline->mutex);
      timeline->workArrived.notify_all();
    }
  std::unique_lock<std::mutex> lock(workers().mutex);
  workers().ended.wait_for(lock, std::chrono::seconds(10),
                           [] { return workers().alive == (isWorker ? 1u : 0u); });
}

} // namespace npu::core
