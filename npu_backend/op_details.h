// What the NPU counts of an op beyond OpCost's figures, as the members of a JSON object for
// reports. Keys are stable: tools read them.
#pragma once

#include "energy.h"
#include "lower/lower.h"
#include "usage.h"

#include <optional>

namespace npu::backend {

// `usage`: when recorded.
std::string opDetails(const TensorOp &op, const Lowered &lowered, const Activity &activity,
                      const EnergySplit &energy, const std::optional<Usage> &usage);

// Time that the computing unit (the array or, without products, the vector unit) did not work, by
// what it waited for: "load", "matrix", "vector", "store", "drain" (results leave after its end).
struct Stalls {
  std::vector<std::pair<const char *, uint64_t>> cycles;
  std::string reason; // the longest, in words; empty without stalls
};
Stalls stallsOf(const Activity &activity);

} // namespace npu::backend
