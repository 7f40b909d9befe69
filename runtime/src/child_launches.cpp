// See child_launches.h.
#include "child_launches.h"

#include "npu/device_services.h"

#include "devices.h"
#include "launch.h"
#include "report.h"
#include "services.h"
#include "texture.h"

#include <cstring>
#include <deque>
#include <mutex>

namespace npu::core {

using services::ChildQueue;
using services::ChildRecord;

namespace {

// For all that one grid asks for. The system commits only what is touched.
constexpr size_t kQueueBytes = size_t(64) << 20;
constexpr size_t kKeptQueues = 4;

struct Queues {
  std::mutex mutex;
  std::vector<ChildQueue *> free; // under mutex
};
Queues &queues() {
  static Queues &instance = *new Queues;
  return instance;
}

void giveBack(ChildQueue *queue) {
  {
    std::lock_guard<std::mutex> lock(queues().mutex);
    if (queues().free.size() < kKeptQueues)
      return queues().free.push_back(queue);
  }
  if (Device *home = Team::get().memoryHome())
    home->release(queue);
}

Status takeQueue(std::shared_ptr<void> &queue) {
  ChildQueue *taken = nullptr;
  {
    std::lock_guard<std::mutex> lock(queues().mutex);
    if (!queues().free.empty()) {
      taken = queues().free.back();
      queues().free.pop_back();
    }
  }
  if (!taken) {
    Device *home = Team::get().memoryHome();
    taken = static_cast<ChildQueue *>(home ? home->allocate(sizeof(ChildQueue) + kQueueBytes, 64)
                                           : nullptr);
  }
  if (!taken)
    return Status(npuErrorMemoryAllocation, "no memory for the launches that a kernel makes (" +
                                                std::to_string(kQueueBytes) + " bytes)");
  *taken = {kQueueBytes, 0, 0, 0, uint64_t(currentDevice()), 0};
  queue.reset(taken, [](void *used) { giveBack(static_cast<ChildQueue *>(used)); });
  return {};
}

// A record, copied out of the queue so that the queue can be filled again.
struct Child {
  ChildRecord record;
  std::vector<uint8_t> arguments;
  std::shared_ptr<const KernelImage> image;
  int device = 0;
};

// Makes the parent's device the thread's current one: the thread is a stream's, or anyone's.
class OnDevice {
public:
  explicit OnDevice(int device) : before(currentDevice()) { (void)setCurrentDevice(device); }
  ~OnDevice() { (void)setCurrentDevice(before); }

private:
  const int before;
};

// Empties the queue, of tail launches only when the grid `hasEnded`; those go last.
std::vector<Child> takeChildren(const Launch &launch, bool hasEnded) {
  auto &queue = *static_cast<ChildQueue *>(launch.children.get());
  auto *data = reinterpret_cast<uint8_t *>(&queue + 1);
  const uint64_t end = std::min<uint64_t>(queue.nextByte, queue.dataBytes);
  std::vector<Child> children, tails;
  uint64_t kept = 0;
  for (uint64_t at = 0; at + sizeof(ChildRecord) <= end;) {
    Child child;
    std::memcpy(&child.record, data + at, sizeof(ChildRecord));
    const uint32_t bytes = child.record.bytes;
    if (bytes < sizeof(ChildRecord) || bytes > end - at)
      break; // behind the last one that found room
    if (child.record.isTail && !hasEnded) {
      std::memmove(data + kept, data + at, bytes);
      kept += bytes;
    } else {
      const uint8_t *arguments = data + at + sizeof(ChildRecord);
      child.arguments.assign(arguments, arguments + child.record.argumentBytes);
      child.image = launch.image;
      child.device = int(queue.device);
      (child.record.isTail ? tails : children).push_back(std::move(child));
    }
    at += bytes;
  }
  queue.nextByte = kept;
  children.insert(children.end(), std::make_move_iterator(tails.begin()),
                  std::make_move_iterator(tails.end()));
  return children;
}

// Runs one command on the device that takes it and waits.
Status executeNow(const Command &command) {
  const Team::Choice choice = Team::get().choose(command);
  if (!choice.device)
    return choice.refusal;
  const auto *launch = std::get_if<Launch>(&command);
  if (launch)
    if (Status status = Team::get().load(*choice.device, launch->image); !status)
      return status;
  const auto execute = [&] {
    double seconds = 0;
    Status status = executeAndWait(*choice.device, command, seconds);
    if (launch && status && reportWanted())
      addToReport(*launch, choice.device->name(), seconds);
    return status;
  };
  if (!launch)
    return execute();
  // Its children are the caller's.
  Status status = execute();
  while (status && launch->again) {
    if (launch->children)
      status = runChildren(*launch, false);
    if (!status || !launch->again())
      break;
    status = execute();
  }
  if (status)
    status = takeSurfaceFault();
  if (status && launch->afterwards)
    status = launch->afterwards();
  return status;
}

Status launchOf(const Child &child, Launch &launch) {
  const OnDevice parents(child.device);
  std::shared_ptr<Function> function;
  if (Status status = findFunction(child.image, child.record.kernel, function); !status)
    return status;
  std::shared_ptr<const KernelImage> image;
  uint32_t kernel = 0;
  if (Status status = resolveFunction(*function, image, kernel); !status)
    return status;
  std::vector<uint8_t> arguments = child.arguments;
  std::vector<void *> pointers;
  for (const KernelImage::Parameter &parameter : image->kernels[kernel].parameters) {
    if (size_t(parameter.offset) + parameter.size > arguments.size())
      return Status(npuErrorInvalidKernelImage, "a kernel launched " +
                                                    image->kernels[kernel].sourceName +
                                                    " with other parameters than it has");
    pointers.push_back(arguments.data() + parameter.offset);
  }
  pointers.push_back(nullptr);
  const auto &grid = child.record.grid, &block = child.record.block;
  return prepareLaunch(*function, {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]},
                       pointers.data(), size_t(child.record.sharedBytes), launch);
}

void *address(uint64_t value) { return reinterpret_cast<void *>(uintptr_t(value)); }

// `command` is the child's, for what it asks for itself.
Status run(const Child &child, Command &command) {
  const ChildRecord &record = child.record;
  switch (record.kind) {
  case services::kChildCopy: {
    Copy copy;
    copy.dst = address(record.dst);
    copy.src = address(record.source);
    copy.width = size_t(record.transferBytes);
    command = copy;
    break;
  }
  case services::kChildFill: {
    Fill fill;
    fill.dst = address(record.dst);
    fill.value = uint32_t(record.source);
    fill.width = size_t(record.transferBytes);
    command = fill;
    break;
  }
  default: {
    Launch launch;
    if (Status status = launchOf(child, launch); !status)
      return Status(status.code(), "a launch by a kernel: " + status.message());
    command = std::move(launch);
  }
  }
  return executeNow(command);
}

} // namespace

