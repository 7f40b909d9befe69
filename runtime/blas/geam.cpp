// C = alpha * op(A) + beta * op(B): the elementwise tensor ops. Complex matrices are summed by the
// host in stream order, since those ops have no conjugation.
#include "entry_points.h"
#include "gemm.h"

#include <algorithm>
#include <cstring>

namespace npu::blas {
namespace {

struct GeamCall {
  const char *caller;
  npublasOperation_t transA, transB;
  int64_t m, n;
  const void *alpha;
  GemmOperand a;
  const void *beta;
  GemmOperand b, c;
};

Outcome checkOperand(const char *name, const GemmOperand &operand, npublasOperation_t operation,
                     int64_t m, int64_t n, bool used) {
  const int64_t rows = operation == NPUBLAS_OP_N ? m : n;
  const int64_t columns = operation == NPUBLAS_OP_N ? n : m;
  if (!used)
    return {};
  if (!operand.data)
    return invalid(std::string(name) + " is null");
  return reachable(name, operand.data,
                   size_t((columns - 1) * operand.leading + rows) *
                       (formatBits(operand.format) / 8));
}

Outcome checkShape(const GeamCall &call) {
  if (call.m < 0 || call.n < 0)
    return invalid("m and n must not be negative");
  for (npublasOperation_t operation : {call.transA, call.transB})
    if (operation != NPUBLAS_OP_N && operation != NPUBLAS_OP_T && operation != NPUBLAS_OP_C)
      return invalid("transa and transb must be one of N, T and C");
  auto least = [&](npublasOperation_t operation) {
    return std::max<int64_t>(1, operation == NPUBLAS_OP_N ? call.m : call.n);
  };
  if (call.a.leading < least(call.transA) || call.b.leading < least(call.transB) ||
      call.c.leading < least(NPUBLAS_OP_N))
    return invalid("a leading dimension is less than the matrix's rows");
  if (!call.alpha || !call.beta)
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  // In place needs the same layout, or elements would be overwritten before they are read.
  if (call.c.data && call.c.data == call.a.data &&
      (call.transA != NPUBLAS_OP_N || call.a.leading != call.c.leading))
    return invalid("C is A, but A is transposed or lda is not ldc");
  if (call.c.data && call.c.data == call.b.data &&
      (call.transB != NPUBLAS_OP_N || call.b.leading != call.c.leading))
    return invalid("C is B, but B is transposed or ldb is not ldc");
  return {};
}

Tensor plane(const GemmOperand &operand, npublasOperation_t operation, int64_t m, int64_t n) {
  Tensor tensor = operandTensor(operand, operation, m, n, 1);
  tensor.sizes = {m, n};
  tensor.strides = {tensor.strides[1], tensor.strides[2]};
  return tensor;
}

template <typename Real>
void sumComplex(const GeamCall &call, std::complex<Real> alpha, std::complex<Real> beta) {
  using Value = std::complex<Real>;
  auto element = [](const Tensor &tensor, bool conjugate, int64_t row, int64_t column) {
    const Value value = static_cast<const Value *>(
        tensor.data)[row * tensor.strides[0] + column * tensor.strides[1]];
    return conjugate ? std::conj(value) : value;
  };
  const Tensor a = plane(call.a, call.transA, call.m, call.n);
  const Tensor b = plane(call.b, call.transB, call.m, call.n);
  auto *c = static_cast<Value *>(const_cast<void *>(call.c.data));
  for (int64_t column = 0; column < call.n; ++column)
    for (int64_t row = 0; row < call.m; ++row) {
      Value sum = 0;
      if (alpha != Value(0))
        sum += alpha * element(a, call.transA == NPUBLAS_OP_C, row, column);
      if (beta != Value(0))
        sum += beta * element(b, call.transB == NPUBLAS_OP_C, row, column);
      c[column * call.c.leading + row] = sum;
    }
}

Outcome enqueueSum(const Settings &settings, const GeamCall &call, std::complex<double> alpha,
                   std::complex<double> beta) {
  const Format format = call.c.format;
  if (isComplex(format)) {
    logDebug(std::string(call.caller) + ": host: no device sums complex matrices");
    return fromCore(core::enqueue(settings.stream, HostCall{[call, alpha, beta] {
                                    if (call.c.format == Format::C32)
                                      sumComplex<float>(call, std::complex<float>(alpha),
                                                        std::complex<float>(beta));
                                    else
                                      sumComplex<double>(call, alpha, beta);
                                  }}));
  }
  TensorOp op;
  op.caller = call.caller;
  op.math = mathFor(settings, format);
  op.dst = {plane(call.c, NPUBLAS_OP_N, call.m, call.n)};
  if (alpha == 0.0 && beta == 0.0) {
    const size_t elementBytes = formatBits(format) / 8;
    return fromCore(core::enqueue(settings.stream,
                                  Fill{const_cast<void *>(call.c.data), 0, 1, call.m * elementBytes,
                                       size_t(call.n), call.c.leading * elementBytes}));
  }
  if (alpha == 0.0 || beta == 0.0) { // the other matrix must not be read
    op.kind = TensorOp::Kind::unary;
    op.alpha = beta == 0.0 ? alpha : beta;
    op.src = {beta == 0.0 ? plane(call.a, call.transA, call.m, call.n)
                          : plane(call.b, call.transB, call.m, call.n)};
  } else {
    op.kind = TensorOp::Kind::binary;
    op.alpha = alpha, op.beta = beta;
    op.src = {plane(call.a, call.transA, call.m, call.n),
              plane(call.b, call.transB, call.m, call.n)};
  }
  return fromCore(core::enqueue(settings.stream, std::move(op)));
}

Outcome runGeam(const Settings &settings, const GeamCall &call) {
  if (Outcome bad = checkShape(call); !bad.ok())
    return bad;
  if (call.m == 0 || call.n == 0)
    return {};
  std::complex<double> alpha, beta;
  if (Outcome bad = readScalar(settings, "alpha", call.alpha, call.c.format, alpha); !bad.ok())
    return bad;
  if (Outcome bad = readScalar(settings, "beta", call.beta, call.c.format, beta); !bad.ok())
    return bad;
  if (Outcome bad = checkOperand("A", call.a, call.transA, call.m, call.n, alpha != 0.0); !bad.ok())
    return bad;
  if (Outcome bad = checkOperand("B", call.b, call.transB, call.m, call.n, beta != 0.0); !bad.ok())
    return bad;
  if (Outcome bad = checkOperand("C", call.c, NPUBLAS_OP_N, call.m, call.n, true); !bad.ok())
    return bad;
  return enqueueSum(settings, call, alpha, beta);
}

} // namespace
} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

namespace {

template <Format kFormat>
npublasStatus_t geam(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                     npublasOperation_t transB, int64_t m, int64_t n, const void *alpha,
                     const void *A, int64_t lda, const void *beta, const void *B, int64_t ldb,
                     const void *C, int64_t ldc) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return runGeam(settings, {caller,
                              transA,
                              transB,
                              m,
                              n,
                              alpha,
                              {A, kFormat, lda},
                              beta,
                              {B, kFormat, ldb},
                              {C, kFormat, ldc}});
  });
}

} // namespace

#define GEAM(name, T, tensorFormat)                                                                \
  BLAS_SIZED(name, GEAM, geam<Format::tensorFormat>,                                               \
             (handle, transa, transb, m, n, alpha, A, lda, beta, B, ldb, C, ldc), T)
GEAM(Sgeam, float, F32)
GEAM(Dgeam, double, F64)
GEAM(Cgeam, float2, C32)
GEAM(Zgeam, double2, C64)
