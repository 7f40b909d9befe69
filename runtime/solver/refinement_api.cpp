// Solvers with refinement: their settings, and the solutions by element type.
#include "refinement.h"

#include "npu/api/solver_refinement_parameters.def"

// What a program sets is kept and given back; only the main precision changes what is computed.
struct npusolverDnIRSParams {
  npusolverPrecType_t main = npusolverPrecType_t(0);
  npusolverPrecType_t lowest = npusolverPrecType_t(0);
  npusolverIRSRefinement_t refinement = NPUSOLVER_IRS_REFINE_NOT_SET;
  int maxIterations = 50;
};
struct npusolverDnIRSInfos {
  int maxIterations = 0;
  bool residualRequested = false;
  std::shared_ptr<npu::solver::ResidualHistory> history;
};

namespace npu::solver {
namespace {

using Code = npusolverStatus_t;

template <class Object> bool live(Object *object) {
  return core::LiveSet<Object>::instance().has(object);
}
Code withParams(npusolverDnIRSParams_t params, const std::function<Code()> &body) {
  return live(params) ? body() : NPUSOLVER_STATUS_IRS_PARAMS_NOT_INITIALIZED;
}
Code withInfos(npusolverDnIRSInfos_t infos, const std::function<Code()> &body) {
  return live(infos) ? body() : NPUSOLVER_STATUS_IRS_INFOS_NOT_INITIALIZED;
}
Code give(int *target, int value) {
  if (!target)
    return NPUSOLVER_STATUS_INVALID_VALUE;
  *target = value;
  return NPUSOLVER_STATUS_SUCCESS;
}

bool isMain(npusolverPrecType_t precision) {
  return precision == NPUSOLVER_R_64F || precision == NPUSOLVER_R_32F ||
         precision == NPUSOLVER_C_64F || precision == NPUSOLVER_C_32F;
}
bool isLowest(npusolverPrecType_t precision) {
  return isMain(precision) || (precision >= NPUSOLVER_R_16F && precision <= NPUSOLVER_R_TF32) ||
         (precision >= NPUSOLVER_C_16F && precision <= NPUSOLVER_C_TF32);
}
bool isComplex(npusolverPrecType_t precision) { return precision >= NPUSOLVER_C_8I; }
// The factorisation is of the data's kind and not wider.
bool fit(npusolverPrecType_t main, npusolverPrecType_t lowest) {
  const bool wider = (main == NPUSOLVER_R_32F || main == NPUSOLVER_C_32F) &&
                     (lowest == NPUSOLVER_R_64F || lowest == NPUSOLVER_C_64F);
  return isMain(main) && isLowest(lowest) && isComplex(main) == isComplex(lowest) && !wider;
}

Code checked(npusolverDnIRSParams_t params) {
  return withParams(params, [&] {
    if (!fit(params->main, params->lowest))
      return NPUSOLVER_STATUS_IRS_PARAMS_INVALID_PREC;
    if (params->refinement == NPUSOLVER_IRS_REFINE_NOT_SET)
      return NPUSOLVER_STATUS_IRS_PARAMS_INVALID_REFINE;
    return NPUSOLVER_STATUS_SUCCESS;
  });
}

template <class Body> Outcome byPrecision(npusolverPrecType_t precision, Body body) {
  switch (precision) {
  case NPUSOLVER_R_32F:
    return body(float());
  case NPUSOLVER_R_64F:
    return body(double());
  case NPUSOLVER_C_32F:
    return body(C32());
  default:
    return body(C64());
  }
}

// A solve by parameters, `body` with the report that `infos` asks for.
Code refined(const char *name, npusolverDnHandle_t handle, npusolverDnIRSParams_t params,
             npusolverDnIRSInfos_t infos, int *iterations,
             const std::function<Outcome(const Settings &, const Report &)> &body) {
  if (Code bad = checked(params); bad != NPUSOLVER_STATUS_SUCCESS)
    return bad;
  return withInfos(infos, [&] {
    return entry(name, handle, [&](const Settings &settings) {
      infos->maxIterations = params->maxIterations;
      Report report{iterations, 0, nullptr};
      if (infos->residualRequested) {
        infos->history = std::make_shared<ResidualHistory>();
        report.historyRows = params->maxIterations + 1;
        report.history = infos->history;
      }
      return body(settings, report);
    });
  });
}

Code giveBytes(const char *name, npusolverDnHandle_t handle, size_t *bytes) {
  return entry(name, handle, [&](const Settings &) -> Outcome {
    if (!bytes)
      return invalid("the size's address is null");
    *bytes = sizeof(C64) * kWorkElements;
    return {};
  });
}

template <class Object> Code create(Object **object) noexcept {
  if (!object)
    return NPUSOLVER_STATUS_INVALID_VALUE;
  return entry("cusolverDnIRSCreate", [&]() -> Outcome {
    *object = core::LiveSet<Object>::instance().add(std::make_unique<Object>());
    return {};
  });
}

} // namespace
} // namespace npu::solver

