// Matrix with vector: the products are gemms of one column (gemv) or of depth one (ger), so that
// they run where gemm runs.
#include "gemm.h"

#include <algorithm>

namespace npu::blas {
namespace {

// Element i of a BLAS vector is at data + i * step; a negative step starts from the far end.
struct VectorArgument {
  const char *name;
  const void *data;
  int64_t step;
};

Tensor vectorTensor(const VectorArgument &vector, int64_t elements, Format format, bool asColumn) {
  Tensor tensor;
  const int64_t first = vector.step < 0 ? (1 - elements) * vector.step : 0;
  tensor.data = static_cast<char *>(const_cast<void *>(vector.data)) +
                first * int64_t(formatBits(format) / 8);
  tensor.format = format;
  if (asColumn) {
    tensor.sizes = {1, elements, 1};
    tensor.strides = {0, vector.step, 0};
  } else {
    tensor.sizes = {1, 1, elements};
    tensor.strides = {0, 0, vector.step};
  }
  return tensor;
}

Outcome vectorReach(const VectorArgument &vector, int64_t elements, Format format) {
  if (!vector.data)
    return invalid(std::string(vector.name) + " is null");
  const int64_t span = (elements - 1) * std::abs(vector.step) + 1;
  return reachable(vector.name, vector.data, size_t(span) * (formatBits(format) / 8));
}

Outcome matrixReach(const void *data, int64_t m, int64_t n, int64_t leading, Format format) {
  if (!data)
    return invalid("A is null");
  return reachable("A", data, size_t((n - 1) * leading + m) * (formatBits(format) / 8));
}

Outcome checkMatrix(int64_t m, int64_t n, int64_t leading) {
  if (m < 0 || n < 0)
    return invalid("m and n must not be negative");
  if (leading < std::max<int64_t>(1, m))
    return invalid("lda is " + std::to_string(leading) + ", less than the " +
                   std::to_string(std::max<int64_t>(1, m)) + " rows of A");
  return {};
}

struct GemvCall {
  const char *caller;
  npublasOperation_t operation;
  int64_t m, n;
  const void *alpha, *A;
  int64_t leading;
  VectorArgument x;
  const void *beta;
  VectorArgument y;
  Format format;
};

Outcome runGemv(const Settings &settings, const GemvCall &call) {
  if (call.operation != NPUBLAS_OP_N && call.operation != NPUBLAS_OP_T &&
      call.operation != NPUBLAS_OP_C)
    return invalid("trans must be one of N, T and C");
  if (Outcome bad = checkMatrix(call.m, call.n, call.leading); !bad.ok())
    return bad;
  if (call.x.step == 0 || call.y.step == 0)
    return invalid("incx and incy must not be 0");
  if (!call.alpha || !call.beta)
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  if (call.m == 0 || call.n == 0)
    return {};
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = call.caller;
  op.math = mathFor(settings, call.format);
  if (Outcome bad = readScalar(settings, "alpha", call.alpha, call.format, op.alpha); !bad.ok())
    return bad;
  if (Outcome bad = readScalar(settings, "beta", call.beta, call.format, op.beta); !bad.ok())
    return bad;
  const bool transposed = call.operation != NPUBLAS_OP_N;
  const int64_t rows = transposed ? call.n : call.m, depth = transposed ? call.m : call.n;
  if (Outcome bad = vectorReach(call.y, rows, call.format); !bad.ok())
    return bad;
  const Tensor y = vectorTensor(call.y, rows, call.format, true);
  if (op.alpha == 0.0) { // A and x are not read and may be null
    op.src = {{y.data, call.format, {1, rows, 1}, {0, 0, 0}},
              {y.data, call.format, {1, 1, 1}, {0, 0, 0}}};
  } else {
    if (Outcome bad = matrixReach(call.A, call.m, call.n, call.leading, call.format); !bad.ok())
      return bad;
    if (Outcome bad = vectorReach(call.x, depth, call.format); !bad.ok())
      return bad;
    op.conjugateA = call.operation == NPUBLAS_OP_C && isComplex(call.format);
    op.src = {operandTensor({call.A, call.format, call.leading}, call.operation, rows, depth, 1),
              vectorTensor(call.x, depth, call.format, true)};
  }
  op.src.push_back(y);
  op.dst.push_back(y);
  return fromCore(core::enqueue(settings.stream, std::move(op)));
}

struct GerCall {
  const char *caller;
  int64_t m, n;
  const void *alpha;
  VectorArgument x, y;
  void *A;
  int64_t leading;
  Format format;
  bool conjugateY;
};

// A += alpha * x * transpose(y)
Outcome runGer(const Settings &settings, const GerCall &call) {
  if (Outcome bad = checkMatrix(call.m, call.n, call.leading); !bad.ok())
    return bad;
  if (call.x.step == 0 || call.y.step == 0)
    return invalid("incx and incy must not be 0");
  if (!call.alpha)
    return invalid("alpha is null");
  if (call.m == 0 || call.n == 0)
    return {};
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = call.caller;
  op.math = mathFor(settings, call.format);
  op.beta = 1;
  if (Outcome bad = readScalar(settings, "alpha", call.alpha, call.format, op.alpha); !bad.ok())
    return bad;
  if (op.alpha == 0.0)
    return {};
  if (Outcome bad = vectorReach(call.x, call.m, call.format); !bad.ok())
    return bad;
  if (Outcome bad = vectorReach(call.y, call.n, call.format); !bad.ok())
    return bad;
  if (Outcome bad = matrixReach(call.A, call.m, call.n, call.leading, call.format); !bad.ok())
    return bad;
  const Tensor a =
      operandTensor({call.A, call.format, call.leading}, NPUBLAS_OP_N, call.m, call.n, 1);
  op.conjugateB = call.conjugateY;
  op.src = {vectorTensor(call.x, call.m, call.format, true),
            vectorTensor(call.y, call.n, call.format, false), a};
  op.dst = {a};
  return fromCore(core::enqueue(settings.stream, std::move(op)));
}

} // namespace
} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

