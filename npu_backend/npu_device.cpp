// The emulated NPU as a Device of the runtime: it takes tensor ops only, lowers them to
// instructions and runs them on one worker thread, in the order they came. The worker owns the
// emulator; the queue is what threads share.
#include "emulator.h"
#include "energy.h"
#include "lower/lower.h"
#include "npu/device.h"
#include "npu_config.h"
#include "numerics.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <nlohmann/json.hpp>

namespace npu {
namespace {

using namespace backend;

const char *commandName(const Command &command) {
  const char *names[] = {"memory fills", "memory copies", "kernel launches", "tensor ops",
                         "host calls"};
  return names[command.index()];
}

Status checkOp(const TensorOp &op, const LoweringContext &context) {
  switch (op.kind) {
#define LOWERING(name, check, lower)                                                               \
  case TensorOp::Kind::name:                                                                       \
    return check(op, context);
#include "ops.def"
  default:
    return {npuErrorNotSupported, "the NPU has no lowering for this op"};
  }
}

Status lowerOp(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  switch (op.kind) {
#define LOWERING(name, check, lower)                                                               \
  case TensorOp::Kind::name:                                                                       \
    return lower(op, context, lowered);
#include "ops.def"
  default:
    return {npuErrorNotSupported, "the NPU has no lowering for this op"};
  }
}

OpCost costOf(const NpuConfig &config, const Lowered &lowered, const Activity &activity) {
  OpCost cost;
  cost.format = lowered.format;
  cost.cycles = activity.cycles;
  cost.computeCycles = activity.matrixCycles ? activity.matrixCycles : activity.vectorCycles;
  cost.stallCycles = cost.cycles - std::min(cost.cycles, cost.computeCycles);
  cost.dramReadBytes = activity.dramReadBytes;
  cost.dramWriteBytes = activity.dramWriteBytes;
  cost.sramBytes = activity.scratchpadBytes + activity.accumulatorBytes;
  cost.macs = activity.macs;
  double peak = double(activity.cycles) * lowered.peakPerCycle;
  cost.utilization = peak > 0 ? double(activity.macs) / peak : 0;
  cost.energyPicojoules = energyPicojoules(config, activity);
  return cost;
}

class NpuDevice final : public Device {
public:
  NpuDevice(const NpuConfig &config, const PrecisionPolicy &policy, unsigned threads)
      : config(config), policy(policy), emulatorThreads(threads), worker([this] { work(); }) {}

  ~NpuDevice() override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stopping = true;
      changed.notify_all();
    }
    worker.join();
  }

  const char *name() const override { return "npu"; }

  std::string configuration() const override {
    using Float32 = PrecisionPolicy::Float32;
    auto json = nlohmann::ordered_json::parse(configJson(config));
    json["float32_matmul_precision"] = policy.float32 == Float32::Highest ? "highest"
                                       : policy.float32 == Float32::High  ? "high"
                                                                          : "medium";
    if (policy.matmulFormat)
      json["matmul_format"] = formatSpelling(*policy.matmulFormat);
    return json.dump();
  }

  Status accepts(const Command &command) const override {
    if (const auto *op = std::get_if<TensorOp>(&command))
      return checkOp(*op, {config, policy});
    return {npuErrorNotSupported, std::string("the NPU runs no ") + commandName(command)};
  }

  void execute(const Command &command, Completion done) override {
    const auto *op = std::get_if<TensorOp>(&command);
    if (!op) {
      done(accepts(command));
      return;
    }
    std::lock_guard<std::mutex> lock(mutex);
    queue.push_back({*op, std::move(done)});
    changed.notify_all();
  }

private:
  struct Task {
    TensorOp op;
    Completion done;
  };

  void work() {
    for (;;) {
      Task task;
      {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return stopping || !queue.empty(); });
        if (queue.empty())
          return;
        task = std::move(queue.front());
        queue.pop_front();
      }
      Status status;
      try {
        status = run(task.op);
      } catch (const std::exception &error) {
        status = {npuErrorMemoryAllocation, std::string("NPU: ") + error.what()};
      }
      // What the op holds is let go before its completion lets the program go on.
      Completion done = std::move(task.done);
      task.op = {};
      done(std::move(status));
    }
  }

  Status run(const TensorOp &op) {
    LoweringContext context{config, policy};
    Lowered lowered;
    if (Status status = checkOp(op, context); !status)
      return status;
    if (Status status = lowerOp(op, context, lowered); !status)
      return status;
    Activity activity;
    if (!lowered.program.words.empty()) {
      if (!emulator)
        emulator = std::make_unique<Emulator>(config, emulatorThreads);
      if (Status status = emulator->run(lowered.program, activity); !status)
        return status;
    }
    if (op.cost)
      *op.cost = costOf(config, lowered, activity);
    return {};
  }

  const NpuConfig config;
  const PrecisionPolicy policy;
  const unsigned emulatorThreads;
  std::unique_ptr<Emulator> emulator; // the worker's own
  std::mutex mutex;                   // guards queue and stopping
  std::condition_variable changed;
  std::deque<Task> queue;
  bool stopping = false;
  std::thread worker; // last: starts when all else is ready
};

// NPU_EMULATOR_THREADS: how many host threads compute tiles; unset: one per CPU.
Status readThreads(unsigned &threads) {
  const char *text = std::getenv("NPU_EMULATOR_THREADS");
  if (!text || !*text)
    return {};
  char *end;
  long value = std::strtol(text, &end, 10);
  if (*end || value < 1 || value > 256)
    return {npuErrorInvalidValue,
            std::string("NPU_EMULATOR_THREADS must be a whole number from 1 to 256, not \"") +
                text + "\""};
  threads = unsigned(value);
  return {};
}

} // namespace

Status makeNpuDevice(std::unique_ptr<Device> &device) {
  const char *asked = std::getenv("NPU_CONFIG");
  NpuConfig config;
  PrecisionPolicy policy;
  unsigned threads = 0;
  if (Status status = loadConfig(asked && *asked ? asked : "server", config); !status)
    return status;
  if (Status status = PrecisionPolicy::fromEnvironment(policy); !status)
    return status;
  if (Status status = readThreads(threads); !status)
    return status;
  try {
    device = std::make_unique<NpuDevice>(config, policy, threads);
  } catch (const std::exception &error) {
    return {npuErrorInitializationError,
            std::string("NPU: cannot start its thread: ") + error.what()};
  }
  return {};
}

} // namespace npu
