// Elementwise operations of graphs. What the tensor ops have goes to them; the long rest of modes
// is computed by the host, in float or in double where a type needs it.
#include "graph.h"

#include <cmath>
#include <limits>

namespace npu::dnn {
namespace {

struct Pointwise {
  npudnnPointwiseMode_t mode;
  double lower, upper, slope; // relu
  double eluAlpha, softplusBeta, swishBeta;
  int64_t axis;
  double alpha1, alpha2;

  bool isBackward() const {
    return mode >= NPUDNN_POINTWISE_RELU_BWD && mode <= NPUDNN_POINTWISE_GELU_APPROX_TANH_BWD;
  }
  bool isBinary() const {
    switch (mode) {
    case NPUDNN_POINTWISE_ADD:
    case NPUDNN_POINTWISE_ADD_SQUARE:
    case NPUDNN_POINTWISE_SUB:
    case NPUDNN_POINTWISE_MUL:
    case NPUDNN_POINTWISE_DIV:
    case NPUDNN_POINTWISE_MIN:
    case NPUDNN_POINTWISE_MAX:
    case NPUDNN_POINTWISE_MOD:
    case NPUDNN_POINTWISE_POW:
    case NPUDNN_POINTWISE_ATAN2:
    case NPUDNN_POINTWISE_LOGICAL_AND:
    case NPUDNN_POINTWISE_LOGICAL_OR:
    case NPUDNN_POINTWISE_BINARY_SELECT:
      return true;
    default:
      return mode >= NPUDNN_POINTWISE_CMP_EQ && mode <= NPUDNN_POINTWISE_CMP_LE;
    }
  }
};

template <class Real> Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
constexpr double kRootOfTwoOverPi = 0.79788456080286535588;

// Functions of one number, their derivatives' modes included: those map x to f'(x).
template <class Real> Real unary(const Pointwise &op, Real x) {
  switch (op.mode) {
  case NPUDNN_POINTWISE_IDENTITY:
    return x;
  case NPUDNN_POINTWISE_ABS:
    return std::fabs(x);
  case NPUDNN_POINTWISE_CEIL:
    return std::ceil(x);
  case NPUDNN_POINTWISE_FLOOR:
    return std::floor(x);
  case NPUDNN_POINTWISE_COS:
    return std::cos(x);
  case NPUDNN_POINTWISE_SIN:
    return std::sin(x);
  case NPUDNN_POINTWISE_TAN:
    return std::tan(x);
  case NPUDNN_POINTWISE_EXP:
    return std::exp(x);
  case NPUDNN_POINTWISE_LOG:
    return std::log(x);
  case NPUDNN_POINTWISE_NEG:
    return -x;
  case NPUDNN_POINTWISE_SQRT:
    return std::sqrt(x);
  case NPUDNN_POINTWISE_RSQRT:
    return 1 / std::sqrt(x);
  case NPUDNN_POINTWISE_RECIPROCAL:
    return 1 / x;
  case NPUDNN_POINTWISE_ERF:
    return std::erf(x);
  case NPUDNN_POINTWISE_LOGICAL_NOT:
    return x == 0;
  case NPUDNN_POINTWISE_RELU_FWD:
    if (x < Real(op.lower))
      return Real(op.lower) + Real(op.slope) * (x - Real(op.lower));
    return x > Real(op.upper) ? Real(op.upper) : x;
  case NPUDNN_POINTWISE_RELU_BWD:
    return x > Real(op.lower) ? (x < Real(op.upper) ? Real(1) : Real(0)) : Real(op.slope);
  case NPUDNN_POINTWISE_TANH_FWD:
    return std::tanh(x);
  case NPUDNN_POINTWISE_TANH_BWD:
    return 1 - std::tanh(x) * std::tanh(x);
  case NPUDNN_POINTWISE_SIGMOID_FWD:
    return sigmoid(x);
  case NPUDNN_POINTWISE_SIGMOID_BWD:
    return sigmoid(x) * (1 - sigmoid(x));
  case NPUDNN_POINTWISE_ELU_FWD:
    return x > 0 ? x : Real(op.eluAlpha) * std::expm1(x);
  case NPUDNN_POINTWISE_ELU_BWD:
    return x > 0 ? Real(1) : Real(op.eluAlpha) * std::exp(x);
  case NPUDNN_POINTWISE_GELU_FWD:
    return x / 2 * (1 + std::erf(x / std::sqrt(Real(2))));
  case NPUDNN_POINTWISE_GELU_BWD:
    return (1 + std::erf(x / std::sqrt(Real(2)))) / 2 +
           x * std::exp(-x * x / 2) * Real(kRootOfTwoOverPi / 2);
  case NPUDNN_POINTWISE_GELU_APPROX_TANH_FWD:
    return x / 2 * (1 + std::tanh(Real(kRootOfTwoOverPi) * (x + Real(0.044715) * x * x * x)));
  case NPUDNN_POINTWISE_GELU_APPROX_TANH_BWD: {
    const Real t = std::tanh(Real(kRootOfTwoOverPi) * (x + Real(0.044715) * x * x * x));
    return (1 + t) / 2 +
           x / 2 * (1 - t * t) * Real(kRootOfTwoOverPi) * (1 + Real(3 * 0.044715) * x * x);
  }
  case NPUDNN_POINTWISE_SOFTPLUS_FWD: { // without overflow
    const Real scaled = Real(op.softplusBeta) * x;
    return (std::fmax(scaled, Real(0)) + std::log1p(std::exp(-std::fabs(scaled)))) /
           Real(op.softplusBeta);
  }
  case NPUDNN_POINTWISE_SOFTPLUS_BWD:
    return sigmoid(Real(op.softplusBeta) * x);
  case NPUDNN_POINTWISE_SWISH_FWD:
    return x * sigmoid(Real(op.swishBeta) * x);
  case NPUDNN_POINTWISE_SWISH_BWD: {
    const Real s = sigmoid(Real(op.swishBeta) * x);
    return s + Real(op.swishBeta) * x * s * (1 - s);
  }
  default:
    return std::numeric_limits<Real>::quiet_NaN(); // refused when it was prepared
  }
}

template <class Real> Real binary(npudnnPointwiseMode_t mode, Real a, Real b) {
  switch (mode) {
  case NPUDNN_POINTWISE_ADD:
    return a + b;
  case NPUDNN_POINTWISE_ADD_SQUARE:
    return a + b * b;
  case NPUDNN_POINTWISE_SUB:
    return a - b;
  case NPUDNN_POINTWISE_MUL:
    return a * b;
  case NPUDNN_POINTWISE_DIV:
    return a / b;
  case NPUDNN_POINTWISE_MIN:
    return std::isnan(a) || a < b ? a : b;
  case NPUDNN_POINTWISE_MAX:
    return std::isnan(a) || a > b ? a : b;
  case NPUDNN_POINTWISE_MOD:
    return std::fmod(a, b);
  case NPUDNN_POINTWISE_POW:
    return std::pow(a, b);
  case NPUDNN_POINTWISE_ATAN2:
    return std::atan2(a, b);
  case NPUDNN_POINTWISE_CMP_EQ:
    return a == b;
  case NPUDNN_POINTWISE_CMP_NEQ:
    return a != b;
  case NPUDNN_POINTWISE_CMP_GT:
    return a > b;
  case NPUDNN_POINTWISE_CMP_GE:
    return a >= b;
  case NPUDNN_POINTWISE_CMP_LT:
    return a < b;
  case NPUDNN_POINTWISE_CMP_LE:
    return a <= b;
  case NPUDNN_POINTWISE_LOGICAL_AND:
    return a != 0 && b != 0;
  case NPUDNN_POINTWISE_LOGICAL_OR:
    return a != 0 || b != 0;
  default:
    return std::numeric_limits<Real>::quiet_NaN();
  }
}

bool isMode(npudnnPointwiseMode_t mode) {
  return (mode >= NPUDNN_POINTWISE_ADD && mode <= NPUDNN_POINTWISE_ATAN2) ||
         (mode >= NPUDNN_POINTWISE_RELU_FWD && mode <= NPUDNN_POINTWISE_GELU_APPROX_TANH_FWD) ||
         (mode >= NPUDNN_POINTWISE_RELU_BWD && mode <= NPUDNN_POINTWISE_GELU_APPROX_TANH_BWD) ||
         (mode >= NPUDNN_POINTWISE_CMP_EQ && mode <= NPUDNN_POINTWISE_CMP_LE) ||
         (mode >= NPUDNN_POINTWISE_LOGICAL_AND && mode <= NPUDNN_POINTWISE_LOGICAL_NOT) ||
         mode == NPUDNN_POINTWISE_GEN_INDEX || mode == NPUDNN_POINTWISE_BINARY_SELECT;
}

Pointwise makePointwise(const GraphDescriptor &operation) {
  const GraphDescriptor &from =
      *operation.descriptor(NPUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  require(from.kind == NPUDNN_BACKEND_POINTWISE_DESCRIPTOR,
          "the operation has no pointwise descriptor");
  Pointwise op;
  op.mode = from.enumerator(NPUDNN_ATTR_POINTWISE_MODE, NPUDNN_POINTWISE_ADD);
  require(isMode(op.mode), "there is no such pointwise mode");
  op.lower = from.real(NPUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0);
  op.upper =
      from.real(NPUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, std::numeric_limits<double>::infinity());
  op.slope = from.real(NPUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0);
  op.eluAlpha = from.real(NPUDNN_ATTR_POINTWISE_ELU_ALPHA, 1);
  op.softplusBeta = from.real(NPUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, 1);
  op.swishBeta = from.real(NPUDNN_ATTR_POINTWISE_SWISH_BETA, 1);
  op.axis = from.integer(NPUDNN_ATTR_POINTWISE_AXIS, -1);
  op.alpha1 = operation.real(NPUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, 1);
  op.alpha2 = operation.real(NPUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, 1);
  return op;
}

// The tensor op of the mode; false when there is none.
bool setOp(const Pointwise &pointwise, TensorOp &op) {
  op.kind = pointwise.isBinary() ? TensorOp::Kind::binary : TensorOp::Kind::unary;
  op.alpha = pointwise.alpha1, op.beta = pointwise.isBinary() ? pointwise.alpha2 : 0;
  switch (pointwise.mode) {
  case NPUDNN_POINTWISE_ADD:
    op.binary = BinaryKind::Add;
    return true;
  case NPUDNN_POINTWISE_SUB:
    op.binary = BinaryKind::Subtract;
    return true;
  case NPUDNN_POINTWISE_MUL:
    op.binary = BinaryKind::Multiply;
    return true;
  case NPUDNN_POINTWISE_DIV:
    op.binary = BinaryKind::Divide;
    return true;
  case NPUDNN_POINTWISE_MIN:
    op.binary = BinaryKind::Minimum;
    return true;
  case NPUDNN_POINTWISE_MAX:
    op.binary = BinaryKind::Maximum;
    return true;
  case NPUDNN_POINTWISE_IDENTITY:
    return true;
  case NPUDNN_POINTWISE_RELU_FWD:
    op.activation = Activation::Relu;
    return pointwise.lower == 0 && pointwise.slope == 0 && std::isinf(pointwise.upper);
  case NPUDNN_POINTWISE_TANH_FWD:
    op.activation = Activation::Tanh;
    return true;
  case NPUDNN_POINTWISE_SIGMOID_FWD:
    op.activation = Activation::Sigmoid;
    return true;
  case NPUDNN_POINTWISE_GELU_FWD:
    op.activation = Activation::Gelu;
    return true;
  case NPUDNN_POINTWISE_GELU_APPROX_TANH_FWD:
    op.activation = Activation::GeluTanh;
    return true;
  case NPUDNN_POINTWISE_SWISH_FWD:
    op.activation = Activation::Silu;
    op.activationParameters[0] = pointwise.swishBeta;
    return true;
  case NPUDNN_POINTWISE_EXP:
    op.activation = Activation::Exp;
    return true;
  case NPUDNN_POINTWISE_SQRT:
    op.activation = Activation::SquareRoot;
    return true;
  case NPUDNN_POINTWISE_RSQRT:
    op.activation = Activation::ReciprocalRoot;
    return true;
  default:
    return false;
  }
}

struct Operand {
  GraphTensor tensor;
  Layout layout; // repeated to the result's sizes
};

// Operands in their order: x (or x and dy), b, t.
struct Call {
  Pointwise op;
  std::vector<Operand> sources;
  GraphTensor result;
};

template <class Real> void computeOnHost(const Call &call, const GraphMemory &memory) {
  const Pointwise &op = call.op;
  const Layout &to = call.result.layout;
  const int64_t count = to.count();
  std::vector<std::vector<Real>> in;
  for (const Operand &source : call.sources) {
    in.emplace_back(size_t(count));
    gather(source.layout, memory.at(source.tensor), in.back().data());
  }
  std::vector<Real> out(static_cast<size_t>(count));
  const Real alpha1 = Real(op.alpha1), alpha2 = Real(op.alpha2);
  int64_t inner = 1; // elements from one index of the axis to the next
  for (size_t axis = size_t(op.axis + 1); axis < to.dims.size(); ++axis)
    inner *= to.dims[axis];
  for (size_t i = 0; i < out.size(); ++i) {
    if (op.mode == NPUDNN_POINTWISE_GEN_INDEX)
      out[i] = Real(int64_t(i) / inner % to.dims[size_t(op.axis)]);
    else if (op.mode == NPUDNN_POINTWISE_BINARY_SELECT)
      out[i] = in[2][i] != 0 ? in[0][i] : in[1][i];
    else if (op.isBackward())
      out[i] = in[1][i] * unary(op, in[0][i]);
    else if (op.isBinary())
      out[i] = binary(op.mode, alpha1 * in[0][i], alpha2 * in[1][i]);
    else
      out[i] = unary(op, alpha1 * in[0][i]);
  }
  scatter(to, memory.at(call.result), out.data(), 1, 0);
}

// Whether a tensor op computes the call; by-value operands are not where devices reach.
bool computeAsOp(const Call &call, const GraphMemory &memory) {
  TensorOp op;
  if (!setOp(call.op, op))
    return false;
  Tensor tensor;
  for (const Operand &source : call.sources) {
    if (source.tensor.isByValue || needsDouble(source.layout.type) ||
        !tensorOf(source.layout, memory.at(source.tensor), tensor))
      return false;
    op.src.push_back(tensor);
  }
  if (needsDouble(call.result.layout.type) ||
      !tensorOf(call.result.layout, memory.at(call.result), tensor))
    return false;
  op.dst = {tensor};
  op.math.compute = Format::F32;
  if (!core::acceleratorTakes(op))
    return false;
  performGraphOp(std::move(op));
  return true;
}

} // namespace

GraphRun preparePointwise(const GraphDescriptor &operation) {
  Call call;
  call.op = makePointwise(operation);
  const bool backward = call.op.isBackward();
  call.result = tensorAttribute(operation, backward ? NPUDNN_ATTR_OPERATION_POINTWISE_DXDESC
                                                    : NPUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  const std::vector<int64_t> &dims = call.result.layout.dims;
  auto add = [&](npudnnBackendAttributeName_t name) {
    Operand operand;
    operand.tensor = tensorAttribute(operation, name);
    operand.layout = broadcast(operand.tensor.layout, dims);
    call.sources.push_back(std::move(operand));
  };
  // The derivatives that are easily had of the result may be given it in x's place.
  if (backward && !operation.has(NPUDNN_ATTR_OPERATION_POINTWISE_XDESC)) {
    if (call.op.mode != NPUDNN_POINTWISE_RELU_BWD)
      unsupported("a derivative needs x; y does for relu alone");
    add(NPUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  } else {
    add(NPUDNN_ATTR_OPERATION_POINTWISE_XDESC);
  }
  if (backward)
    add(NPUDNN_ATTR_OPERATION_POINTWISE_DYDESC);
  if (call.op.isBinary())
    add(NPUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  if (call.op.mode == NPUDNN_POINTWISE_BINARY_SELECT)
    add(NPUDNN_ATTR_OPERATION_POINTWISE_TDESC);
  require(call.op.mode != NPUDNN_POINTWISE_GEN_INDEX ||
              (call.op.axis >= 0 && call.op.axis < int64_t(dims.size())),
          "the axis is no dimension of the tensor");
  return [call](const GraphMemory &memory) {
    if (computeAsOp(call, memory))
      return;
    bool isDouble = needsDouble(call.result.layout.type);
    for (const Operand &source : call.sources)
      isDouble = isDouble || needsDouble(source.layout.type);
    if (isDouble)
      computeOnHost<double>(call, memory);
    else
      computeOnHost<float>(call, memory);
  };
}

} // namespace npu::dnn