#define GEMV(name, type, tensorFormat)                                                             \
  npublasStatus_t npublas##name(npublasHandle_t handle, npublasOperation_t trans, int m, int n,    \
                                const type *alpha, const type *A, int lda, const type *x,          \
                                int incx, const type *beta, type *y, int incy) {                   \
    return blasEntry("cublas" #name, handle, [&](const Settings &settings) {                       \
      return runGemv(settings, {"cublas" #name,                                                    \
                                trans,                                                             \
                                m,                                                                 \
                                n,                                                                 \
                                alpha,                                                             \
                                A,                                                                 \
                                lda,                                                               \
                                {"x", x, incx},                                                    \
                                beta,                                                              \
                                {"y", y, incy},                                                    \
                                Format::tensorFormat});                                            \
    });                                                                                            \
  }

#define GER(name, type, tensorFormat, conjugate)                                                   \
  npublasStatus_t npublas##name(npublasHandle_t handle, int m, int n, const type *alpha,           \
                                const type *x, int incx, const type *y, int incy, type *A,         \
                                int lda) {                                                         \
    return blasEntry("cublas" #name, handle, [&](const Settings &settings) {                       \
      return runGer(settings, {"cublas" #name,                                                     \
                               m,                                                                  \
                               n,                                                                  \
                               alpha,                                                              \
                               {"x", x, incx},                                                     \
                               {"y", y, incy},                                                     \
                               A,                                                                  \
                               lda,                                                                \
                               Format::tensorFormat,                                               \
                               conjugate});                                                        \
    });                                                                                            \
  }

GEMV(Sgemv, float, F32)
GEMV(Dgemv, double, F64)
GEMV(Cgemv, float2, C32)
GEMV(Zgemv, double2, C64)

GER(Sger, float, F32, false)
GER(Dger, double, F64, false)
GER(Cgeru, float2, C32, false)
GER(Cgerc, float2, C32, true)
GER(Zgeru, double2, C64, false)
GER(Zgerc, double2, C64, true)
