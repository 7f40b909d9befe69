// The interface of factorisations anew.
#include "refactor.h"

#include <cstdlib>

namespace npu::solver {
namespace {

// Arrays that the program frees.
template <class T> bool give(const std::vector<T> &from, T **to) {
  *to = static_cast<T *>(std::malloc(std::max<size_t>(1, from.size()) * sizeof(T)));
  if (*to)
    std::copy(from.begin(), from.end(), *to);
  return *to;
}
Outcome giveMatrix(const SparseRows<double> &matrix, int *nnz, int **offsets, int **indices,
                   double **values) {
  if (!nnz || !offsets || !indices || !values)
    return invalid("an output's address is null");
  *nnz = int(matrix.indices.size());
  return give(matrix.offsets, offsets) && give(matrix.indices, indices) &&
                 give(matrix.values, values)
             ? Outcome()
             : Outcome(NPUBLAS_STATUS_ALLOC_FAILED, "out of host memory");
}

} // namespace
} // namespace npu::solver

using namespace npu;
using namespace npu::solver;

#pragma GCC diagnostic ignored "-Wunused-parameter"

extern "C" {

npusolverStatus_t npusolverRfCreate(npusolverRfHandle_t *handle) {
  return createObject("cusolverRfCreate", handle);
}
npusolverStatus_t npusolverRfDestroy(npusolverRfHandle_t handle) {
  return destroyObject("cusolverRfDestroy", handle);
}

#define PAIR(Name, A, a, B, b)                                                                     \
  npusolverStatus_t npusolverRfSet##Name(npusolverRfHandle_t handle, A first, B second) {          \
    return with("cusolverRfSet" #Name, handle, [&](Rf &rf) -> Outcome {                            \
      rf.a = first;                                                                                \
      rf.b = second;                                                                               \
      return {};                                                                                   \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverRfGet##Name(npusolverRfHandle_t handle, A *first, B *second) {        \
    return with("cusolverRfGet" #Name, handle, [&](Rf &rf) -> Outcome {                            \
      if (!first || !second)                                                                       \
        return invalid("an output's address is null");                                             \
      *first = rf.a;                                                                               \
      *second = rf.b;                                                                              \
      return {};                                                                                   \
    });                                                                                            \
  }
PAIR(MatrixFormat, npusolverRfMatrixFormat_t, format, npusolverRfUnitDiagonal_t, diagonal)
PAIR(NumericProperties, double, zero, double, boost)
PAIR(Algs, npusolverRfFactorization_t, factorization, npusolverRfTriangularSolve_t, solve)

npusolverStatus_t npusolverRfSetResetValuesFastMode(npusolverRfHandle_t handle,
                                                    npusolverRfResetValuesFastMode_t mode) {
  return with("cusolverRfSetResetValuesFastMode", handle, [&](Rf &rf) -> Outcome {
    rf.fastMode = mode;
    return {};
  });
}
npusolverStatus_t npusolverRfGetResetValuesFastMode(npusolverRfHandle_t handle,
                                                    npusolverRfResetValuesFastMode_t *mode) {
  return with("cusolverRfGetResetValuesFastMode", handle, [&](Rf &rf) -> Outcome {
    if (!mode)
      return invalid("the mode's address is null");
    *mode = rf.fastMode;
    return {};
  });
}
npusolverStatus_t npusolverRfGetNumericBoostReport(npusolverRfHandle_t handle,
                                                   npusolverRfNumericBoostReport_t *report) {
  return with("cusolverRfGetNumericBoostReport", handle, [&](Rf &rf) -> Outcome {
    if (!report)
      return invalid("the report's address is null");
    *report = rf.boosted ? NPUSOLVERRF_NUMERIC_BOOST_USED : NPUSOLVERRF_NUMERIC_BOOST_NOT_USED;
    return {};
  });
}

#define FACTORS nnzL, offsetsL, indicesL, valuesL, nnzU, offsetsU, indicesU, valuesU, P, Q
npusolverStatus_t npusolverRfSetupHost NPU_SOLVER_RF_SETUP {
  return with("cusolverRfSetupHost", handle, [&](Rf &rf) {
    return setUp(rf, Side(false, nullptr), 1, n, nnzA, offsetsA, indicesA, &valuesA, FACTORS);
  });
}
npusolverStatus_t npusolverRfSetupDevice NPU_SOLVER_RF_SETUP {
  return with("cusolverRfSetupDevice", handle, [&](Rf &rf) {
    return setUp(rf, Side(true, nullptr), 1, n, nnzA, offsetsA, indicesA, &valuesA, FACTORS);
  });
}
npusolverStatus_t npusolverRfBatchSetupHost NPU_SOLVER_RF_BATCH_SETUP {
  return with("cusolverRfBatchSetupHost", handle, [&](Rf &rf) {
    return setUp(rf, Side(false, nullptr), batchSize, n, nnzA, offsetsA, indicesA, valuesA,
                 FACTORS);
  });
}
npusolverStatus_t npusolverRfResetValues NPU_SOLVER_RF_RESET {
  return with("cusolverRfResetValues", handle,
              [&](Rf &rf) { return reset(rf, 1, n, nnzA, offsetsA, indicesA, &valuesA, P, Q); });
}
// The array of pointers is device memory.
npusolverStatus_t npusolverRfBatchResetValues NPU_SOLVER_RF_BATCH_RESET {
  return with("cusolverRfBatchResetValues", handle, [&](Rf &rf) {
    Arguments check;
    check.memory("the array of A", valuesA, batchSize, sizeof(double *));
    return check.ok() ? reset(rf, batchSize, n, nnzA, offsetsA, indicesA, valuesA, P, Q)
                      : check.outcome();
  });
}

