// Products with descriptors: SpMV, SpMM and the sampled product SDDMM. Computed by the host in
// stream order: no device has sparse operations.
#include "products.h"

namespace npu::sparse {
namespace {

bool isOperation(npusparseOperation_t operation) {
  return operation >= NPUSPARSE_OPERATION_NON_TRANSPOSE &&
         operation <= NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE;
}
bool transposes(npusparseOperation_t operation) {
  return operation != NPUSPARSE_OPERATION_NON_TRANSPOSE;
}
// Rows and columns of op(matrix).
template <class Matrix> int64_t rowsOf(const Matrix &matrix, npusparseOperation_t operation) {
  return transposes(operation) ? matrix.columns : matrix.rows;
}
template <class Matrix> int64_t columnsOf(const Matrix &matrix, npusparseOperation_t operation) {
  return transposes(operation) ? matrix.rows : matrix.columns;
}
// op(matrix) by its strides.
template <class T>
Strided<T> stridedOf(T *data, const DenseMatrix &matrix, npusparseOperation_t operation) {
  return transposes(operation) ? Strided<T>{data, matrix.columnStride(), matrix.rowStride()}
                               : Strided<T>{data, matrix.rowStride(), matrix.columnStride()};
}

// alpha and beta, unless `check` has found something before.
Outcome read(const Settings &settings, Arguments &check, const void *alpha, const void *beta,
             npuDataType type, Scalar &a, Scalar &b) {
  if (!check.ok())
    return check.outcome();
  Outcome bad = a.set(settings, "alpha or beta", alpha, type);
  return bad.ok() ? b.set(settings, "alpha or beta", beta, type) : bad;
}

// Descriptors that are there; the functions read them afterwards.
Outcome vectorProduct(const Settings &settings, npusparseOperation_t opA, const void *alpha,
                      npusparseConstSpMatDescr_t A, npusparseConstDnVecDescr_t x, const void *beta,
                      npusparseConstDnVecDescr_t y, npuDataType type, bool run) {
  Arguments check;
  check.live("A is no matrix", A).live("x is no vector", x).live("y is no vector", y);
  if (!check.that(isOperation(opA), "no such operation").ok())
    return check.outcome();
  check.that(x->size == columnsOf(*A, opA) && y->size == rowsOf(*A, opA),
             "x or y has another size than op(A)");
  if (Outcome bad = computable(type, {A->type, x->type, y->type}); !check.ok() || !bad.ok())
    return check.ok() ? bad : check.outcome();
  if (!run)
    return {};
  memoryOf(check, *A);
  check.memory("x", x->values, x->size, bytesOf(x->type));
  check.memory("y", y->values, y->size, bytesOf(y->type));
  Scalar a, b;
  if (Outcome bad = read(settings, check, alpha, beta, type, a, b); !bad.ok())
    return bad;
  return enqueue(settings, [=, A = SparseMatrix(*A), x = DenseVector(*x), y = DenseVector(*y)] {
    byType(type, [&](auto zero) {
      using T = decltype(zero);
      const Values<T> xs(x.values, x.type, x.size);
      const Target<T> ys(y.values, y.type, y.size);
      withLines<T>(A, [&](const auto &lines) {
        multiplyVector(lines, accessOf(A, opA), a.get<T>(), xs.data(), b.get<T>(), ys.data(),
                       y.size);
      });
    });
  });
}

// A batch of one goes with every batch.
bool batchesFit(int a, int b, int result) {
  return (a == 1 || a == result) && (b == 1 || b == result);
}

// Whether C can be op(A) op(B); `check` is what was found before.
template <class MatrixA, class MatrixB, class MatrixC>
Outcome fits(Arguments &check, const MatrixA &A, npusparseOperation_t opA, const MatrixB &B,
             npusparseOperation_t opB, const MatrixC &C, npuDataType type) {
  check.that(columnsOf(A, opA) == rowsOf(B, opB) && C.rows == rowsOf(A, opA) &&
                 C.columns == columnsOf(B, opB),
             "the sizes of op(A), op(B) and C do not fit");
  check.that(batchesFit(A.batchCount, B.batchCount, C.batchCount),
             "the batches of A, B and C do not fit");
  return check.ok() ? computable(type, {A.type, B.type, C.type}) : check.outcome();
}

Outcome matrixProduct(const Settings &settings, npusparseOperation_t opA, npusparseOperation_t opB,
                      const void *alpha, npusparseConstSpMatDescr_t A, npusparseConstDnMatDescr_t B,
                      const void *beta, npusparseConstDnMatDescr_t C, npuDataType type, bool run) {
  Arguments check;
  check.live("A is no matrix", A).live("B is no matrix", B).live("C is no matrix", C);
  if (!check.that(isOperation(opA) && isOperation(opB), "no such operation").ok())
    return check.outcome();
  if (Outcome bad = fits(check, *A, opA, *B, opB, *C, type); !bad.ok())
    return bad;
  if (!run)
    return {};
  memoryOf(memoryOf(memoryOf(check, *A), *B), *C);
  Scalar a, b;
  if (Outcome bad = read(settings, check, alpha, beta, type, a, b); !bad.ok())
    return bad;
  return enqueue(settings, [=, A = SparseMatrix(*A), B = DenseMatrix(*B), C = DenseMatrix(*C)] {
    byType(type, [&](auto zero) {
      using T = decltype(zero);
      for (int batch = 0; batch < C.batchCount; ++batch) {
        const DenseMatrix b1 = B.at(batch), c1 = C.at(batch);
        const Values<T> bs(b1.values, b1.type, b1.extent());
        const Target<T> cs(c1.values, c1.type, c1.extent());
        withLines<T>(A.at(batch), [&](const auto &lines) {
          multiplyMatrix(lines, accessOf(A, opA), a.get<T>(), stridedOf(bs.data(), b1, opB),
                         opB == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, b.get<T>(),
                         stridedOf(cs.data(), c1, NPUSPARSE_OPERATION_NON_TRANSPOSE), c1.rows,
                         c1.columns);
        });
      }
    });
  });
}

// C = alpha * (op(A) op(B)) where C has elements + beta * C
template <class T>
void sampledProduct(const SparseMatrix &C, T alpha, Strided<const T> A, Strided<const T> B,
                    int64_t depth, T beta) {
  const Target<T> values(C.values, C.type, C.valueCount());
  eachElement(C, [&](int64_t element, int64_t row, int64_t column) {
    T sum = T(0);
    for (int64_t k = 0; k < depth; ++k)
      sum += A.at(row, k) * B.at(k, column);
    values.data()[element] = alpha * sum + scaled(beta, values.data()[element]);
  });
}

Outcome sampled(const Settings &settings, npusparseOperation_t opA, npusparseOperation_t opB,
                const void *alpha, npusparseConstDnMatDescr_t A, npusparseConstDnMatDescr_t B,
                const void *beta, npusparseConstSpMatDescr_t C, npuDataType type, bool run) {
  Arguments check;
  check.live("A is no matrix", A).live("B is no matrix", B).live("C is no matrix", C);
  if (!check.ok())
    return check.outcome();
  const auto plain = [](npusparseOperation_t operation) {
    return operation == NPUSPARSE_OPERATION_NON_TRANSPOSE ||
           operation == NPUSPARSE_OPERATION_TRANSPOSE;
  };
  if (!plain(opA) || !plain(opB))
    return unsupported("op(A) and op(B) are not conjugated here");
  if (Outcome bad = fits(check, *A, opA, *B, opB, *C, type); !bad.ok())
    return bad;
  if (!run)
    return {};
  memoryOf(memoryOf(memoryOf(check, *A), *B), *C);
  Scalar a, b;
  if (Outcome bad = read(settings, check, alpha, beta, type, a, b); !bad.ok())
    return bad;
  return enqueue(settings, [=, A = DenseMatrix(*A), B = DenseMatrix(*B), C = SparseMatrix(*C)] {
    byType(type, [&](auto zero) {
      using T = decltype(zero);
      for (int batch = 0; batch < C.batchCount; ++batch) {
        const DenseMatrix a1 = A.at(batch), b1 = B.at(batch);
        const Values<T> as(a1.values, a1.type, a1.extent()), bs(b1.values, b1.type, b1.extent());
        sampledProduct<T>(C.at(batch), a.get<T>(), stridedOf(as.data(), a1, opA),
                          stridedOf(bs.data(), b1, opB), columnsOf(a1, opA), b.get<T>());
      }
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

// The three functions of a product: the buffer's size, its preparation, and the product.
#define PRODUCT(Name, LIST, function, ...)                                                         \
  npusparseStatus_t npusparse##Name##_bufferSize NPU_SPARSE_##LIST(size_t *bufferSize) {           \
    return entry("cusparse" #Name "_bufferSize", handle, [&](const Settings &settings) {           \
      Outcome bad = function(settings, __VA_ARGS__, computeType, false);                           \
      return bad.ok() ? giveBufferSize(bufferSize) : bad;                                          \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##Name##_preprocess NPU_SPARSE_##LIST(void *) {                       \
    return entry("cusparse" #Name "_preprocess", handle, [&](const Settings &settings) {           \
      return function(settings, __VA_ARGS__, computeType, false);                                  \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##Name NPU_SPARSE_##LIST(void *) {                                    \
    return entry("cusparse" #Name, handle, [&](const Settings &settings) {                         \
      return function(settings, __VA_ARGS__, computeType, true);                                   \
    });                                                                                            \
  }

extern "C" {
PRODUCT(SpMV, SPMV, vectorProduct, opA, alpha, A, x, beta, y)
PRODUCT(SpMM, SPMM, matrixProduct, opA, opB, alpha, A, B, beta, C)
PRODUCT(SDDMM, SDDMM, sampled, opA, opB, alpha, A, B, beta, C)
}
