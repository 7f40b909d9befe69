// The report of tensor operations (NPU_REPORT). Keys are stable: tools read them.
#pragma once

#include "npu/tensor_op.h"

#include <atomic>
#include <memory>
#include <string>

namespace npu::core {

// One operation. The device fills *cost before it completes; `executed` is set after that.
struct OpReport {
  std::string op, shape, caller, device, reason;
  std::shared_ptr<OpCost> cost;
  std::atomic<bool> executed{false};
};

bool reportWanted();
// Adds an entry, in the order of submission; `op.cost` must be set.
std::shared_ptr<OpReport> addToReport(const TensorOp &op, const std::string &device,
                                      const std::string &reason);
// The report of everything executed so far, as JSON text.
std::string reportText();
// Writes it where NPU_REPORT says: "-" to stdout, else to a file that is replaced as a whole.
void writeReport();

} // namespace npu::core
