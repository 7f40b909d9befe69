// Between sparse and dense matrices. The number of elements that are not zero is what the host asks
// for after an analysis: so that function waits for the stream and counts.
#include "lines.h"

namespace npu::sparse {
namespace {

Outcome check(npusparseConstSpMatDescr_t sparse, npusparseConstDnMatDescr_t dense) {
  Arguments arguments;
  if (!arguments.live("no sparse matrix", sparse).live("no dense matrix", dense).ok())
    return arguments.outcome();
  arguments.that(sparse->rows == dense->rows && sparse->columns == dense->columns,
                 "the matrices have different sizes");
  if (arguments.ok() && (sparse->batchCount != 1 || dense->batchCount != 1))
    return unsupported("batches are not converted");
  if (arguments.ok() && sparse->type != dense->type)
    return unsupported("the matrices have different formats");
  return arguments.outcome();
}

template <class T> bool isZero(const char *element) {
  T value;
  std::memcpy(&value, element, sizeof(T));
  return value == T(0);
}
// The pattern of a matrix in blocked ELL is given: its blocks are filled.
void fillBlocks(const DenseMatrix &dense, const SparseMatrix &sparse) {
  const size_t bytes = bytesOf(dense.type);
  eachElement(sparse, [&](int64_t place, int64_t row, int64_t column) {
    std::memcpy(static_cast<char *>(sparse.values) + size_t(place) * bytes,
                static_cast<const char *>(dense.values) +
                    size_t(row * dense.rowStride() + column * dense.columnStride()) * bytes,
                bytes);
  });
}
Outcome checkTarget(npusparseConstSpMatDescr_t sparse) {
  return sparse->inBlocks() && sparse->format != NPUSPARSE_FORMAT_BLOCKED_ELL
             ? unsupported("dense matrices become CSR, CSC, COO or blocked ELL")
             : Outcome();
}

// Whether an element of the format is a zero of either sign.
bool isZero(const char *element, npuDataType type) {
  switch (type) {
  case NPU_R_32F:
    return isZero<float>(element);
  case NPU_R_64F:
    return isZero<double>(element);
  case NPU_C_32F:
    return isZero<C32>(element);
  case NPU_C_64F:
    return isZero<C64>(element);
  default:
    return core::loadElement(element, formatOf(type), 0) == C64(0);
  }
}

// Calls `body` with the address, line and index of each element that is not zero, line by line.
template <class Body>
void eachNonzero(const DenseMatrix &dense, const SparseMatrix &order, Body body) {
  const size_t bytes = bytesOf(dense.type);
  for (int64_t line = 0; line < order.lines(); ++line)
    for (int64_t i = 0; i < order.across(); ++i) {
      const int64_t row = order.byColumns() ? i : line, column = order.byColumns() ? line : i;
      const char *element = static_cast<const char *>(dense.values) +
                            size_t(row * dense.rowStride() + column * dense.columnStride()) * bytes;
      if (!isZero(element, dense.type))
        body(element, line, i);
    }
}

void putIndex(void *indices, npusparseIndexType_t type, int64_t at, int64_t value) {
  if (type == NPUSPARSE_INDEX_64I)
    static_cast<int64_t *>(indices)[at] = value;
  else
    static_cast<int32_t *>(indices)[at] = int32_t(value);
}

void fill(const DenseMatrix &dense, const SparseMatrix &sparse) {
  const size_t bytes = bytesOf(dense.type);
  const bool coordinates = sparse.format == NPUSPARSE_FORMAT_COO;
  int64_t count = 0, line = -1;
  // Offsets of the lines up to `last` begin where the elements are now.
  const auto startLines = [&](int64_t last) {
    while (!coordinates && line < last)
      putIndex(sparse.offsets, sparse.offsetType, ++line, count + sparse.base);
  };
  eachNonzero(dense, sparse, [&](const char *element, int64_t at, int64_t index) {
    if (count == sparse.nonzeros)
      failOnIndices("the dense matrix changed after its analysis: the sparse matrix");
    startLines(at);
    if (coordinates)
      putIndex(sparse.offsets, sparse.offsetType, count, at + sparse.base);
    putIndex(sparse.indices, sparse.indexType, count, index + sparse.base);
    std::memcpy(static_cast<char *>(sparse.values) + size_t(count++) * bytes, element, bytes);
  });
  startLines(sparse.lines());
}

} // namespace
} // namespace npu::sparse

