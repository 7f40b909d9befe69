// One description of every matrix product of the BLAS API, and the way from it to TensorOps.
#pragma once

#include "blas_context.h"

#include <optional>

namespace npu::blas {

struct GemmOperand {
  const void *data = nullptr;
  Format format = Format::F32;
  int64_t leading = 0; // elements from column to column
  int64_t stride = 0;  // elements from matrix to matrix of a strided batch
  // A batch given as an array of pointers, in device memory; then `data` and `stride` are unused.
  const void *const *array = nullptr;
};

// C[i] = alpha * opA(A[i]) * opB(B[i]) + beta * C[i], column-major, i < batchCount.
struct GemmCall {
  const char *caller = "";
  npublasOperation_t transA = NPUBLAS_OP_N, transB = NPUBLAS_OP_N;
  int64_t m = 0, n = 0, k = 0;
  const void *alpha = nullptr, *beta = nullptr;
  Format scale = Format::F32; // of alpha and beta
  GemmOperand a, b, c;
  int64_t batchCount = 1;
  bool pointerArrays = false; // the operands are arrays of pointers
  MathMode math;
};

// Checks the call in cuBLAS's order and puts its work on the stream.
Outcome runGemm(const Settings &settings, const GemmCall &call);

// What the handle's math mode asks of a product whose operands have this format.
MathMode mathFor(const Settings &settings, Format format);

// The tensor format of a data type; nothing when no tensor has it.
std::optional<Format> formatOf(npuDataType type);

// Fills the formats and the arithmetic of `call`; not supported where cuBLAS's table of
// cublasGemmEx has no such combination.
Outcome chooseProduct(const Settings &settings, npuDataType a, npuDataType b, npuDataType c,
                      npublasComputeType_t computeType, GemmCall &call);

// The operand op(A) of rows x columns as a tensor [batch, rows, columns].
Tensor operandTensor(const GemmOperand &operand, npublasOperation_t operation, int64_t rows,
                     int64_t columns, int64_t batchCount);

inline bool isComplex(Format format) { return format == Format::C32 || format == Format::C64; }

} // namespace npu::blas