#define ANALYSE(Name)                                                                              \
  npusolverStatus_t npusolverRf##Name(npusolverRfHandle_t handle) {                                \
    return with("cusolverRf" #Name, handle, [](Rf &rf) {                                           \
      return rf.batch ? Outcome() : invalid("the handle is not set up");                           \
    });                                                                                            \
  }
ANALYSE(Analyze)
ANALYSE(BatchAnalyze)

npusolverStatus_t npusolverRfRefactor(npusolverRfHandle_t handle) {
  return refactorAll("cusolverRfRefactor", handle);
}
npusolverStatus_t npusolverRfBatchRefactor(npusolverRfHandle_t handle) {
  return refactorAll("cusolverRfBatchRefactor", handle);
}
npusolverStatus_t npusolverRfSolve(npusolverRfHandle_t handle, int *P, int *Q, int nrhs, double *,
                                   int, double *XF, int ldxf) {
  return with("cusolverRfSolve", handle,
              [&](Rf &rf) { return solveAll(rf, P, Q, nrhs, &XF, ldxf); });
}
npusolverStatus_t npusolverRfBatchSolve(npusolverRfHandle_t handle, int *P, int *Q, int nrhs,
                                        double *, int, double *XF[], int ldxf) {
  return with("cusolverRfBatchSolve", handle, [&](Rf &rf) {
    Arguments check;
    check.memory("the array of XF", XF, rf.batch, sizeof(double *));
    return check.ok() ? solveAll(rf, P, Q, nrhs, XF, ldxf) : check.outcome();
  });
}
npusolverStatus_t npusolverRfBatchZeroPivot(npusolverRfHandle_t handle, int *position) {
  bool singular = false;
  const Code code = with("cusolverRfBatchZeroPivot", handle, [&](Rf &rf) -> Outcome {
    if (!position)
      return invalid("the position's address is null");
    for (int i = 0; i < rf.batch; ++i)
      singular |= (position[i] = rf.zeroPivots[size_t(i)]) >= 0;
    return {};
  });
  return code == NPUSOLVER_STATUS_SUCCESS && singular ? NPUSOLVER_STATUS_ZERO_PIVOT : code;
}
npusolverStatus_t npusolverRfExtractBundledFactorsHost(npusolverRfHandle_t handle, int *nnzM,
                                                       int **offsets, int **indices,
                                                       double **values) {
  return with("cusolverRfExtractBundledFactorsHost", handle, [&](Rf &rf) -> Outcome {
    if (!rf.factored)
      return invalid("the matrix is not factorised");
    SparseRows<double> M = rf.M;
    M.values = rf.values[0];
    return giveMatrix(M, nnzM, offsets, indices, values);
  });
}
npusolverStatus_t npusolverRfExtractSplitFactorsHost(npusolverRfHandle_t handle, int *nnzL,
                                                     int **offsetsL, int **indicesL,
                                                     double **valuesL, int *nnzU, int **offsetsU,
                                                     int **indicesU, double **valuesU) {
  return with("cusolverRfExtractSplitFactorsHost", handle, [&](Rf &rf) -> Outcome {
    if (!rf.factored)
      return invalid("the matrix is not factorised");
    SparseRows<double> L, U;
    for (int row = 0; row < rf.n; ++row) {
      for (int i = rf.M.begin(row); i < rf.M.end(row); ++i) {
        SparseRows<double> &part = rf.M.indices[size_t(i)] < row ? L : U;
        part.indices.push_back(rf.M.indices[size_t(i)]);
        part.values.push_back(rf.values[0][size_t(i)]);
      }
      if (rf.diagonal == NPUSOLVERRF_UNIT_DIAGONAL_STORED_L) {
        L.indices.push_back(row);
        L.values.push_back(1);
      }
      L.offsets.push_back(int(L.indices.size()));
      U.offsets.push_back(int(U.indices.size()));
    }
    const Outcome bad = giveMatrix(L, nnzL, offsetsL, indicesL, valuesL);
    return bad.ok() ? giveMatrix(U, nnzU, offsetsU, indicesU, valuesU) : bad;
  });
}

} // extern "C"
