// An ability that a device may have besides `Device`: queues whose commands run in order without
// the core waiting between them. The core finds out by a cast, so a device that lacks it does
// nothing.
#pragma once

#include "npu/device.h"

namespace npu {

// The queue of one stream. Calls come one at a time; completions may come from any thread.
class CommandQueue {
public:
  virtual ~CommandQueue() = default;
  // As Device::execute, but the command starts when all those given before have ended.
  virtual void execute(const Command &, Completion done) = 0;
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
