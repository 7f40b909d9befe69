// A tensor operation as a value: what library calls (BLAS, DNN) hand to the devices.
// Any rank, any strides, so a storage order or a transpose is never a separate case.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace npu {

enum class Format : uint8_t {
  F64,
  F32,
  Tf32,
  F16,
  Bf16,
  Fp8E4M3,
  Fp8E5M2,
  Int32,
  Int8,
  UInt8,
  Int4,
  C32, // complex<float>
  C64, // complex<double>
};

// The API's spelling: "f32", "bf16", "fp8_e4m3", ...
const char *formatName(Format format);
// Bits of one stored element (Tf32 is stored as 32).
unsigned formatBits(Format format);

struct Tensor {
  void *data = nullptr; // element [0,...,0]
  Format format = Format::F32;
  std::vector<int64_t> sizes;   // elements per dimension; a size of 0 makes the op a no-op
  std::vector<int64_t> strides; // in elements; 0 repeats, negative allowed
};

enum class Activation : uint8_t {
#define ACTIVATION(name, spelling, gradientReads, summary) name,
#include "npu/activations.def"
};
constexpr unsigned kActivationCount = 0
#define ACTIVATION(name, spelling, gradientReads, summary) +1
#include "npu/activations.def"
    ;
// "relu", "gelu_tanh", ...
const char *activationName(Activation activation);
// What activation_gradient's Z is: true the function's result, false its argument.
bool gradientReadsResult(Activation activation);

enum class BinaryKind : uint8_t { Add, Subtract, Multiply, Divide, Minimum, Maximum };
enum class PoolingKind : uint8_t {
  Maximum,
  AverageIncludingPadding, // divides by the window's size
  AverageExcludingPadding, // divides by how much of the window lies in the image
};
enum class ReductionKind : uint8_t {
  Sum,
  Mean,
  Product,
  Minimum,
  Maximum,
  LargestMagnitude,
  SumOfMagnitudes,
  RootOfSquares, // the Euclidean norm
};

// One spatial dimension of a convolution or a pooling. Output i covers the input's elements
// i * stride - padBefore + w * dilation for w = 0...size-1; what lies outside counts as zero (in a
// maximum, as not there). The output's extent is the caller's choice: padding after the end is
// implied by it.
struct WindowDimension {
  int64_t size = 1, stride = 1, dilation = 1, padBefore = 0;
};

// The accuracy that the caller asks for. `compute` is the least accurate arithmetic that it accepts
// for products; sums are at least fp32 (Int32 for integers, F64 for F64). A device may always be
// more accurate. `pedantic` forbids every lowering that the precision policy would allow.
// `raised`: so many formats more accurate than what mode and policy lead to (after a result that
// broke a tolerance); a device that has none more accurate computes in its best.
struct MathMode {
  Format compute = Format::F32;
  bool pedantic = false;
  unsigned raised = 0;
};

// Local response normalization: the window of channels around each one.
struct ResponseWindow {
  int64_t size = 5;
  double scale = 1e-4, exponent = 0.75, offset = 1; // of the sum of squares, not of its mean
};

// What one op took, as the device that ran it counts: the NPU models it; other devices leave zeros.
struct OpCost {
  std::string format; // of the products: "f32", "bf16x9", "int8", ...
  uint64_t cycles = 0, computeCycles = 0, stallCycles = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0, sramBytes = 0;
  uint64_t macs = 0;
  double utilization = 0; // 0...1: macs / (cycles * array rows * columns)
  double energyPicojoules = 0;
  bool detailed = false; // asks for `details`
  std::string details;   // what else the device counts, as the members of a JSON object
  // Of each destination, when the op was recomputed in double: root of the mean squared error over
  // that of the mean squared value. Below 0: not recomputed.
  std::vector<double> errors;
  std::string corrections; // what was computed again in another format, and why
};

struct TensorOp {
  enum class Kind : uint8_t {
#define OP(name, sources, destinations, summary) name,
#include "npu/ops.def"
  };

  Kind kind = Kind::gemm;
  std::string caller;      // the API call that asked, for logs and reports: "cublasSgemm"
  std::vector<Tensor> src; // in ops.def's order; gemm: [batch, rows, columns] each
  std::vector<Tensor> dst;
  std::complex<double> alpha = 1, beta = 0;
  MathMode math;
  Activation activation = Activation::None;
  double activationParameters[2] = {1, 0}; // p and q of activations.def
  BinaryKind binary = BinaryKind::Add;
  PoolingKind pooling = PoolingKind::Maximum;
  ReductionKind reduction = ReductionKind::Sum;
  std::vector<WindowDimension> window; // convolution and pooling: one per spatial dimension
  int64_t groups = 1;                  // convolution
  std::vector<int64_t> axes;           // softmax, reduction, normalization: ascending dimensions
  bool logarithm = false;              // softmax: its logarithm
  bool rootMeanSquare = false;         // normalization
  double epsilon = 1e-5;               // normalization
  ResponseWindow response;             // response_normalization
  bool causal = false;                 // attention: query i sees keys 0...i only
  bool conjugateA = false, conjugateB = false; // complex gemm
  int biasAxis = -1; // gemm: 1 = bias per row (m), 2 = per column (n), -1 = none (no src[3]);
                     // convolution: 1 = per channel
  std::shared_ptr<OpCost> cost; // when set, the device fills it before it reports completion
};

const char *opName(TensorOp::Kind kind);

} // namespace npu
