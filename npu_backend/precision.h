// Which product a matrix operation uses: what its operands are, what the caller's math mode
// accepts, and what the user's precision variables allow. Pedantic calls are never lowered.
#pragma once

#include "isa.h"
#include "npu_config.h"

#include <optional>
#include <vector>

namespace npu::backend {

struct PrecisionPolicy {
  enum class Float32 : uint8_t { Highest, High, Medium };
  Float32 float32 = Float32::Highest;
  std::optional<Format> matmulFormat;
  // NPU_FLOAT32_MATMUL_PRECISION and NPU_MATMUL_FORMAT.
  static Status fromEnvironment(PrecisionPolicy &policy);
};

// What NPU_MATMUL_FORMAT may name.
const std::vector<Format> &matmulFormats();

struct ProductChoice {
  Product product = Product::Bf16x9;
  Format operandA = Format::F32, operandB = Format::F32; // as kept in the scratchpad
  bool scaled = false; // operands are measured and divided by a per-tensor scale
  std::string name;    // for reports: "bf16x9", "fp8_e4m3"
};

// Fails, with the reason, when the array has no product for these operands.
Status chooseProduct(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
                     ProductChoice &choice);

} // namespace npu::backend
