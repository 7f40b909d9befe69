// The report of tensor operations and kernels (NPU_REPORT). Keys are stable: tools read them.
#pragma once

#include "npu/device.h"

#include <atomic>
#include <memory>
#include <string>

namespace npu::core {

// One operation. The device fills *cost before it completes; `executed` is set after that.
struct OpReport {
  std::string op, shape, caller, device, reason;
  uint64_t tensorBytes = 0; // of operands and results, each once
  std::shared_ptr<OpCost> cost;
  std::atomic<double> seconds{0}; // measured on this machine, an emulated device's emulation
  std::atomic<bool> executed{false};
};

bool reportWanted();
// Adds an entry, in the order of submission; `op.cost` must be set.
std::shared_ptr<OpReport> addToReport(const TensorOp &op, const std::string &device,
                                      const std::string &reason);
// Counts one execution of a kernel, measured on this machine.
void addToReport(const Launch &launch, const std::string &device, double seconds);
// The report of everything executed so far, as JSON text.
std::string reportText();
// Writes it where NPU_REPORT says: "-" to stdout, else to a file that is replaced as a whole.
void writeReport();

} // namespace npu::core
