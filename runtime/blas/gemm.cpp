// Matrix products -> TensorOps. Column-major storage and transposes become strides, so a device
// never sees them as cases.
//
// A batch given as an array of pointers lies in device memory that earlier work of the stream may
// still write, and a command holds addresses by value: the stream is waited for before the array is
// read. It becomes one strided op when the matrices are evenly spaced in one allocation, else one
// op per matrix.
#include "gemm.h"

#include <algorithm>
#include <vector>

namespace npu::blas {
namespace {

bool isOperation(npublasOperation_t operation) {
  return operation == NPUBLAS_OP_N || operation == NPUBLAS_OP_T || operation == NPUBLAS_OP_C;
}

Outcome checkLeading(const char *name, int64_t leading, int64_t rows) {
  if (leading >= std::max<int64_t>(1, rows))
    return {};
  return invalid(std::string(name) + " is " + std::to_string(leading) + ", less than the " +
                 std::to_string(std::max<int64_t>(1, rows)) + " rows of the matrix");
}

int64_t storedRows(npublasOperation_t operation, int64_t rows, int64_t columns) {
  return operation == NPUBLAS_OP_N ? rows : columns;
}

Outcome checkShape(const GemmCall &call) {
  if (call.m < 0 || call.n < 0 || call.k < 0)
    return invalid("m, n and k must not be negative");
  if (call.batchCount < 0)
    return invalid("batchCount must not be negative");
  if (!isOperation(call.transA) || !isOperation(call.transB))
    return invalid("transa and transb must be one of N, T and C");
  if (Outcome bad = checkLeading("lda", call.a.leading, storedRows(call.transA, call.m, call.k));
      !bad.ok())
    return bad;
  if (Outcome bad = checkLeading("ldb", call.b.leading, storedRows(call.transB, call.k, call.n));
      !bad.ok())
    return bad;
  if (Outcome bad = checkLeading("ldc", call.c.leading, call.m); !bad.ok())
    return bad;
  if (!call.alpha || !call.beta)
    return invalid(call.alpha ? "beta is null" : "alpha is null");
  return {};
}

// Every byte of the tensor from the lowest address to the highest.
Outcome checkReach(const char *name, const Tensor &tensor) {
  if (!tensor.data)
    return invalid(std::string(name) + " is null");
  int64_t lowest = 0, highest = 0;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    const int64_t span = (tensor.sizes[i] - 1) * tensor.strides[i];
    (span < 0 ? lowest : highest) += span;
  }
  const int64_t elementBytes = formatBits(tensor.format) / 8;
  return reachable(name, static_cast<const char *>(tensor.data) + lowest * elementBytes,
                   size_t(highest - lowest + 1) * elementBytes);
}

struct Scalars {
  std::complex<double> alpha, beta;
};

Outcome buildProduct(const GemmCall &call, const Scalars &scalars, TensorOp &op) {
  op.kind = TensorOp::Kind::gemm;
  op.caller = call.caller;
  op.math = call.math;
  op.alpha = scalars.alpha;
  op.beta = scalars.beta;
  const Tensor c = operandTensor(call.c, NPUBLAS_OP_N, call.m, call.n, call.batchCount);
  if (Outcome bad = checkReach("C", c); !bad.ok())
    return bad;
  if (call.k == 0 || scalars.alpha == 0.0) {
    // Only beta * C is left. A and B are not read (they may be null), and a size of 0 would make
    // the whole op nothing: they become one column and one row of any memory.
    op.alpha = 0;
    Tensor unread = {c.data, call.a.format, {call.batchCount, call.m, 1}, {0, 0, 0}};
    op.src.push_back(unread);
    unread.format = call.b.format;
    unread.sizes = {call.batchCount, 1, call.n};
    op.src.push_back(unread);
  } else {
    op.src.push_back(operandTensor(call.a, call.transA, call.m, call.k, call.batchCount));
    op.src.push_back(operandTensor(call.b, call.transB, call.k, call.n, call.batchCount));
    op.conjugateA = call.transA == NPUBLAS_OP_C && isComplex(call.a.format);
    op.conjugateB = call.transB == NPUBLAS_OP_C && isComplex(call.b.format);
    if (Outcome bad = checkReach("A", op.src[0]); !bad.ok())
      return bad;
    if (Outcome bad = checkReach("B", op.src[1]); !bad.ok())
      return bad;
  }
  op.src.push_back(c);
  op.dst.push_back(c);
  return {};
}

Outcome enqueueProduct(const Settings &settings, const GemmCall &call, const Scalars &scalars) {
  TensorOp op;
  if (Outcome bad = buildProduct(call, scalars, op); !bad.ok())
    return bad;
  return fromCore(core::enqueue(settings.stream, std::move(op)));
}

// The distance of evenly spaced matrices in elements, when all of them lie in one allocation.
bool evenStride(const GemmOperand &operand, int64_t count, int64_t &stride) {
  const int64_t elementBytes = formatBits(operand.format) / 8;
  const char *first = static_cast<const char *>(operand.array[0]);
  const int64_t step = count > 1 ? static_cast<const char *>(operand.array[1]) - first : 0;
  if (step < 0 || step % elementBytes != 0)
    return false;
  for (int64_t i = 1; i < count; ++i)
    if (static_cast<const char *>(operand.array[i]) - first != i * step)
      return false;
  stride = step / elementBytes;
  // One byte of the last matrix is enough: its whole extent is checked with the op.
  return core::deviceCanReach(first, size_t((count - 1) * step + elementBytes));
}

GemmOperand elementOf(const GemmOperand &operand, int64_t index, int64_t stride) {
  GemmOperand one = operand;
  one.data = operand.array[index];
  one.array = nullptr;
  one.stride = stride;
  return one;
}

Outcome enqueueArrays(const Settings &settings, const GemmCall &call, const Scalars &scalars) {
  const bool readsFactors = call.k != 0 && scalars.alpha != 0.0;
  const size_t arrayBytes = size_t(call.batchCount) * sizeof(void *);
  GemmCall strided = call;
  bool even = true;
  struct {
    const char *name;
    const GemmOperand &from;
    GemmOperand &to;
    bool used;
  } operands[] = {{"the array of A", call.a, strided.a, readsFactors},
                  {"the array of B", call.b, strided.b, readsFactors},
                  {"the array of C", call.c, strided.c, true}};
  for (const auto &operand : operands) {
    if (!operand.used)
      continue;
    if (!operand.from.array)
      return invalid(std::string(operand.name) + " is null");
    if (Outcome bad = reachable(operand.name, operand.from.array, arrayBytes); !bad.ok())
      return bad;
  }
  if (Outcome waited = fromCore(core::synchronize(settings.stream)); !waited.ok())
    return waited;
  for (const auto &operand : operands) {
    if (!operand.used)
      continue;
    int64_t stride = 0;
    even = even && evenStride(operand.from, call.batchCount, stride);
    if (even)
      operand.to = elementOf(operand.from, 0, stride);
  }
  // Matrices of C that share elements have no order among them in one op.
  if (even && call.batchCount > 1 && strided.c.stride < (call.n - 1) * call.c.leading + call.m)
    even = false;
  if (even)
    return enqueueProduct(settings, strided, scalars);
  std::vector<TensorOp> ops(size_t(call.batchCount)); // all are checked before the first one runs
  for (int64_t i = 0; i < call.batchCount; ++i) {
    GemmCall one = call;
    one.batchCount = 1;
    if (readsFactors) {
      one.a = elementOf(call.a, i, 0);
      one.b = elementOf(call.b, i, 0);
    }
    one.c = elementOf(call.c, i, 0);
    if (Outcome bad = buildProduct(one, scalars, ops[size_t(i)]); !bad.ok())
      return bad;
  }
  for (TensorOp &op : ops)
    if (Outcome bad = fromCore(core::enqueue(settings.stream, std::move(op))); !bad.ok())
      return bad;
  return {};
}

} // namespace