using namespace npu;
using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseSparseToDense_bufferSize(npusparseHandle_t handle,
                                                    npusparseConstSpMatDescr_t A,
                                                    npusparseDnMatDescr_t B,
                                                    npusparseSparseToDenseAlg_t,
                                                    size_t *bufferSize) {
  return entry("cusparseSparseToDense_bufferSize", handle, [&](const Settings &) {
    Outcome bad = check(A, B);
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}

npusparseStatus_t npusparseSparseToDense(npusparseHandle_t handle, npusparseConstSpMatDescr_t A,
                                         npusparseDnMatDescr_t B, npusparseSparseToDenseAlg_t,
                                         void *) {
  return entry("cusparseSparseToDense", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(A, B); !bad.ok())
      return bad;
    Arguments arguments;
    if (!memoryOf(memoryOf(arguments, *A), *B).ok())
      return arguments.outcome();
    return enqueue(settings, [A = SparseMatrix(*A), B = DenseMatrix(*B)] {
      const size_t bytes = bytesOf(B.type);
      const auto place = [&](int64_t row, int64_t column) {
        return static_cast<char *>(B.values) +
               size_t(row * B.rowStride() + column * B.columnStride()) * bytes;
      };
      for (int64_t row = 0; row < B.rows; ++row)
        for (int64_t column = 0; column < B.columns; ++column)
          std::memset(place(row, column), 0, bytes);
      // Complex double holds the values of every format exactly.
      withLines<C64>(A, [&](const auto &lines) {
        for (int64_t line = 0; line < lines.count; ++line)
          for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
            core::storeElement(A.byColumns() ? place(lines.index(i), line)
                                             : place(line, lines.index(i)),
                               formatOf(B.type), 0, lines.values[i]);
      });
    });
  });
}

npusparseStatus_t npusparseDenseToSparse_bufferSize(npusparseHandle_t handle,
                                                    npusparseConstDnMatDescr_t A,
                                                    npusparseSpMatDescr_t B,
                                                    npusparseDenseToSparseAlg_t,
                                                    size_t *bufferSize) {
  return entry("cusparseDenseToSparse_bufferSize", handle, [&](const Settings &) {
    Outcome bad = check(B, A);
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}

npusparseStatus_t npusparseDenseToSparse_analysis(npusparseHandle_t handle,
                                                  npusparseConstDnMatDescr_t A,
                                                  npusparseSpMatDescr_t B,
                                                  npusparseDenseToSparseAlg_t, void *) {
  return entry("cusparseDenseToSparse_analysis", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(B, A); !bad.ok())
      return bad;
    Arguments arguments;
    if (!memoryOf(arguments, *A).ok())
      return arguments.outcome();
    if (B->inBlocks())
      return checkTarget(B);
    return runNow(settings, [&] {
      B->nonzeros = 0;
      eachNonzero(*A, *B, [&](const char *, int64_t, int64_t) { ++B->nonzeros; });
    });
  });
}

npusparseStatus_t npusparseDenseToSparse_convert(npusparseHandle_t handle,
                                                 npusparseConstDnMatDescr_t A,
                                                 npusparseSpMatDescr_t B,
                                                 npusparseDenseToSparseAlg_t, void *) {
  return entry("cusparseDenseToSparse_convert", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(B, A); !bad.ok())
      return bad;
    Arguments arguments;
    if (!memoryOf(memoryOf(arguments, *A), *B).ok())
      return arguments.outcome();
    if (Outcome bad = checkTarget(B); !bad.ok())
      return bad;
    return enqueue(settings, [A = DenseMatrix(*A), B = SparseMatrix(*B)] {
      B.inBlocks() ? fillBlocks(A, B) : fill(A, B);
    });
  });
}

} // extern "C"