Status provideChildren(Launch &launch, void **place) {
  if (Status status = takeQueue(launch.children); !status)
    return status;
  *place = launch.children.get();
  return {};
}

Status runChildren(const Launch &launch, bool hasEnded) {
  auto &queue = *static_cast<ChildQueue *>(launch.children.get());
  const uint64_t asked = queue.asked;
  std::deque<Child> waiting;
  for (Child &child : takeChildren(launch, hasEnded))
    waiting.push_back(std::move(child));
  // What a child asks for goes before its neighbours. No recursion: a kernel may go on by launching
  // itself for as long as it likes.
  while (!waiting.empty()) {
    const Child child = std::move(waiting.front());
    waiting.pop_front();
    Command command = HostCall();
    if (Status status = run(child, command); !status)
      return status;
    if (const auto *done = std::get_if<Launch>(&command); done && done->children) {
      std::vector<Child> own = takeChildren(*done, true);
      waiting.insert(waiting.begin(), std::make_move_iterator(own.begin()),
                     std::make_move_iterator(own.end()));
    }
  }
  queue.done = asked;
  return {};
}

Status runNow(const Command &command) {
  if (const auto *op = std::get_if<TensorOp>(&command)) {
    TensorOp fresh = *op;
    fresh.cost = std::make_shared<OpCost>();
    return perform(std::move(fresh));
  }
  if (Status status = executeNow(command); !status)
    return status;
  const auto *launch = std::get_if<Launch>(&command);
  return launch && launch->children ? runChildren(*launch, true) : Status();
}

} // namespace npu::core