Tensor operandTensor(const GemmOperand &operand, npublasOperation_t operation, int64_t rows,
                     int64_t columns, int64_t batchCount) {
  Tensor tensor;
  tensor.data = const_cast<void *>(operand.data);
  tensor.format = operand.format;
  tensor.sizes = {batchCount, rows, columns};
  if (operation == NPUBLAS_OP_N)
    tensor.strides = {operand.stride, 1, operand.leading};
  else
    tensor.strides = {operand.stride, operand.leading, 1};
  return tensor;
}

MathMode mathFor(const Settings &settings, Format format) {
  MathMode math;
  math.pedantic = settings.pedantic();
  switch (format) {
  case Format::F32:
  case Format::C32:
    math.compute = Format::F32;
    // The deprecated tensor-op mode is COMPUTE_32F_FAST_16F. BF16x9 is as accurate as fp32.
    if ((settings.mathMode & 0xf) == NPUBLAS_TENSOR_OP_MATH)
      math.compute = Format::F16;
    else if ((settings.mathMode & 0xf) == NPUBLAS_TF32_TENSOR_OP_MATH)
      math.compute = Format::Tf32;
    return math;
  case Format::F64:
  case Format::C64:
    math.compute = Format::F64;
    return math;
  default: // products of narrow formats are exact in the format's own multiplier
    math.compute = format;
    return math;
  }
}

Outcome runGemm(const Settings &settings, const GemmCall &call) {
  if (Outcome bad = checkShape(call); !bad.ok())
    return bad;
  if (call.m == 0 || call.n == 0 || call.batchCount == 0)
    return {};
  Scalars scalars;
  if (Outcome bad = readScalar(settings, "alpha", call.alpha, call.scale, scalars.alpha); !bad.ok())
    return bad;
  if (Outcome bad = readScalar(settings, "beta", call.beta, call.scale, scalars.beta); !bad.ok())
    return bad;
  if ((call.k == 0 || scalars.alpha == 0.0) && scalars.beta == 1.0)
    return {};
  return call.pointerArrays ? enqueueArrays(settings, call, scalars)
                            : enqueueProduct(settings, call, scalars);
}

} // namespace npu::blas