using namespace npu;
using namespace npu::solver;

#pragma GCC diagnostic ignored "-Wunused-parameter"

extern "C" {

npusolverStatus_t npusolverDnIRSParamsCreate(npusolverDnIRSParams_t *params) {
  return create(params);
}
npusolverStatus_t npusolverDnIRSParamsDestroy(npusolverDnIRSParams_t params) {
  return core::LiveSet<npusolverDnIRSParams>::instance().remove(params)
             ? NPUSOLVER_STATUS_SUCCESS
             : NPUSOLVER_STATUS_IRS_PARAMS_NOT_INITIALIZED;
}

// NAME(one parameter) that keeps `value` when it is `good`, else answers `bad`.
#define SETTER(Name, Type, good, bad, ...)                                                         \
  npusolverStatus_t npusolverDnIRSParams##Name(npusolverDnIRSParams_t params, Type value) {        \
    return withParams(params, [&] {                                                                \
      if (!(good))                                                                                 \
        return NPUSOLVER_STATUS_##bad;                                                             \
      __VA_ARGS__;                                                                                 \
      return NPUSOLVER_STATUS_SUCCESS;                                                             \
    });                                                                                            \
  }
SETTER(SetRefinementSolver, npusolverIRSRefinement_t,
       value >= NPUSOLVER_IRS_REFINE_NONE && value <= NPUSOLVER_IRS_REFINE_GMRES_NOPCOND,
       IRS_PARAMS_INVALID_REFINE, params->refinement = value)
SETTER(SetSolverMainPrecision, npusolverPrecType_t, isMain(value), IRS_PARAMS_INVALID_PREC,
       params->main = value)
SETTER(SetSolverLowestPrecision, npusolverPrecType_t, isLowest(value), IRS_PARAMS_INVALID_PREC,
       params->lowest = value)
SETTER(SetTol, double, value >= 0, IRS_PARAMS_INVALID, (void)value)
SETTER(SetTolInner, double, value >= 0, IRS_PARAMS_INVALID, (void)value)
SETTER(SetMaxIters, int, value >= 0, IRS_PARAMS_INVALID_MAXITER, params->maxIterations = value)
SETTER(SetMaxItersInner, int, value >= 0, IRS_PARAMS_INVALID_MAXITER, (void)value)

npusolverStatus_t npusolverDnIRSParamsSetSolverPrecisions(npusolverDnIRSParams_t params,
                                                          npusolverPrecType_t mainPrecision,
                                                          npusolverPrecType_t lowest) {
  return withParams(params, [&] {
    if (!fit(mainPrecision, lowest))
      return NPUSOLVER_STATUS_IRS_PARAMS_INVALID_PREC;
    params->main = mainPrecision;
    params->lowest = lowest;
    return NPUSOLVER_STATUS_SUCCESS;
  });
}
npusolverStatus_t npusolverDnIRSParamsGetMaxIters(npusolverDnIRSParams_t params, int *iterations) {
  return withParams(params, [&] { return give(iterations, params->maxIterations); });
}
// What is solved directly, in full precision, needs nothing to fall back on.
npusolverStatus_t npusolverDnIRSParamsEnableFallback(npusolverDnIRSParams_t params) {
  return withParams(params, [] { return NPUSOLVER_STATUS_SUCCESS; });
}
npusolverStatus_t npusolverDnIRSParamsDisableFallback(npusolverDnIRSParams_t params) {
  return withParams(params, [] { return NPUSOLVER_STATUS_SUCCESS; });
}

