// A tensor operation run to its end by the thread that asks; see core.h.
#include "core.h"

#include "devices.h"
#include "log.h"
#include "report.h"
#include "tensor_reference.h"

namespace npu::core {

Status perform(TensorOp op) {
  if (Status status = checkTensorOp(op); !status)
    return status;
  const bool reports = reportWanted();
  if (reports && !op.cost)
    op.cost = std::make_shared<OpCost>();
  const std::shared_ptr<OpCost> cost = op.cost;
  const Command command = std::move(op);
  const Team::Choice choice = Team::get().choose(command);
  if (!choice.device)
    return choice.refusal;
  if (logs(LogLevel::Debug)) {
    const TensorOp &chosen = std::get<TensorOp>(command);
    log(LogLevel::Debug, std::string(opName(chosen.kind)) + " " + shapeText(chosen) + " of " +
                             chosen.caller + " -> " + choice.reasons);
  }
  std::shared_ptr<OpReport> entry;
  if (reports)
    entry = addToReport(std::get<TensorOp>(command), choice.device->name(), choice.reasons);

  double seconds = 0;
  Status status = executeAndWait(*choice.device, command, seconds);
  if (entry && status) {
    entry->seconds = seconds;
    entry->executed = true;
  }
  return status;
}

bool acceleratorTakes(const TensorOp &op) {
  if (!checkTensorOp(op))
    return false;
  const Team::Choice choice = Team::get().choose(op);
  return choice.device && std::string(choice.device->name()) != "host";
}

Scratch::Scratch(size_t bytes) {
  if (Device *home = Team::get().memoryHome())
    memory = home->allocate(bytes ? bytes : 1, 64);
  if (!memory)
    throw std::bad_alloc();
}

Scratch::~Scratch() {
  if (memory)
    Team::get().memoryHome()->release(memory);
}

} // namespace npu::core
