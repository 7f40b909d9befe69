// Solutions with descriptors: SpSV for a vector, SpSM for the columns of a matrix. An analysis has
// nothing to prepare: a solution reads the matrix itself, so changed values are always seen, unless
// an update gave other values, which the descriptor then keeps.
#include "solves.h"

struct npusparseSpSVDescr {
  npu::sparse::SparseMatrix matrix;                    // the one analysed last
  std::shared_ptr<std::vector<unsigned char>> updated; // its values since an update; else null
};
struct npusparseSpSMDescr : npusparseSpSVDescr {};

namespace npu::sparse {
namespace {

// The right sides and solutions as columns of dense matrices.
struct Sides {
  DenseMatrix from, to;
  bool transposed = false, conjugated = false; // of `from`
};

DenseMatrix columnOf(const DenseVector &vector) {
  return {vector.size, 1, std::max<int64_t>(vector.size, 1), vector.values, vector.type};
}

Outcome checkMatrix(npusparseOperation_t opA, const SparseMatrix &A, npuDataType type) {
  if (opA < NPUSPARSE_OPERATION_NON_TRANSPOSE || opA > NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE)
    return invalid("no such operation");
  if (A.rows != A.columns)
    return invalid("A is not square");
  if (A.batchCount != 1)
    return unsupported("A must be a single matrix");
  if (type == NPU_R_32I)
    return unsupported("solutions are not integers");
  return {};
}

Outcome solve(const Settings &settings, npusparseOperation_t opA, const void *alpha, SparseMatrix A,
              const npusparseSpSVDescr &descr, const Sides &sides, npuDataType type, bool run) {
  Outcome bad = computable(type, {A.type, sides.from.type, sides.to.type});
  if (bad.ok())
    bad = checkMatrix(opA, A, type);
  const int64_t rows = sides.transposed ? sides.from.columns : sides.from.rows,
                columns = sides.transposed ? sides.from.rows : sides.from.columns;
  if (bad.ok() && (rows != A.rows || sides.to.rows != rows || sides.to.columns != columns))
    bad = invalid("the sizes of A, the right sides and the solutions do not fit");
  if (!bad.ok() || !run)
    return bad;
  Arguments check;
  Scalar factor;
  if (!memoryOf(memoryOf(memoryOf(check, A), sides.from), sides.to).ok())
    return check.outcome();
  if (bad = factor.set(settings, "alpha", alpha, type); !bad.ok())
    return bad;
  return enqueue(settings, [=, updated = descr.updated]() mutable {
    if (updated && !updated->empty())
      A.values = updated->data();
    byType(type, [&](auto zero) {
      using T = decltype(zero);
      const DenseMatrix &from = sides.from, &to = sides.to;
      const Values<T> b(from.values, from.type, from.extent());
      const Target<T> x(to.values, to.type, to.extent());
      const int64_t bRow = sides.transposed ? from.columnStride() : from.rowStride(),
                    bColumn = sides.transposed ? from.rowStride() : from.columnStride();
      // The solutions may lie where the right sides are, transposed even.
      std::vector<T> right(size_t(rows * columns));
      for (int64_t column = 0; column < columns; ++column)
        for (int64_t row = 0; row < rows; ++row)
          right[size_t(column * rows + row)] =
              factor.get<T>() *
              conjugatedIf(sides.conjugated, b.data()[row * bRow + column * bColumn]);
      const bool lower = (A.triangle == NPUSPARSE_FILL_MODE_LOWER) != A.byColumns();
      withLines<T>(A, [&](const auto &lines) {
        for (int64_t column = 0; column < columns; ++column)
          if constexpr (!std::is_same_v<T, int32_t>)
            solveTriangle(lines, accessOf(A, opA), {lower, A.diagonal == NPUSPARSE_DIAG_TYPE_UNIT},
                          right.data() + column * rows, 1);
      });
      for (int64_t column = 0; column < columns; ++column)
        for (int64_t row = 0; row < rows; ++row)
          x.data()[row * to.rowStride() + column * to.columnStride()] =
              right[size_t(column * rows + row)];
    });
  });
}

// An analysis forgets what an update gave.
void remember(npusparseSpSVDescr &descr, const SparseMatrix &A, bool run) {
  descr.matrix = A;
  if (!run)
    descr.updated.reset();
}

// All values anew, or those of the diagonal, from device memory as the stream finds them.
Outcome update(const Settings &settings, npusparseSpSVDescr &descr, const void *values,
               bool diagonal) {
  const SparseMatrix A = descr.matrix;
  const size_t bytes = bytesOf(A.type);
  Arguments check;
  check.that(A.values, "nothing was analysed with the descriptor");
  if (check.ok())
    memoryOf(check, A).memory("the new values", values, diagonal ? A.rows : A.valueCount(), bytes);
  if (!check.ok())
    return check.outcome();
  if (!descr.updated)
    descr.updated = std::make_shared<std::vector<unsigned char>>();
  return enqueue(settings, [=, updated = descr.updated] {
    const size_t all = size_t(A.valueCount()) * bytes;
    if (!diagonal || updated->empty()) {
      const auto *from = static_cast<const unsigned char *>(diagonal ? A.values : values);
      updated->assign(from, from + all);
    }
    if (diagonal)
      eachElement(A, [&](int64_t place, int64_t row, int64_t column) {
        if (row == column)
          std::memcpy(updated->data() + size_t(place) * bytes,
                      static_cast<const unsigned char *>(values) + size_t(row) * bytes, bytes);
      });
  });
}

template <class Descr>
npusparseStatus_t updateOf(const char *name, npusparseHandle_t handle, Descr *descr,
                           const void *values, bool diagonal) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (!core::LiveSet<Descr>::instance().has(descr) || !values)
      return invalid("the descriptor is not one, or the values are null");
    return update(settings, *descr, values, diagonal);
  });
}

