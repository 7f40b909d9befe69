// What cublasLtMatmul refuses, before any work is put on the stream.
#include "arguments.h"
#include "gemm.h"
#include "lt_call.h"
#include "src/formats.h"

namespace npu::blas {
namespace {

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

Outcome takeScalars(LtCall &call) {
  const int mode = call.mode();
  const bool betaZero = mode == NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_ZERO;
  if (!call.alpha || (!call.beta && !betaZero))
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  const size_t bytes = formatBits(call.scale) / 8;
  const bool vectors = mode >= NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
  if (mode == NPUBLASLT_POINTER_MODE_HOST)
    call.alphaValue = core::loadElement(call.alpha, call.scale, 0);
  else if (Outcome bad = reachable("alpha", call.alpha, bytes * size_t(vectors ? call.m : 1));
           !bad.ok())
    return bad;
  if (mode == NPUBLASLT_POINTER_MODE_HOST ||
      mode == NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_HOST)
    call.betaValue = core::loadElement(call.beta, call.scale, 0);
  else if (!betaZero)
    return reachable("beta", call.beta,
                     bytes * size_t(mode == NPUBLASLT_POINTER_MODE_DEVICE_VECTOR ? call.m : 1));
  return {};
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

Outcome checkMemory(const LtCall &call) {
  if (readsFactors(call)) {
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
  return checkEpilogueMemory(call);
}

} // namespace

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

Outcome checkCall(LtCall &call, bool &isEmpty) {
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
  isEmpty = call.m == 0 || call.n == 0;
  return isEmpty ? Outcome() : checkMemory(call);
}

} // namespace npu::blas
