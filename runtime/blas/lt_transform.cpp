// cublasLtMatrixTransform: sums and transposes of matrices between storage orders and types, by the
// host.
#include "gemm.h"
#include "host_routine.h"
#include "lt_matrix.h"
#include "src/formats.h"

using namespace npu;
using namespace npu::blas;
using Value = std::complex<double>;

// C = alpha * op(A) + beta * op(B), between any storage orders and types.
npublasStatus_t npublasLtMatrixTransform(npublasLtHandle_t lightHandle,
                                         npublasLtMatrixTransformDesc_t transformDesc,
                                         const void *alpha, const void *A,
                                         npublasLtMatrixLayout_t Adesc, const void *beta,
                                         const void *B, npublasLtMatrixLayout_t Bdesc, void *C,
                                         npublasLtMatrixLayout_t Cdesc, npuStream_t stream) {
  return ltEntry("cublasLtMatrixTransform", lightHandle, [&]() -> Outcome {
    const LtTransform *found = inside<LtTransform>(transformDesc);
    if (!found)
      return invalid("the transform's descriptor is null or was not initialised");
    const LtTransform transform = *found;
    const auto scale = formatOf(npuDataType(transform.scaleType));
    if (!scale)
      return unsupported("the scale type has no implementation");
    if (!alpha)
      return invalid("alpha is null");
    Settings settings;
    settings.stream = stream;
    const bool device = transform.pointerMode == NPUBLASLT_POINTER_MODE_DEVICE;
    if (!device && transform.pointerMode != NPUBLASLT_POINTER_MODE_HOST)
      return invalid("the pointer mode must be host or device");
    const size_t bytes = formatBits(*scale) / 8;
    Arguments scalars;
    if (device)
      scalars.memory("alpha", alpha, 1, bytes).memory("beta", beta, beta ? 1 : 0, bytes);
    if (!scalars.ok())
      return scalars.outcome();
    const Value by = device ? Value(0) : core::loadElement(alpha, *scale, 0);
    const Value add = device || !beta ? Value(0) : core::loadElement(beta, *scale, 0);
    const bool usesB = B && Bdesc && (device ? beta != nullptr : add != 0.0);
    if (!usesB && add != 0.0)
      return invalid("B is null, but beta is not 0");
    LtMatrix a, b, c;
    if (Outcome bad = describeMatrix("A", Adesc, A, a); !bad.ok())
      return bad;
    if (usesB)
      if (Outcome bad = describeMatrix("B", Bdesc, B, b); !bad.ok())
        return bad;
    if (Outcome bad = describeMatrix("C", Cdesc, C, c); !bad.ok())
      return bad;
    const auto fits = [&](const LtMatrix &matrix, int operation) {
      const bool plain = operation == NPUBLAS_OP_N;
      return (plain ? matrix.rows() : matrix.columns()) == c.rows() &&
             (plain ? matrix.columns() : matrix.rows()) == c.columns() &&
             matrix.layout.batchCount == c.layout.batchCount &&
             matrix.type.complex == c.type.complex;
    };
    for (int32_t operation : {transform.transA, transform.transB})
      if (operation < NPUBLAS_OP_N || operation > NPUBLAS_OP_C)
        return invalid("an operation must be one of N, T and C");
    if (!fits(a, transform.transA) || (usesB && !fits(b, transform.transB)))
      return invalid("the matrices' sizes or types do not fit together");
    for (const LtMatrix *matrix : {&a, &b, &c})
      if (matrix->layout.batchMode == NPUBLASLT_BATCH_MODE_POINTER_ARRAY)
        return unsupported("transforms of arrays of pointers have no implementation");
    if (Outcome bad = reachMatrix("A", a); !bad.ok())
      return bad;
    if (Outcome bad = usesB ? reachMatrix("B", b) : Outcome(); !bad.ok())
      return bad;
    if (Outcome bad = reachMatrix("C", c); !bad.ok())
      return bad;
    const auto read = [](const LtMatrix &matrix, int operation, int64_t batch, int64_t row,
                         int64_t column) {
      const Value value = operation == NPUBLAS_OP_N ? matrix.load(batch, row, column)
                                                    : matrix.load(batch, column, row);
      return operation == NPUBLAS_OP_C ? std::conj(value) : value;
    };
    return onHost(settings, "cublasLtMatrixTransform", "no device changes storage orders", [=] {
      const Value left = device ? core::loadElement(alpha, *scale, 0) : by;
      const Value right = device && beta ? core::loadElement(beta, *scale, 0) : add;
      for (int64_t batch = 0; batch < c.layout.batchCount; ++batch)
        for (int64_t column = 0; column < c.columns(); ++column)
          for (int64_t row = 0; row < c.rows(); ++row) {
            Value value = 0;
            if (left != 0.0)
              value = left * read(a, transform.transA, batch, row, column);
            if (usesB && right != 0.0)
              value += right * read(b, transform.transB, batch, row, column);
            c.store(batch, row, column, value);
          }
    });
  });
}