Outcome solveVector(const Settings &settings, npusparseOperation_t opA, const void *alpha,
                    npusparseConstSpMatDescr_t A, npusparseConstDnVecDescr_t x,
                    npusparseConstDnVecDescr_t y, npuDataType type, npusparseSpSVDescr_t descr,
                    bool run) {
  Arguments check;
  check.live("A is no matrix", A).live("x is no vector", x).live("y is no vector", y);
  if (!check.live("the descriptor of the solution is not one", descr).ok())
    return check.outcome();
  remember(*descr, *A, run);
  return solve(settings, opA, alpha, *A, *descr, {columnOf(*x), columnOf(*y)}, type, run);
}

Outcome solveMatrix(const Settings &settings, npusparseOperation_t opA, npusparseOperation_t opB,
                    const void *alpha, npusparseConstSpMatDescr_t A, npusparseConstDnMatDescr_t B,
                    npusparseConstDnMatDescr_t C, npuDataType type, npusparseSpSMDescr_t descr,
                    bool run) {
  Arguments check;
  check.live("A is no matrix", A).live("B is no matrix", B).live("C is no matrix", C);
  if (!check.live("the descriptor of the solution is not one", descr).ok())
    return check.outcome();
  if (B->batchCount != 1 || C->batchCount != 1)
    return unsupported("B and C must be single matrices");
  remember(*descr, *A, run);
  return solve(settings, opA, alpha, *A, *descr,
               {*B, *C, opB != NPUSPARSE_OPERATION_NON_TRANSPOSE,
                opB == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE},
               type, run);
}

template <class Descr> npusparseStatus_t create(const char *name, Descr **descr) {
  return entry(name, [&]() -> Outcome {
    if (!descr)
      return invalid("the descriptor's address is null");
    *descr = core::LiveSet<Descr>::instance().add(std::make_unique<Descr>());
    return {};
  });
}
template <class Descr> npusparseStatus_t destroy(const char *name, Descr *descr) {
  return entry(name, [&]() -> Outcome {
    return core::LiveSet<Descr>::instance().remove(descr) ? Outcome()
                                                          : invalid("the descriptor is not one");
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

extern "C" {

npusparseStatus_t npusparseSpSV_createDescr(npusparseSpSVDescr_t *descr) {
  return create("cusparseSpSV_createDescr", descr);
}
npusparseStatus_t npusparseSpSV_destroyDescr(npusparseSpSVDescr_t descr) {
  return destroy("cusparseSpSV_destroyDescr", descr);
}
npusparseStatus_t npusparseSpSV_bufferSize NPU_SPARSE_SPSV(, size_t *bufferSize) {
  return entry("cusparseSpSV_bufferSize", handle, [&](const Settings &settings) {
    Outcome bad = solveVector(settings, opA, alpha, A, x, y, computeType, descr, false);
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}
npusparseStatus_t npusparseSpSV_analysis NPU_SPARSE_SPSV(, void *) {
  return entry("cusparseSpSV_analysis", handle, [&](const Settings &settings) {
    return solveVector(settings, opA, alpha, A, x, y, computeType, descr, false);
  });
}
npusparseStatus_t npusparseSpSV_solve NPU_SPARSE_SPSV() {
  return entry("cusparseSpSV_solve", handle, [&](const Settings &settings) {
    return solveVector(settings, opA, alpha, A, x, y, computeType, descr, true);
  });
}
npusparseStatus_t npusparseSpSV_updateMatrix(npusparseHandle_t handle, npusparseSpSVDescr_t descr,
                                             void *values, npusparseSpSVUpdate_t part) {
  return updateOf("cusparseSpSV_updateMatrix", handle, descr, values,
                  part == NPUSPARSE_SPSV_UPDATE_DIAGONAL);
}
npusparseStatus_t npusparseSpSM_updateMatrix(npusparseHandle_t handle, npusparseSpSMDescr_t descr,
                                             void *values, npusparseSpSMUpdate_t part) {
  return updateOf("cusparseSpSM_updateMatrix", handle, descr, values,
                  part == NPUSPARSE_SPSM_UPDATE_DIAGONAL);
}

npusparseStatus_t npusparseSpSM_createDescr(npusparseSpSMDescr_t *descr) {
  return create("cusparseSpSM_createDescr", descr);
}
npusparseStatus_t npusparseSpSM_destroyDescr(npusparseSpSMDescr_t descr) {
  return destroy("cusparseSpSM_destroyDescr", descr);
}
npusparseStatus_t npusparseSpSM_bufferSize NPU_SPARSE_SPSM(, size_t *bufferSize) {
  return entry("cusparseSpSM_bufferSize", handle, [&](const Settings &settings) {
    Outcome bad = solveMatrix(settings, opA, opB, alpha, A, B, C, computeType, descr, false);
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}
npusparseStatus_t npusparseSpSM_analysis NPU_SPARSE_SPSM(, void *) {
  return entry("cusparseSpSM_analysis", handle, [&](const Settings &settings) {
    return solveMatrix(settings, opA, opB, alpha, A, B, C, computeType, descr, false);
  });
}
npusparseStatus_t npusparseSpSM_solve NPU_SPARSE_SPSM() {
  return entry("cusparseSpSM_solve", handle, [&](const Settings &settings) {
    return solveMatrix(settings, opA, opB, alpha, A, B, C, computeType, descr, true);
  });
}

} // extern "C"
