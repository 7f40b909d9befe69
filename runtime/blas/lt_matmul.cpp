// cublasLtMatmul: D = epilogue(alpha * op(A) * op(B) + beta * C). What one tensor operation says
// goes to the devices as it is. The rest is a product of devices into scratch memory between two
// steps of the host, in stream order: matrices that no tensor describes are laid out before it, and
// scales, C, the epilogue and the conversion to D follow it (lt_epilogue.h).
#include "gemm.h"
#include "host_routine.h"
#include "lt_call.h"
#include "lt_epilogue.h"
#include "src/scratch.h"

#include <cmath>

namespace npu::blas {
namespace {

using Value = std::complex<double>;

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
  if (call.k > 0 && readsFactors(call)) {
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
    runEpilogue(call, product, a, b);
    (void)scratch, (void)copyA, (void)copyB;
  });
}

Outcome matmul(LtCall &call) {
  bool isEmpty = false;
  if (Outcome bad = checkCall(call, isEmpty); !bad.ok() || isEmpty)
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
