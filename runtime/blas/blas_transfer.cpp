// Vectors and matrices between host and device memory: strided copies.
#include "blas_context.h"
#include "entry_points.h"

using namespace npu;
using namespace npu::blas;

namespace {

// `rows` of `rowElements` contiguous elements; leading dimensions in elements.
struct Transfer {
  const char *caller;
  int64_t rows, rowElements, elementBytes;
  const void *src;
  int64_t srcStep;
  void *dst;
  int64_t dstStep;
  bool toDevice;
  bool waits; // returns when the copy is done
  npuStream_t stream;
};

size_t spanBytes(const Transfer &transfer, int64_t step) {
  return size_t(((transfer.rows - 1) * step + transfer.rowElements) * transfer.elementBytes);
}

Outcome run(const Transfer &transfer) {
  if (transfer.rows == 0 || transfer.rowElements == 0)
    return {};
  if (!transfer.src || !transfer.dst)
    return invalid("a pointer is null");
  const size_t srcBytes = spanBytes(transfer, transfer.srcStep);
  const size_t dstBytes = spanBytes(transfer, transfer.dstStep);
  Outcome device = transfer.toDevice ? reachable("the device side", transfer.dst, dstBytes)
                                     : reachable("the device side", transfer.src, srcBytes);
  if (!device.ok())
    return device;
  Copy copy;
  copy.src = transfer.src;
  copy.dst = transfer.dst;
  copy.width = size_t(transfer.rowElements * transfer.elementBytes);
  copy.height = size_t(transfer.rows);
  copy.srcPitch = size_t(transfer.srcStep * transfer.elementBytes);
  copy.dstPitch = size_t(transfer.dstStep * transfer.elementBytes);
  if (Outcome queued = fromCore(core::enqueue(transfer.stream, copy)); !queued.ok())
    return queued;
  // Pageable host memory is free for reuse when an asynchronous copy returns, as in CUDA.
  const bool pinned = transfer.toDevice ? core::deviceCanReach(transfer.src, srcBytes)
                                        : core::deviceCanReach(transfer.dst, dstBytes);
  return transfer.waits || !pinned ? fromCore(core::synchronize(transfer.stream)) : Outcome();
}

npublasStatus_t vector(Transfer transfer, int64_t n, int64_t elementBytes) {
  return blasEntry(transfer.caller, [&]() -> Outcome {
    if (n < 0)
      return invalid("n is negative");
    if (elementBytes <= 0)
      return invalid("elemSize must be positive");
    if (transfer.srcStep <= 0 || transfer.dstStep <= 0)
      return invalid("incx and incy must be positive");
    transfer.elementBytes = elementBytes;
    const bool contiguous = transfer.srcStep == 1 && transfer.dstStep == 1;
    transfer.rows = contiguous ? 1 : n;
    transfer.rowElements = contiguous ? n : 1;
    if (n == 0)
      transfer.rows = 0;
    return run(transfer);
  });
}

npublasStatus_t matrix(Transfer transfer, int64_t rows, int64_t columns, int64_t elementBytes) {
  return blasEntry(transfer.caller, [&]() -> Outcome {
    if (rows < 0 || columns < 0)
      return invalid("rows and cols must not be negative");
    if (elementBytes <= 0)
      return invalid("elemSize must be positive");
    if (transfer.srcStep <= 0 || transfer.dstStep <= 0 || transfer.srcStep < rows ||
        transfer.dstStep < rows)
      return invalid("lda and ldb must be at least the number of rows");
    transfer.elementBytes = elementBytes;
    transfer.rows = columns; // a column is what is contiguous
    transfer.rowElements = rows;
    return run(transfer);
  });
}

template <bool kToDevice>
npublasStatus_t moveVector(const char *caller, int64_t n, int64_t elementBytes, const void *x,
                           int64_t incx, void *y, int64_t incy) {
  return vector({caller, 0, 0, 0, x, incx, y, incy, kToDevice, true, nullptr}, n, elementBytes);
}
template <bool kToDevice>
npublasStatus_t queueVector(const char *caller, int64_t n, int64_t elementBytes, const void *x,
                            int64_t incx, void *y, int64_t incy, npuStream_t stream) {
  return vector({caller, 0, 0, 0, x, incx, y, incy, kToDevice, false, stream}, n, elementBytes);
}
template <bool kToDevice>
npublasStatus_t moveMatrix(const char *caller, int64_t rows, int64_t columns, int64_t elementBytes,
                           const void *A, int64_t lda, void *B, int64_t ldb) {
  return matrix({caller, 0, 0, 0, A, lda, B, ldb, kToDevice, true, nullptr}, rows, columns,
                elementBytes);
}
template <bool kToDevice>
npublasStatus_t queueMatrix(const char *caller, int64_t rows, int64_t columns, int64_t elementBytes,
                            const void *A, int64_t lda, void *B, int64_t ldb, npuStream_t stream) {
  return matrix({caller, 0, 0, 0, A, lda, B, ldb, kToDevice, false, stream}, rows, columns,
                elementBytes);
}

} // namespace

#define VECTOR (n, elemSize, x, incx, y, incy)
#define MATRIX (rows, cols, elemSize, A, lda, B, ldb)
BLAS_SIZED(SetVector, VECTOR_TRANSFER, moveVector<true>, VECTOR, void)
BLAS_SIZED(GetVector, VECTOR_TRANSFER, moveVector<false>, VECTOR, void)
BLAS_SIZED(SetMatrix, MATRIX_TRANSFER, moveMatrix<true>, MATRIX, void)
BLAS_SIZED(GetMatrix, MATRIX_TRANSFER, moveMatrix<false>, MATRIX, void)
#undef VECTOR
#undef MATRIX
#define VECTOR (n, elemSize, x, incx, y, incy, stream)
#define MATRIX (rows, cols, elemSize, A, lda, B, ldb, stream)
BLAS_SIZED(SetVectorAsync, VECTOR_TRANSFER_ASYNC, queueVector<true>, VECTOR, void)
BLAS_SIZED(GetVectorAsync, VECTOR_TRANSFER_ASYNC, queueVector<false>, VECTOR, void)
BLAS_SIZED(SetMatrixAsync, MATRIX_TRANSFER_ASYNC, queueMatrix<true>, MATRIX, void)
BLAS_SIZED(GetMatrixAsync, MATRIX_TRANSFER_ASYNC, queueMatrix<false>, MATRIX, void)
