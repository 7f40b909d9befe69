// An ability that a device may have besides `Device`: queues whose commands run in order without
// the core waiting between them. The core finds out by a cast, so a device that lacks it does
// nothing.
#pragma once

#include "npu/device.h"

namespace npu {

// The queue of one stream. Completions may come from any thread.
class CommandQueue {
public:
  virtual ~CommandQueue() = default;
  // As Device::execute, but the command starts when all those given before have ended. A completion
  // may come late, with that of a command given after it, so that a queue need not attend to each.
  // Calls come one at a time.
  virtual void execute(const Command &, Completion done) = 0;
  // The newest command's completion shall come when the command ends. From any thread.
  virtual void watch() = 0;
};

class QueueingDevice {
public:
  virtual ~QueueingDevice() = default;
  // Which commands its queues take; a property of the kind of command.
  virtual bool queues(const Command &) const = 0;
  // Null: out of resources; the core then keeps the order itself.
  virtual std::unique_ptr<CommandQueue> makeQueue() = 0;
};

} // namespace npu
