// Matrix with vector: the products are gemms of one column (gemv) or of depth one (ger), so that
// they run where gemm runs.
#include "arguments.h"
#include "entry_points.h"
#include "gemm.h"

#include <algorithm>
#include <vector>

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
  Format format; // of A and x
  Format result; // of y
  Format scale;  // of alpha and beta
  int64_t batchCount = 1, strideA = 0, strideX = 0, strideY = 0;
};

Outcome checkGemv(const GemvCall &call) {
  if (call.operation != NPUBLAS_OP_N && call.operation != NPUBLAS_OP_T &&
      call.operation != NPUBLAS_OP_C)
    return invalid("trans must be one of N, T and C");
  if (call.batchCount < 0)
    return invalid("batchCount must not be negative");
  if (Outcome bad = checkMatrix(call.m, call.n, call.leading); !bad.ok())
    return bad;
  if (call.x.step == 0 || call.y.step == 0)
    return invalid("incx and incy must not be 0");
  if (!call.alpha || !call.beta)
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  return {};
}

Tensor batchOf(Tensor tensor, int64_t count, int64_t stride) {
  tensor.sizes[0] = count;
  tensor.strides[0] = stride;
  return tensor;
}

Outcome runGemv(const Settings &settings, const GemvCall &call) {
  if (Outcome bad = checkGemv(call); !bad.ok())
    return bad;
  if (call.m == 0 || call.n == 0 || call.batchCount == 0)
    return {};
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = call.caller;
  op.math = mathFor(settings, call.format);
  if (Outcome bad = readScalar(settings, "alpha", call.alpha, call.scale, op.alpha); !bad.ok())
    return bad;
  if (Outcome bad = readScalar(settings, "beta", call.beta, call.scale, op.beta); !bad.ok())
    return bad;
  const bool transposed = call.operation != NPUBLAS_OP_N;
  const int64_t rows = transposed ? call.n : call.m, depth = transposed ? call.m : call.n;
  if (Outcome bad = vectorReach(call.y, rows, call.result); !bad.ok())
    return bad;
  const Tensor y =
      batchOf(vectorTensor(call.y, rows, call.result, true), call.batchCount, call.strideY);
  if (op.alpha == 0.0) { // A and x are not read and may be null
    op.src = {{y.data, call.format, {call.batchCount, rows, 1}, {0, 0, 0}},
              {y.data, call.format, {call.batchCount, 1, 1}, {0, 0, 0}}};
  } else {
    if (Outcome bad = matrixReach(call.A, call.m, call.n, call.leading, call.format); !bad.ok())
      return bad;
    if (Outcome bad = vectorReach(call.x, depth, call.format); !bad.ok())
      return bad;
    op.conjugateA = call.operation == NPUBLAS_OP_C && isComplex(call.format);
    op.src = {
        operandTensor({call.A, call.format, call.leading, call.strideA}, call.operation, rows,
                      depth, call.batchCount),
        batchOf(vectorTensor(call.x, depth, call.format, true), call.batchCount, call.strideX)};
  }
  op.src.push_back(y);
  op.dst.push_back(y);
  return fromCore(core::enqueue(settings.stream, std::move(op)));
}

// A batch given as arrays of pointers in device memory: read after the stream's earlier work, as
// those of a batched gemm are.
Outcome runGemvBatch(const Settings &settings, GemvCall call, const void *const *A,
                     const void *const *x, const void *const *y) {
  if (Outcome bad = checkGemv(call); !bad.ok())
    return bad;
  const int64_t count = call.batchCount;
  if (call.m == 0 || call.n == 0 || count == 0)
    return {};
  Arguments arrays;
  arrays.memory("Aarray", A, count, sizeof(void *)).memory("xarray", x, count, sizeof(void *));
  if (!arrays.memory("yarray", y, count, sizeof(void *)).ok())
    return arrays.outcome();
  if (Outcome waited = fromCore(core::synchronize(settings.stream)); !waited.ok())
    return waited;
  call.batchCount = 1;
  for (int64_t i = 0; i < count; ++i) {
    call.A = A[i], call.x.data = x[i], call.y.data = y[i];
    if (Outcome bad = runGemv(settings, call); !bad.ok())
      return bad;
  }
  return {};
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

template <Format kFormat>
npublasStatus_t gemv(const char *caller, npublasHandle_t handle, npublasOperation_t trans,
                     int64_t m, int64_t n, const void *alpha, const void *A, int64_t lda,
                     const void *x, int64_t incx, const void *beta, void *y, int64_t incy) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return runGemv(settings, {caller,
                              trans,
                              m,
                              n,
                              alpha,
                              A,
                              lda,
                              {"x", x, incx},
                              beta,
                              {"y", y, incy},
                              kFormat,
                              kFormat,
                              kFormat});
  });
}

