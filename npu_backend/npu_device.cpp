// The emulated NPU as a Device of the runtime: it takes tensor ops only, lowers them to
// instructions and runs them on one worker thread, in the order they came. The worker owns the
// emulator; the queue is what threads share.
#include "emulator.h"
#include "energy.h"
#include "lower/dispatch.h"
#include "npu/device.h"
#include "npu_config.h"
#include "numerics.h"
#include "op_details.h"
#include "progress.h"

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

// Settings of the device beside its configuration and precision.
struct Settings {
  unsigned emulatorThreads = 0; // 0: one per CPU
  unsigned usageIntervals = 0;  // 0: usage is not recorded
  Progress progress;
};

void fillCost(const NpuConfig &config, const TensorOp &op, const Lowered &lowered,
              const Activity &activity, const std::optional<Usage> &usage) {
  OpCost &cost = *op.cost;
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
  EnergySplit energy = energyPicojoules(config, activity);
  cost.energyPicojoules = energy.total();
  if (cost.detailed)
    cost.details = opDetails(op, lowered, activity, energy, usage);
}

class NpuDevice final : public Device {
public:
  NpuDevice(const NpuConfig &config, const PrecisionPolicy &policy, const Settings &settings)
      : config(config), policy(policy), settings(settings), progress(settings.progress),
        worker([this] { work(); }) {}

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
    std::optional<UsageRecorder> recorder;
    // Without a model of what happens when, there is nothing to record.
    if (op.cost && op.cost->detailed && settings.usageIntervals && config.opTime == OpTime::Events)
      recorder.emplace(settings.usageIntervals);
    if (!lowered.program.words.empty()) {
      if (!emulator)
        emulator = std::make_unique<Emulator>(config, settings.emulatorThreads);
      Emulator::Progress step;
      if (progress.wanted())
        step = [this](size_t done, size_t total) { progress.step(done, total); };
      progress.begin(op);
      if (Status status =
              emulator->run(lowered.program, activity, recorder ? &*recorder : nullptr, step);
          !status)
        return status;
      progress.end(activity.cycles);
    }
    if (op.cost) {
      std::optional<Usage> usage;
      if (recorder)
        usage = recorder->finish(activity.cycles);
      fillCost(config, op, lowered, activity, usage);
    }
    return {};
  }

  const NpuConfig config;
  const PrecisionPolicy policy;
  const Settings settings;
  Progress progress;                  // the worker's own
  std::unique_ptr<Emulator> emulator; // the worker's own
  std::mutex mutex;                   // guards queue and stopping
  std::condition_variable changed;
  std::deque<Task> queue;
  bool stopping = false;
  std::thread worker; // last: starts when all else is ready
};

// A whole number from a variable; unset: `value` stays.
Status readNumber(const char *variable, long lowest, long highest, unsigned &value) {
  const char *text = std::getenv(variable);
  if (!text || !*text)
    return {};
  char *end;
  long number = std::strtol(text, &end, 10);
  if (*end || number < lowest || number > highest)
    return {npuErrorInvalidValue, std::string(variable) + " must be a whole number from " +
                                      std::to_string(lowest) + " to " + std::to_string(highest) +
                                      ", not \"" + text + "\""};
  value = unsigned(number);
  return {};
}

Status readSettings(Settings &settings) {
  if (Status status = readNumber("NPU_EMULATOR_THREADS", 1, 256, settings.emulatorThreads); !status)
    return status;
  if (Status status = readNumber("NPU_REPORT_INTERVALS", 1, 4096, settings.usageIntervals); !status)
    return status;
  return Progress::fromEnvironment(settings.progress);
}

} // namespace

Status makeNpuDevice(std::unique_ptr<Device> &device) {
  const char *asked = std::getenv("NPU_CONFIG");
  NpuConfig config;
  PrecisionPolicy policy;
  Settings settings;
  if (Status status = loadConfig(asked && *asked ? asked : "server", config); !status)
    return status;
  if (Status status = PrecisionPolicy::fromEnvironment(policy); !status)
    return status;
  if (Status status = readSettings(settings); !status)
    return status;
  try {
    device = std::make_unique<NpuDevice>(config, policy, settings);
  } catch (const std::exception &error) {
    return {npuErrorInitializationError,
            std::string("NPU: cannot start its thread: ") + error.what()};
  }
  return {};
}

} // namespace npu
