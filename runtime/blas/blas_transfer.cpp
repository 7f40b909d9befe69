// Vectors and matrices between host and device memory: strided copies.
#include "blas_context.h"

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

npublasStatus_t vector(Transfer transfer, int n, int elementBytes) {
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

npublasStatus_t matrix(Transfer transfer, int rows, int columns, int elementBytes) {
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

} // namespace

npublasStatus_t npublasSetVector(int n, int elemSize, const void *x, int incx, void *devicePtr,
                                 int incy) {
  return vector({"cublasSetVector", 0, 0, 0, x, incx, devicePtr, incy, true, true, nullptr}, n,
                elemSize);
}

npublasStatus_t npublasGetVector(int n, int elemSize, const void *x, int incx, void *y, int incy) {
  return vector({"cublasGetVector", 0, 0, 0, x, incx, y, incy, false, true, nullptr}, n, elemSize);
}

npublasStatus_t npublasSetVectorAsync(int n, int elemSize, const void *hostPtr, int incx,
                                      void *devicePtr, int incy, npuStream_t stream) {
  return vector(
      {"cublasSetVectorAsync", 0, 0, 0, hostPtr, incx, devicePtr, incy, true, false, stream}, n,
      elemSize);
}

npublasStatus_t npublasGetVectorAsync(int n, int elemSize, const void *devicePtr, int incx,
                                      void *hostPtr, int incy, npuStream_t stream) {
  return vector(
      {"cublasGetVectorAsync", 0, 0, 0, devicePtr, incx, hostPtr, incy, false, false, stream}, n,
      elemSize);
}

npublasStatus_t npublasSetMatrix(int rows, int cols, int elemSize, const void *A, int lda, void *B,
                                 int ldb) {
  return matrix({"cublasSetMatrix", 0, 0, 0, A, lda, B, ldb, true, true, nullptr}, rows, cols,
                elemSize);
}

npublasStatus_t npublasGetMatrix(int rows, int cols, int elemSize, const void *A, int lda, void *B,
                                 int ldb) {
  return matrix({"cublasGetMatrix", 0, 0, 0, A, lda, B, ldb, false, true, nullptr}, rows, cols,
                elemSize);
}

npublasStatus_t npublasSetMatrixAsync(int rows, int cols, int elemSize, const void *A, int lda,
                                      void *B, int ldb, npuStream_t stream) {
  return matrix({"cublasSetMatrixAsync", 0, 0, 0, A, lda, B, ldb, true, false, stream}, rows, cols,
                elemSize);
}

npublasStatus_t npublasGetMatrixAsync(int rows, int cols, int elemSize, const void *A, int lda,
                                      void *B, int ldb, npuStream_t stream) {
  return matrix({"cublasGetMatrixAsync", 0, 0, 0, A, lda, B, ldb, false, false, stream}, rows, cols,
                elemSize);
}