template <Format kFormat, Format kResult, Format kScale>
npublasStatus_t gemvStrided(const char *caller, npublasHandle_t handle, npublasOperation_t trans,
                            int64_t m, int64_t n, const void *alpha, const void *A, int64_t lda,
                            int64_t strideA, const void *x, int64_t incx, int64_t strideX,
                            const void *beta, void *y, int64_t incy, int64_t strideY,
                            int64_t batchCount) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return runGemv(settings, {caller,
                              trans,
                              m,
                              n,
                              alpha,
                              A,
                              lda,
                              {"x", x, incx},
                              beta,
                              {"y", y, incy},
                              kFormat,
                              kResult,
                              kScale,
                              batchCount,
                              strideA,
                              strideX,
                              strideY});
  });
}

template <Format kFormat, Format kResult, Format kScale, typename X, typename Y>
npublasStatus_t gemvBatched(const char *caller, npublasHandle_t handle, npublasOperation_t trans,
                            int64_t m, int64_t n, const void *alpha, const X *const A[],
                            int64_t lda, const X *const x[], int64_t incx, const void *beta,
                            Y *const y[], int64_t incy, int64_t batchCount) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return runGemvBatch(settings,
                        {caller,
                         trans,
                         m,
                         n,
                         alpha,
                         nullptr,
                         lda,
                         {"x", nullptr, incx},
                         beta,
                         {"y", nullptr, incy},
                         kFormat,
                         kResult,
                         kScale,
                         batchCount},
                        (const void *const *)A, (const void *const *)x, (const void *const *)y);
  });
}

template <Format kFormat, bool kConjugate>
npublasStatus_t ger(const char *caller, npublasHandle_t handle, int64_t m, int64_t n,
                    const void *alpha, const void *x, int64_t incx, const void *y, int64_t incy,
                    void *A, int64_t lda) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return runGer(
        settings,
        {caller, m, n, alpha, {"x", x, incx}, {"y", y, incy}, A, lda, kFormat, kConjugate});
  });
}

} // namespace
} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

#define GEMV(name, T, format)                                                                      \
  BLAS_SIZED(name, GEMV, gemv<Format::format>,                                                     \
             (handle, trans, m, n, alpha, A, lda, x, incx, beta, y, incy), T)
GEMV(Sgemv, float, F32)
GEMV(Dgemv, double, F64)
GEMV(Cgemv, float2, C32)
GEMV(Zgemv, double2, C64)

#define GER(name, T, format, conjugate)                                                            \
  BLAS_SIZED(name, GER, (ger<Format::format, conjugate>),                                          \
             (handle, m, n, alpha, x, incx, y, incy, A, lda), T)
GER(Sger, float, F32, false)
GER(Dger, double, F64, false)
GER(Cgeru, float2, C32, false)
GER(Cgerc, float2, C32, true)
GER(Zgeru, double2, C64, false)
GER(Zgerc, double2, C64, true)

#define GEMV_BATCHES(letters, S, X, Y, format, result, scale)                                      \
  BLAS_SIZED(                                                                                      \
      letters##gemvBatched, GEMV_BATCHED,                                                          \
      (gemvBatched<Format::format, Format::result, Format::scale>),                                \
      (handle, trans, m, n, alpha, Aarray, lda, xarray, incx, beta, yarray, incy, batchCount), S,  \
      X, Y)                                                                                        \
  BLAS_SIZED(letters##gemvStridedBatched, GEMV_STRIDED,                                            \
             (gemvStrided<Format::format, Format::result, Format::scale>),                         \
             (handle, trans, m, n, alpha, A, lda, strideA, x, incx, stridex, beta, y, incy,        \
              stridey, batchCount),                                                                \
             S, X, Y)
GEMV_BATCHES(S, float, float, float, F32, F32, F32)
GEMV_BATCHES(D, double, double, double, F64, F64, F64)
GEMV_BATCHES(C, float2, float2, float2, C32, C32, C32)
GEMV_BATCHES(Z, double2, double2, double2, C64, C64, C64)
GEMV_BATCHES(HSH, float, __half, __half, F16, F16, F32)
GEMV_BATCHES(HSS, float, __half, float, F16, F32, F32)
GEMV_BATCHES(TST, float, __nv_bfloat16, __nv_bfloat16, Bf16, Bf16, F32)
GEMV_BATCHES(TSS, float, __nv_bfloat16, float, Bf16, F32, F32)
