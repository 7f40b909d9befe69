// See fake_core.h. One thread only.
#include "fake_core.h"

#include "npu/runtime.h"
#include "src/command_failure.h"
#include "src/scratch.h"
#include "src/tensor_reference.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

namespace npu {
namespace {

struct State {
  std::vector<fake_core::Queued> history;
  size_t done = 0; // commands before this one were run
  Status failure, waitFailure;
  std::map<const char *, std::vector<char>> allocations;
};

State &state() {
  static State instance;
  return instance;
}

struct Runner {
  void operator()(const Fill &fill) const {
    for (size_t row = 0; row < fill.height; ++row)
      for (size_t at = 0; at < fill.width; at += fill.valueBytes)
        std::memcpy(static_cast<char *>(fill.dst) + row * fill.pitch + at, &fill.value,
                    fill.valueBytes);
  }
  void operator()(const Copy &copy) const {
    for (size_t row = 0; row < copy.height; ++row)
      std::memcpy(static_cast<char *>(copy.dst) + row * copy.dstPitch,
                  static_cast<const char *>(copy.src) + row * copy.srcPitch, copy.width);
  }
  void operator()(const Launch &) const {}
  void operator()(const TensorOp &op) const { core::runReference(op); }
  void operator()(const HostCall &call) const {
    try {
      call.function();
    } catch (const core::CommandFailure &failure) {
      state().waitFailure = failure.status;
    }
  }
};

} // namespace

Status core::enqueue(npuStream_t stream, Command command) {
  if (!state().failure.ok())
    return state().failure;
  if (const auto *op = std::get_if<TensorOp>(&command))
    if (Status bad = checkTensorOp(*op); !bad.ok())
      return bad;
  state().history.push_back({stream, std::move(command)});
  return {};
}

Status core::synchronize(npuStream_t) {
  State &all = state();
  while (all.done < all.history.size())
    std::visit(Runner(), all.history[all.done++].command);
  Status result = all.waitFailure;
  all.waitFailure = {};
  return result;
}

Status core::synchronizeDevice() { return synchronize(nullptr); }

bool fake_core::accelerates() {
  static const bool answer = std::getenv("NPU_TEST_ACCELERATED") != nullptr;
  return answer;
}

bool core::acceleratorTakes(const TensorOp &op) {
  return fake_core::accelerates() && core::checkTensorOp(op).ok();
}

bool core::deviceCanReach(const void *address, size_t bytes) {
  const char *first = static_cast<const char *>(address);
  auto after = state().allocations.upper_bound(first);
  if (after == state().allocations.begin())
    return false;
  const std::vector<char> &memory = std::prev(after)->second;
  return first + bytes <= memory.data() + memory.size();
}

Status core::allocateScratch(size_t bytes, std::shared_ptr<void> &memory) {
  memory = {fake_core::allocate(bytes), [](void *) {}}; // freed by reset()
  return {};
}

Status core::perform(TensorOp op) {
  if (Status bad = checkTensorOp(op); !bad.ok())
    return bad;
  runReference(op);
  return {};
}

core::Scratch::Scratch(size_t bytes) : memory(std::malloc(bytes ? bytes : 1)) {}
core::Scratch::~Scratch() { std::free(memory); }

namespace fake_core {

const std::vector<Queued> &history() { return state().history; }

std::vector<TensorOp> tensorOps() {
  std::vector<TensorOp> ops;
  for (const Queued &queued : state().history)
    if (const auto *op = std::get_if<TensorOp>(&queued.command))
      ops.push_back(*op);
  return ops;
}

void reset() { state() = State(); }
void failWith(Status status) { state().failure = std::move(status); }
void failNextWait(Status status) { state().waitFailure = std::move(status); }

void *allocate(size_t bytes) {
  std::vector<char> memory(bytes ? bytes : 1);
  char *data = memory.data();
  state().allocations.emplace(data, std::move(memory));
  return data;
}

} // namespace fake_core
} // namespace npu

// What the layer calls of the runtime.
npuError_t npuMalloc(void **pointer, size_t bytes) {
  *pointer = npu::fake_core::allocate(bytes);
  return npuSuccess;
}
npuError_t npuFree(void *) { return npuSuccess; } // by reset()
npuError_t npuGetDeviceCount(int *count) {
  *count = 1;
  return npuSuccess;
}