npusolverStatus_t npusolverDnIRSInfosCreate(npusolverDnIRSInfos_t *infos) { return create(infos); }
npusolverStatus_t npusolverDnIRSInfosDestroy(npusolverDnIRSInfos_t infos) {
  return core::LiveSet<npusolverDnIRSInfos>::instance().remove(infos)
             ? NPUSOLVER_STATUS_SUCCESS
             : NPUSOLVER_STATUS_IRS_INFOS_NOT_INITIALIZED;
}
npusolverStatus_t npusolverDnIRSInfosGetNiters(npusolverDnIRSInfos_t infos, int *iterations) {
  return withInfos(infos, [&] { return give(iterations, 0); });
}
npusolverStatus_t npusolverDnIRSInfosGetOuterNiters(npusolverDnIRSInfos_t infos, int *iterations) {
  return withInfos(infos, [&] { return give(iterations, 0); });
}
npusolverStatus_t npusolverDnIRSInfosGetMaxIters(npusolverDnIRSInfos_t infos, int *iterations) {
  return withInfos(infos, [&] { return give(iterations, infos->maxIterations); });
}
npusolverStatus_t npusolverDnIRSInfosRequestResidual(npusolverDnIRSInfos_t infos) {
  return withInfos(infos, [&] {
    infos->residualRequested = true;
    return NPUSOLVER_STATUS_SUCCESS;
  });
}
npusolverStatus_t npusolverDnIRSInfosGetResidualHistory(npusolverDnIRSInfos_t infos,
                                                        void **history) {
  return withInfos(infos, [&] {
    if (!history || !infos->residualRequested || !infos->history)
      return NPUSOLVER_STATUS_INVALID_VALUE;
    *history = infos->history->bytes.data();
    return NPUSOLVER_STATUS_SUCCESS;
  });
}

npusolverStatus_t npusolverDnIRSXgesv_bufferSize NPU_SOLVER_IRS_GESV_SIZE {
  const Code bad = checked(params);
  return bad != NPUSOLVER_STATUS_SUCCESS
             ? bad
             : giveBytes("cusolverDnIRSXgesv_bufferSize", handle, workBytes);
}
npusolverStatus_t npusolverDnIRSXgels_bufferSize NPU_SOLVER_IRS_GELS_SIZE {
  const Code bad = checked(params);
  return bad != NPUSOLVER_STATUS_SUCCESS
             ? bad
             : giveBytes("cusolverDnIRSXgels_bufferSize", handle, workBytes);
}
npusolverStatus_t npusolverDnIRSXgesv NPU_SOLVER_IRS_GESV {
  return refined("cusolverDnIRSXgesv", handle, params, infos, iterations,
                 [&](const Settings &settings, const Report &report) {
                   return byPrecision(params->main, [&](auto zero) {
                     using T = decltype(zero);
                     return gesv(settings, n, nrhs, static_cast<T *>(A), lda, nullptr,
                                 static_cast<T *>(B), ldb, static_cast<T *>(X), ldx, info, report);
                   });
                 });
}
npusolverStatus_t npusolverDnIRSXgels NPU_SOLVER_IRS_GELS {
  return refined("cusolverDnIRSXgels", handle, params, infos, iterations,
                 [&](const Settings &settings, const Report &report) {
                   return byPrecision(params->main, [&](auto zero) {
                     using T = decltype(zero);
                     return gels(settings, m, n, nrhs, static_cast<T *>(A), lda,
                                 static_cast<T *>(B), ldb, static_cast<T *>(X), ldx, info, report);
                   });
                 });
}

#define REFINED(ll, T)                                                                             \
  npusolverStatus_t npusolverDn##ll##gesv_bufferSize NPU_SOLVER_GESV_SIZE(T) {                     \
    return giveBytes("cusolverDn" #ll "gesv_bufferSize", handle, workBytes);                       \
  }                                                                                                \
  npusolverStatus_t npusolverDn##ll##gesv NPU_SOLVER_GESV(T) {                                     \
    return entry("cusolverDn" #ll "gesv", handle, [&](const Settings &settings) {                  \
      return gesv(settings, n, nrhs, numbers(A), lda, ipiv, numbers(B), ldb, numbers(X), ldx,      \
                  info, {iterations, 0, nullptr});                                                 \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverDn##ll##gels_bufferSize NPU_SOLVER_GELS_SIZE(T) {                     \
    return giveBytes("cusolverDn" #ll "gels_bufferSize", handle, workBytes);                       \
  }                                                                                                \
  npusolverStatus_t npusolverDn##ll##gels NPU_SOLVER_GELS(T) {                                     \
    return entry("cusolverDn" #ll "gels", handle, [&](const Settings &settings) {                  \
      return gels(settings, m, n, nrhs, numbers(A), lda, numbers(B), ldb, numbers(X), ldx, info,   \
                  {iterations, 0, nullptr});                                                       \
    });                                                                                            \
  }
REFINED(SS, float)
REFINED(SH, float)
REFINED(SB, float)
REFINED(SX, float)
REFINED(DD, double)
REFINED(DS, double)
REFINED(DH, double)
REFINED(DB, double)
REFINED(DX, double)
REFINED(CC, npuComplex)
REFINED(CK, npuComplex)
REFINED(CE, npuComplex)
REFINED(CY, npuComplex)
REFINED(ZZ, npuDoubleComplex)
REFINED(ZC, npuDoubleComplex)
REFINED(ZK, npuDoubleComplex)
REFINED(ZE, npuDoubleComplex)
REFINED(ZY, npuDoubleComplex)

} // extern "C"
