// cublasLtMatmul: D = epilogue(alpha * op(A) * op(B) + beta * C). What one tensor operation says
// goes to the devices as it is. The rest is a product of devices into scratch memory between two
// steps of the host, in stream order: matrices that no tensor describes are laid out before it, and
// scales, C, the epilogue and the conversion to D follow it.
#include "gemm.h"
#include "host_routine.h"
#include "lt_matrix.h"
#include "src/formats.h"
#include "src/scratch.h"

#include <cmath>

namespace npu::blas {
namespace {

using Value = std::complex<double>;

struct LtCall {
  LtProduct product;
  const void *alpha, *beta;
  LtMatrix a, b, c, d;
  npuStream_t stream;
  int64_t m = 0, n = 0, k = 0;
  Format scale = Format::F32;
  // Host scalars, taken at the call.
  Value alphaValue = 1, betaValue = 0;

  npublasOperation_t transA() const { return npublasOperation_t(product.transA); }
  npublasOperation_t transB() const { return npublasOperation_t(product.transB); }
  int mode() const { return product.pointerMode; }
  bool has(uint32_t bit) const { return product.epilogue & bit; }
  int64_t batches() const { return d.layout.batchCount; }
};

constexpr uint32_t kRelu = 2, kBias = 4, kReluGradient = 8, kBiasGradient = 16, kGelu = 32;
constexpr uint32_t kGeluGradient = 64, kAuxiliary = 128, kBiasGradientA = 256, kBiasGradientB = 512;

bool isEpilogue(uint32_t value) {
  switch (value) {
  case NPUBLASLT_EPILOGUE_DEFAULT:
  case NPUBLASLT_EPILOGUE_RELU:
  case NPUBLASLT_EPILOGUE_RELU_AUX:
  case NPUBLASLT_EPILOGUE_BIAS:
  case NPUBLASLT_EPILOGUE_RELU_BIAS:
  case NPUBLASLT_EPILOGUE_RELU_AUX_BIAS:
  case NPUBLASLT_EPILOGUE_DRELU:
  case NPUBLASLT_EPILOGUE_DRELU_BGRAD:
  case NPUBLASLT_EPILOGUE_GELU:
  case NPUBLASLT_EPILOGUE_GELU_AUX:
  case NPUBLASLT_EPILOGUE_GELU_BIAS:
  case NPUBLASLT_EPILOGUE_GELU_AUX_BIAS:
  case NPUBLASLT_EPILOGUE_DGELU:
  case NPUBLASLT_EPILOGUE_DGELU_BGRAD:
  case NPUBLASLT_EPILOGUE_BGRADA:
  case NPUBLASLT_EPILOGUE_BGRADB:
    return true;
  default:
    return false;
  }
}

bool isFp8(Format format) { return format == Format::Fp8E4M3 || format == Format::Fp8E5M2; }

// The type of the bias, by cublasLt's defaults: D's, but 16 bits for FP8 and single for int8.
Format biasFormat(const LtCall &call) {
  if (call.product.biasType >= 0)
    if (const auto type = ltType(call.product.biasType))
      return type->part;
  const Format d = call.d.type.part;
  if (isFp8(d))
    return call.c.type.part == Format::F16 ? Format::F16 : Format::Bf16;
  return d == Format::Int8 ? Format::F32 : d;
}
Format auxiliaryFormat(const LtCall &call) {
  if (call.product.auxiliaryType >= 0)
    if (const auto type = ltType(call.product.auxiliaryType))
      return type->part;
  return call.d.type.part;
}

Outcome checkShapes(LtCall &call) {
  for (int32_t operation : {call.product.transA, call.product.transB})
    if (operation < NPUBLAS_OP_N || operation > NPUBLAS_OP_C)
      return invalid("an operation must be one of N, T and C");
  if (call.product.transC != NPUBLAS_OP_N)
    return unsupported("C cannot be transposed");
  if (call.product.fillMode != NPUBLAS_FILL_MODE_FULL)
    return unsupported("only whole matrices can be written");
  if (!isEpilogue(call.product.epilogue))
    return invalid("the epilogue is none of the enumerators");
  if (call.mode() < NPUBLASLT_POINTER_MODE_HOST ||
      call.mode() > NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_HOST)
    return invalid("the pointer mode is none of the enumerators");
  const bool plainA = call.transA() == NPUBLAS_OP_N, plainB = call.transB() == NPUBLAS_OP_N;
  call.m = plainA ? call.a.rows() : call.a.columns();
  call.k = plainA ? call.a.columns() : call.a.rows();
  call.n = plainB ? call.b.columns() : call.b.rows();
  if ((plainB ? call.b.rows() : call.b.columns()) != call.k || call.d.rows() != call.m ||
      call.d.columns() != call.n || call.c.rows() != call.m || call.c.columns() != call.n)
    return invalid("the matrices' sizes do not fit together");
  for (const LtMatrix *matrix : {&call.a, &call.b, &call.c})
    if (matrix->layout.batchCount != call.batches())
      return invalid("the matrices' batch counts differ");
  if (!hasProduct(npublasComputeType_t(call.product.computeType), call.product.scaleType,
                  int(call.a.layout.type), int(call.b.layout.type), int(call.c.layout.type),
                  int(call.d.layout.type)))
    return unsupported("cublasLt's table of types has no such product");
  return {};
}

Outcome checkScaleModes(const LtProduct &product) {
  for (int mode : {int(product.scaleModeC), int(product.scaleModeD),
                   int(product.scaleModeAuxiliary), int(product.scaleModeOut)})
    if (mode != NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F)
      return unsupported("C, D and the auxiliary matrix have scalar scales only");
  if (product.scaleOut)
    return unsupported("results with block scales have no implementation");
  for (int mode : {int(product.scaleModeA), int(product.scaleModeB)})
    if (mode != NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F &&
        mode != NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F &&
        mode != NPUBLASLT_MATMUL_MATRIX_SCALE_VEC32_UE8M0)
      return unsupported("scales of A and B are scalars, vectors along the outer dimension or "
                         "blocks of 32; mode " +
                         std::to_string(mode) + " has no implementation");
  if (product.inCounters || product.outCounters)
    return unsupported("products synchronised by counters have no implementation");
  return {};
}

Value hostScalar(const void *address, Format format) {
  return core::loadElement(address, format, 0);
}

Outcome takeScalars(LtCall &call) {
  const int mode = call.mode();
  const bool betaZero = mode == NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_ZERO;
  if (!call.alpha || (!call.beta && !betaZero))
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  const size_t bytes = formatBits(call.scale) / 8;
  const bool vectors = mode >= NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
  if (mode == NPUBLASLT_POINTER_MODE_HOST)
    call.alphaValue = hostScalar(call.alpha, call.scale);
  else if (Outcome bad = reachable("alpha", call.alpha, bytes * size_t(vectors ? call.m : 1));
           !bad.ok())
    return bad;
  if (mode == NPUBLASLT_POINTER_MODE_HOST ||
      mode == NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_HOST)
    call.betaValue = hostScalar(call.beta, call.scale);
  else if (!betaZero)
    return reachable("beta", call.beta,
                     bytes * size_t(mode == NPUBLASLT_POINTER_MODE_DEVICE_VECTOR ? call.m : 1));
  return {};
}

bool betaKnown(const LtCall &call) {
  return call.mode() == NPUBLASLT_POINTER_MODE_HOST ||
         call.mode() >= NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_ZERO;
}
bool alphaZero(const LtCall &call) {
  return call.mode() == NPUBLASLT_POINTER_MODE_HOST && call.alphaValue == 0.0;
}

// What the epilogue reads and writes beside the matrices.
Outcome checkEpilogueMemory(const LtCall &call) {
  const LtProduct &product = call.product;
  Arguments check;
  if (call.has(kBias) || call.has(kBiasGradient) || call.has(kBiasGradientA) ||
      call.has(kBiasGradientB)) {
    const int64_t count = call.has(kBiasGradientB) ? call.n : call.m;
    const int64_t all = (call.batches() - 1) * std::max<int64_t>(product.biasStride, 0) + count;
    check.memory("the bias", product.bias, all, formatBits(biasFormat(call)) / 8);
  }
  if (call.has(kAuxiliary)) {
    const bool mask = call.has(kRelu) || call.has(kReluGradient);
    check.that(product.auxiliaryLeading >= call.m,
               "the auxiliary matrix's leading dimension is less than the rows of D");
    const int64_t elements = (call.n - 1) * product.auxiliaryLeading + call.m +
                             (call.batches() - 1) * product.auxiliaryStride;
    check.memory("the auxiliary matrix", product.auxiliary, mask ? (elements + 7) / 8 : elements,
                 mask ? 1 : formatBits(auxiliaryFormat(call)) / 8);
  }
  struct {
    const char *name;
    const void *address;
  } scalars[] = {{"C's scale", product.scaleC},
                 {"D's scale", product.scaleD},
                 {"the auxiliary matrix's scale", product.scaleAuxiliary},
                 {"D's largest magnitude", product.amaxD},
                 {"the auxiliary matrix's largest magnitude", product.amaxAuxiliary}};
  for (const auto &scalar : scalars)
    if (scalar.address)
      check.memory(scalar.name, scalar.address, 1, sizeof(float));
  const auto scaleCount = [&](int mode, int64_t outer) {
    if (mode == NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F)
      return outer * 4;
    if (mode == NPUBLASLT_MATMUL_MATRIX_SCALE_VEC32_UE8M0) // whole tiles of 128 x 4 blocks
      return (outer + 127) / 128 * 128 * ((call.k + 127) / 128 * 4);
    return int64_t(4);
  };
  if (product.scaleA)
    check.memory("A's scale", product.scaleA, scaleCount(product.scaleModeA, call.m), 1);
  if (product.scaleB)
    check.memory("B's scale", product.scaleB, scaleCount(product.scaleModeB, call.n), 1);
  return check.outcome();
}

MathMode mathOf(const LtCall &call) {
  MathMode math;
  const Format a = call.a.type.part;
  math.compute = a;
  if (a == Format::UInt8)
    math.compute = Format::Int8;
  switch (call.product.computeType) {
  case NPUBLAS_COMPUTE_16F_PEDANTIC:
  case NPUBLAS_COMPUTE_32F_PEDANTIC:
  case NPUBLAS_COMPUTE_64F_PEDANTIC:
  case NPUBLAS_COMPUTE_32I_PEDANTIC:
    math.pedantic = true;
    break;
  case NPUBLAS_COMPUTE_32F_FAST_16F:
    math.compute = Format::F16;
    break;
  case NPUBLAS_COMPUTE_32F_FAST_16BF:
    math.compute = Format::Bf16;
    break;
  case NPUBLAS_COMPUTE_32F_FAST_TF32:
    math.compute = Format::Tf32;
    break;
  default:
    break;
  }
  return math;
}

// Whether one tensor operation says all of it.
bool isOneOperation(const LtCall &call) {
  const LtProduct &product = call.product;
  const uint32_t simple = kRelu | kBias | NPUBLASLT_EPILOGUE_DEFAULT;
  if (call.mode() != NPUBLASLT_POINTER_MODE_HOST || (product.epilogue & ~simple))
    return false;
  if (product.scaleA || product.scaleB || product.scaleC || product.scaleD || product.amaxD)
    return false;
  for (const LtMatrix *matrix : {&call.a, &call.b, &call.c, &call.d})
    if (!matrix->isPlain())
      return false;
  if (call.has(kBias) && call.batches() > 1 && product.biasStride != 0)
    return false;
  if (call.d.type.complex && product.epilogue != NPUBLASLT_EPILOGUE_DEFAULT)
    return false;
  // Integers and FP8 are scaled and rounded once, by the second way.
  return call.d.type.part != Format::Int8 && !isFp8(call.d.type.part) && !isFp8(call.a.type.part) &&
         call.k > 0 && call.alphaValue != 0.0;
}

TensorOp productOp(const LtCall &call, const Tensor &a, const Tensor &b) {
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = "cublasLtMatmul";
  op.math = mathOf(call);
  op.src = {a, b};
  op.conjugateA = call.transA() == NPUBLAS_OP_C && call.a.type.complex;
  op.conjugateB = call.transB() == NPUBLAS_OP_C && call.b.type.complex;
  return op;
}

Outcome runOneOperation(const LtCall &call) {
  TensorOp op = productOp(call, call.a.tensor(call.transA()), call.b.tensor(call.transB()));
  op.alpha = call.alphaValue, op.beta = call.betaValue;
  const Tensor d = call.d.tensor(NPUBLAS_OP_N);
  op.src.push_back(call.betaValue == 0.0 ? d : call.c.tensor(NPUBLAS_OP_N));
  op.dst = {d};
  if (call.has(kBias)) {
    op.src.push_back({call.product.bias, biasFormat(call), {call.m}, {1}});
    op.biasAxis = 1;
  }
  if (call.has(kRelu))
    op.activation = Activation::Relu;
  return fromCore(core::enqueue(call.stream, std::move(op)));
}

// The scale of element (outer, inner) in cublasLt's layout of scales of blocks of 32: tiles of
// 128 outer indices and 4 blocks, 512 bytes each.
double blockScale(const void *scales, int64_t outer, int64_t inner, int64_t depth) {
  const int64_t block = inner / 32, tilesAcross = (depth + 127) / 128;
  const int64_t tile = outer / 128 * tilesAcross + block / 4;
  const int64_t at = tile * 512 + outer % 32 * 16 + outer % 128 / 32 * 4 + block % 4;
  const int exponent = static_cast<const uint8_t *>(scales)[at];
  return exponent == 255 ? std::nan("") : std::ldexp(1, exponent - 127);
}

struct Factor {
  const LtMatrix *matrix;
  npublasOperation_t operation;
  const void *scales; // of blocks; nullptr: none
  bool left;
};

// The factor as a tensor of a device's format: itself, or a copy that the host makes in stream
// order.
Outcome factorTensor(const LtCall &call, const Factor &factor, const Settings &settings,
                     std::shared_ptr<void> &copy, Tensor &tensor) {
  if (factor.matrix->isPlain() && !factor.scales) {
    tensor = factor.matrix->tensor(factor.operation);
    return {};
  }
  const LtMatrix from = *factor.matrix;
  const bool integer = from.type.part == Format::Int8 || from.type.part == Format::UInt8;
  const Format format = from.type.complex ? Format::C32 : integer ? from.type.part : Format::F32;
  const int64_t rows = from.rows(), columns = from.columns(), count = from.layout.batchCount;
  const size_t bytes = size_t(rows * columns * count) * (formatBits(format) / 8);
  if (Outcome bad = fromCore(core::allocateScratch(bytes, copy)); !bad.ok())
    return bad;
  LtMatrix plain = from;
  plain.data = copy.get();
  plain.layout = LtLayout();
  plain.layout.rows = uint64_t(rows), plain.layout.columns = uint64_t(columns);
  plain.layout.leading = rows, plain.layout.stride = rows * columns;
  plain.layout.batchCount = int32_t(count);
  plain.type = {integer ? from.type.part : Format::F32, from.type.complex};
  tensor = plain.tensor(factor.operation);
  // Element (row, column) of the stored matrix has its outer index in the rows of op(A), or in the
  // columns of op(B).
  const bool outerIsRow = (factor.operation == NPUBLAS_OP_N) == factor.left;
  const void *scales = factor.scales;
  const int64_t depth = call.k;
  return onHost(settings, "cublasLtMatmul",
                "no device has tensors of this storage order, type or scale", [=, hold = copy] {
                  for (int64_t batch = 0; batch < count; ++batch)
                    for (int64_t column = 0; column < columns; ++column)
                      for (int64_t row = 0; row < rows; ++row) {
                        Value value = from.load(batch, row, column);
                        if (scales)
                          value *= blockScale(scales, outerIsRow ? row : column,
                                              outerIsRow ? column : row, depth);
                        plain.store(batch, row, column, value);
                      }
                });
}

double gelu(double x) { // the form with tanh, as cublasLt's
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
double geluGradient(double x) {
  const double root = std::sqrt(2 / M_PI), t = std::tanh(root * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
}

float floatAt(const void *address, float none) {
  return address ? *static_cast<const float *>(address) : none;
}

// The host's step after the product: one object per call, run in stream order.
class Epilogue {
public:
  Epilogue(const LtCall &call, const LtMatrix &product, const Tensor &a, const Tensor &b)
      : call(call), product(product), factorA(a), factorB(b) {}

  void run() {
    readScales();
    for (int64_t batch = 0; batch < call.batches(); ++batch) {
      std::vector<double> gradient(size_t(call.has(kBiasGradient) ? call.m : 0));
      for (int64_t column = 0; column < call.n; ++column)
        for (int64_t row = 0; row < call.m; ++row) {
          const Value value = element(batch, row, column);
          if (call.has(kBiasGradient))
            gradient[size_t(row)] += value.real();
          amaxD = std::max(amaxD, std::abs(value));
          call.d.store(batch, row, column, value * scaleD);
        }
      for (size_t row = 0; row < gradient.size(); ++row)
        storeBias(batch, int64_t(row), gradient[row]);
      if (call.has(kBiasGradientA))
        sumFactor(batch, factorA, call.m, 1);
      if (call.has(kBiasGradientB))
        sumFactor(batch, factorB, call.n, 2);
    }
    if (call.product.amaxD)
      *static_cast<float *>(call.product.amaxD) = float(amaxD);
    if (call.product.amaxAuxiliary)
      *static_cast<float *>(call.product.amaxAuxiliary) = float(amaxAuxiliary);
  }

private:
  void readScales() {
    const LtProduct &p = call.product;
    scaleAB = 1;
    if (p.scaleModeA == NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F)
      scaleAB *= floatAt(p.scaleA, 1);
    if (p.scaleModeB == NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F)
      scaleAB *= floatAt(p.scaleB, 1);
    scaleC = floatAt(p.scaleC, 1);
    scaleD = floatAt(p.scaleD, 1);
    scaleAuxiliary = floatAt(p.scaleAuxiliary, 1);
  }

  Value alpha(int64_t batch, int64_t row) const {
    if (call.mode() == NPUBLASLT_POINTER_MODE_HOST)
      return call.alphaValue;
    const bool vector = call.mode() >= NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
    return core::loadElement(call.alpha, call.scale,
                             vector ? batch * call.product.alphaStride + row : 0);
  }
  Value beta(int64_t row) const {
    if (betaKnown(call))
      return call.betaValue;
    const bool vector = call.mode() == NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
    return core::loadElement(call.beta, call.scale, vector ? row : 0);
  }
  double outerScale(int64_t row, int64_t column) const {
    const LtProduct &p = call.product;
    double scale = scaleAB;
    if (p.scaleModeA == NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F && p.scaleA)
      scale *= static_cast<const float *>(p.scaleA)[row];
    if (p.scaleModeB == NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F && p.scaleB)
      scale *= static_cast<const float *>(p.scaleB)[column];
    return scale;
  }

  Value element(int64_t batch, int64_t row, int64_t column) {
    const Value by = alpha(batch, row), add = beta(row);
    Value value = 0;
    if (by != 0.0 && call.k > 0)
      value = by * outerScale(row, column) * product.load(batch, row, column);
    if (add != 0.0)
      value += add * scaleC * call.c.load(batch, row, column);
    if (call.has(kBias))
      value += core::loadElement(call.product.bias, biasFormat(call),
                                 batch * call.product.biasStride + row);
    return call.d.type.complex ? value : activated(batch, row, column, value.real());
  }

  double activated(int64_t batch, int64_t row, int64_t column, double value) {
    const int64_t at =
        batch * call.product.auxiliaryStride + column * call.product.auxiliaryLeading + row;
    uint8_t *mask = static_cast<uint8_t *>(call.product.auxiliary) + at / 8;
    const uint8_t bit = uint8_t(1u << (at % 8));
    const bool keeps = call.has(kAuxiliary);
    if (call.has(kRelu)) {
      const bool positive = value > 0 || std::isnan(value);
      if (keeps)
        *mask = uint8_t(positive ? *mask | bit : *mask & ~bit);
      return positive ? value : 0;
    }
    if (call.has(kReluGradient))
      return *mask & bit ? value : 0;
    if (call.has(kGelu)) {
      if (keeps) {
        amaxAuxiliary = std::max(amaxAuxiliary, std::abs(value));
        core::storeElement(call.product.auxiliary, auxiliaryFormat(call), at,
                           value * scaleAuxiliary);
      }
      return gelu(value);
    }
    if (call.has(kGeluGradient))
      return value *
             geluGradient(
                 core::loadElement(call.product.auxiliary, auxiliaryFormat(call), at).real() *
                 scaleAuxiliary);
    return value;
  }

  void storeBias(int64_t batch, int64_t at, double value) const {
    core::storeElement(call.product.bias, biasFormat(call), batch * call.product.biasStride + at,
                       value);
  }
  // The gradient of a bias: a factor's sums over the depth. `axis` is the outer one.
  void sumFactor(int64_t batch, const Tensor &factor, int64_t count, size_t axis) const {
    for (int64_t outer = 0; outer < count; ++outer) {
      double sum = 0;
      for (int64_t depth = 0; depth < call.k; ++depth)
        sum += core::loadElement(factor.data, factor.format,
                                 batch * factor.strides[0] + outer * factor.strides[axis] +
                                     depth * factor.strides[3 - axis])
                   .real();
      storeBias(batch, outer, sum);
    }
  }

  LtCall call;
  LtMatrix product;
  Tensor factorA, factorB;
  double scaleAB = 1, scaleC = 1, scaleD = 1, scaleAuxiliary = 1;
  double amaxD = 0, amaxAuxiliary = 0;
};

// The product's own type: exact sums for integers, at least single precision for the rest.
LtType productType(const LtCall &call) {
  const bool integers = call.a.type.part == Format::Int8;
  const bool twice = call.a.type.part == Format::F64;
  return {integers ? Format::Int32 : twice ? Format::F64 : Format::F32, call.a.type.complex};
}

Outcome checkBatches(const LtCall &call) {
  for (const LtMatrix *matrix : {&call.a, &call.b, &call.c, &call.d})
    if (matrix->layout.batchMode == NPUBLASLT_BATCH_MODE_POINTER_ARRAY)
      for (int64_t i = 0; i < matrix->layout.batchCount; ++i)
        if (Outcome bad = reachable("a matrix of the batch", matrix->base(i),
                                    size_t(matrix->span()) * (formatBits(matrix->type.part) / 8));
            !bad.ok())
          return bad;
  return {};
}

Outcome runInSteps(const LtCall &call) {
  Settings settings;
  settings.stream = call.stream;
  std::shared_ptr<void> copyA, copyB, scratch;
  LtMatrix product;
  product.type = productType(call);
  product.layout.rows = uint64_t(call.m), product.layout.columns = uint64_t(call.n);
  product.layout.leading = call.m, product.layout.stride = call.m * call.n;
  product.layout.batchCount = int32_t(call.batches());
  Tensor a, b;
  const LtProduct &p = call.product;
  if (call.k > 0 && !alphaZero(call)) {
    const auto blocks = [](int mode, const void *scales) {
      return mode == NPUBLASLT_MATMUL_MATRIX_SCALE_VEC32_UE8M0 ? scales : nullptr;
    };
    const size_t bytes = size_t(call.m * call.n * call.batches()) *
                         (formatBits(product.type.part) / 8) * (product.type.complex ? 2 : 1);
    if (Outcome bad = fromCore(core::allocateScratch(bytes, scratch)); !bad.ok())
      return bad;
    product.data = scratch.get();
    if (Outcome bad =
            factorTensor(call, {&call.a, call.transA(), blocks(p.scaleModeA, p.scaleA), true},
                         settings, copyA, a);
        !bad.ok())
      return bad;
    if (Outcome bad =
            factorTensor(call, {&call.b, call.transB(), blocks(p.scaleModeB, p.scaleB), false},
                         settings, copyB, b);
        !bad.ok())
      return bad;
    TensorOp op = productOp(call, a, b);
    const Tensor d = product.tensor(NPUBLAS_OP_N);
    op.src.push_back(d);
    op.dst = {d};
    if (Outcome bad = fromCore(core::enqueue(call.stream, std::move(op))); !bad.ok())
      return bad;
  }
  return onHost(settings, "cublasLtMatmul", "no device has this epilogue, scale or result", [=] {
    Epilogue(call, product, a, b).run();
    (void)scratch, (void)copyA, (void)copyB;
  });
}

Outcome matmul(LtCall &call) {
  if (Outcome bad = checkShapes(call); !bad.ok())
    return bad;
  if (Outcome bad = checkScaleModes(call.product); !bad.ok())
    return bad;
  const auto scale = formatOf(npuDataType(call.product.scaleType));
  if (!scale)
    return unsupported("the scale type has no implementation");
  call.scale = *scale;
  if (Outcome bad = takeScalars(call); !bad.ok())
    return bad;
  if (call.m == 0 || call.n == 0)
    return {};
  if (!alphaZero(call)) {
    if (Outcome bad = reachMatrix("A", call.a); !bad.ok())
      return bad;
    if (Outcome bad = reachMatrix("B", call.b); !bad.ok())
      return bad;
  }
  if (!betaKnown(call) || call.betaValue != 0.0)
    if (Outcome bad = reachMatrix("C", call.c); !bad.ok())
      return bad;
  if (Outcome bad = reachMatrix("D", call.d); !bad.ok())
    return bad;
  if (Outcome bad = checkEpilogueMemory(call); !bad.ok())
    return bad;
  if (isOneOperation(call))
    return runOneOperation(call);
  bool arrays = false;
  for (const LtMatrix *matrix : {&call.a, &call.b, &call.c, &call.d})
    arrays = arrays || matrix->layout.batchMode == NPUBLASLT_BATCH_MODE_POINTER_ARRAY;
  if (arrays) { // the arrays may still be written by earlier work
    if (Outcome waited = fromCore(core::synchronize(call.stream)); !waited.ok())
      return waited;
    if (Outcome bad = checkBatches(call); !bad.ok())
      return bad;
  }
  return runInSteps(call);
}

} // namespace
} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

npublasStatus_t npublasLtMatmul(npublasLtHandle_t lightHandle, npublasLtMatmulDesc_t computeDesc,
                                const void *alpha, const void *A, npublasLtMatrixLayout_t Adesc,
                                const void *B, npublasLtMatrixLayout_t Bdesc, const void *beta,
                                const void *C, npublasLtMatrixLayout_t Cdesc, void *D,
                                npublasLtMatrixLayout_t Ddesc, const npublasLtMatmulAlgo_t *algo,
                                void *, size_t, npuStream_t stream) {
  return ltEntry("cublasLtMatmul", lightHandle, [&]() -> Outcome {
    const LtProduct *product = inside<LtProduct>(computeDesc);
    if (!product)
      return invalid("the operation's descriptor is null or was not initialised");
    if (algo && !inside<LtAlgorithm>(algo))
      return invalid("algo was not initialised");
    LtCall call = {*product, alpha, beta, {}, {}, {}, {}, stream};
    if (Outcome bad = describeMatrix("A", Adesc, A, call.a); !bad.ok())
      return bad;
    if (Outcome bad = describeMatrix("B", Bdesc, B, call.b); !bad.ok())
      return bad;
    if (Outcome bad = describeMatrix("C", Cdesc, C, call.c); !bad.ok())
      return bad;
    if (Outcome bad = describeMatrix("D", Ddesc, D, call.d); !bad.ok())
      return bad;
    return matmul(call);
  });
}
