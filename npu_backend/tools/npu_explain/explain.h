// Why an op takes as long as it does on the NPU, and what would make it faster. Everything here is
// the model's word: variants are lowered and timed like the op itself, and not computed.
#pragma once

#include "lower/dispatch.h"

namespace npu::explain {

using backend::Activity;
using backend::Lowered;
using backend::LoweringContext;
using backend::NpuConfig;
using backend::PrecisionPolicy;

// One way to time the op.
struct Timing {
  Activity activity;
  Lowered lowered;
  double productsPerCycle() const {
    return activity.cycles ? double(activity.macs) / double(activity.cycles) : 0;
  }
};

// A changed shape, format or NPU: products of the change in a cycle, over those of the op.
struct Variant {
  std::string what;
  double gain = 0;         // 0.09: nine percent more products per cycle
  double cyclesChange = 0; // -0.1: ten percent fewer cycles
};

struct Explanation {
  std::string problem;
  Timing timing;
  std::vector<backend::TilingCandidate> considered;
  std::vector<Variant> shapes, formats, hardware; // best first; those that gain
};

// Fails when the NPU does not take the op.
Status explain(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
               Explanation &explanation);
std::string explanationText(const Explanation &explanation, const NpuConfig &config);

} // namespace npu::explain
