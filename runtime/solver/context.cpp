// Handles, parameters, versions, and the settings of Jacobi methods, which direct methods ignore.
#include "context.h"

#include "src/log.h"

struct npusolverDnParams {
  npusolverAlgMode_t algorithms[3] = {};
};
struct syevjInfo {
  double tolerance = 0;
};
struct gesvdjInfo {
  double tolerance = 0;
};

namespace npu::solver {
namespace {

npusolverStatus_t codeOf(const Outcome &outcome) {
  switch (outcome.code()) {
  case NPUBLAS_STATUS_SUCCESS:
    return NPUSOLVER_STATUS_SUCCESS;
  case NPUBLAS_STATUS_NOT_INITIALIZED:
    return NPUSOLVER_STATUS_NOT_INITIALIZED;
  case NPUBLAS_STATUS_ALLOC_FAILED:
    return NPUSOLVER_STATUS_ALLOC_FAILED;
  case NPUBLAS_STATUS_INVALID_VALUE:
  case NPUBLAS_STATUS_MAPPING_ERROR:
    return NPUSOLVER_STATUS_INVALID_VALUE;
  case NPUBLAS_STATUS_NOT_SUPPORTED:
    return NPUSOLVER_STATUS_NOT_SUPPORTED;
  case NPUBLAS_STATUS_EXECUTION_FAILED:
    return NPUSOLVER_STATUS_EXECUTION_FAILED;
  default:
    return NPUSOLVER_STATUS_INTERNAL_ERROR;
  }
}

} // namespace

npusolverStatus_t entry(const char *name, const std::function<Outcome()> &body) noexcept {
  try {
    Outcome outcome;
    try {
      outcome = body();
    } catch (const core::CommandFailure &failure) {
      outcome = {NPUBLAS_STATUS_EXECUTION_FAILED, failure.status.message()};
    } catch (const std::bad_alloc &) {
      outcome = {NPUBLAS_STATUS_ALLOC_FAILED, "out of host memory"};
    } catch (const std::exception &error) {
      outcome = {NPUBLAS_STATUS_INTERNAL_ERROR, error.what()};
    }
    if (!outcome.ok() && core::logs(core::LogLevel::Debug))
      core::log(core::LogLevel::Debug, std::string(name) + ": " + outcome.message());
    return codeOf(outcome);
  } catch (...) { // not even the log line could be made
    return NPUSOLVER_STATUS_INTERNAL_ERROR;
  }
}

npusolverStatus_t entry(const char *name, npusolverDnHandle_t handle,
                        const std::function<Outcome(const Settings &)> &body) noexcept {
  return entry(name, [&]() -> Outcome {
    if (!core::LiveSet<npusolverDnContext>::instance().has(handle))
      return {NPUBLAS_STATUS_NOT_INITIALIZED, "the handle is null, destroyed or foreign"};
    return body(*handle);
  });
}

Outcome enqueue(const Settings &settings, const Arguments &check, std::function<void()> work) {
  if (!check.ok())
    return check.outcome();
  return blas::fromCore(core::enqueue(settings.stream, HostCall{std::move(work)}));
}

Outcome runNow(const Settings &settings, const Arguments &check,
               const std::function<void()> &work) {
  if (!check.ok())
    return check.outcome();
  Outcome ready = blas::fromCore(core::synchronize(settings.stream));
  if (ready.ok())
    work();
  return ready;
}

void failOnMemory(const char *what) {
  throw core::CommandFailure{
      Status(npuErrorIllegalAddress, std::string(what) + " is not device memory of its size")};
}

} // namespace npu::solver

using namespace npu;
using namespace npu::solver;

namespace {

template <class Object> npusolverStatus_t create(const char *name, Object **object) {
  return entry(name, [&]() -> Outcome {
    if (!object)
      return invalid("the object's address is null");
    *object = core::LiveSet<Object>::instance().add(std::make_unique<Object>());
    return {};
  });
}
template <class Object> npusolverStatus_t destroy(const char *name, Object *object) {
  return entry(name, [&]() -> Outcome {
    return core::LiveSet<Object>::instance().remove(object)
               ? Outcome()
               : Outcome(NPUBLAS_STATUS_NOT_INITIALIZED, "the object is null or destroyed");
  });
}
// Functions that take a live object and check one value.
template <class Object> npusolverStatus_t accept(const char *name, Object *object, bool good) {
  return entry(name, [&]() -> Outcome {
    return core::LiveSet<Object>::instance().has(object) && good ? Outcome()
                                                                 : invalid("a wrong argument");
  });
}

} // namespace

extern "C" {

npusolverStatus_t npusolverDnCreate(npusolverDnHandle_t *handle) {
  return create("cusolverDnCreate", handle);
}
npusolverStatus_t npusolverDnDestroy(npusolverDnHandle_t handle) {
  return destroy("cusolverDnDestroy", handle);
}
npusolverStatus_t npusolverDnSetStream(npusolverDnHandle_t handle, npuStream_t stream) {
  return entry("cusolverDnSetStream", handle, [&](const Settings &) -> Outcome {
    handle->stream = stream;
    return {};
  });
}
npusolverStatus_t npusolverDnGetStream(npusolverDnHandle_t handle, npuStream_t *stream) {
  return entry("cusolverDnGetStream", handle, [&](const Settings &settings) -> Outcome {
    if (!stream)
      return invalid("the stream's address is null");
    *stream = settings.stream;
    return {};
  });
}
// A mode that the handle keeps: results are the same in each.
#define MODE(Name, Type, member, first, last)                                                      \
  npusolverStatus_t npusolverDnSet##Name(npusolverDnHandle_t handle, Type mode) {                  \
    return entry("cusolverDnSet" #Name, handle, [&](const Settings &) -> Outcome {                 \
      if (mode < first || mode > last)                                                             \
        return invalid("no such mode");                                                            \
      handle->member = mode;                                                                       \
      return {};                                                                                   \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverDnGet##Name(npusolverDnHandle_t handle, Type *mode) {                 \
    return entry("cusolverDnGet" #Name, handle, [&](const Settings &settings) -> Outcome {         \
      if (!mode)                                                                                   \
        return invalid("the mode's address is null");                                              \
      *mode = settings.member;                                                                     \
      return {};                                                                                   \
    });                                                                                            \
  }
MODE(DeterministicMode, npusolverDeterministicMode_t, determinism, NPUSOLVER_DETERMINISTIC_RESULTS,
     NPUSOLVER_ALLOW_NON_DETERMINISTIC_RESULTS)
MODE(MathMode, npusolverMathMode_t, mathMode, NPUSOLVER_DEFAULT_MATH,
     NPUSOLVER_FP32_EMULATED_BF16X9_MATH)

npusolverStatus_t npusolverGetVersion(int *version) {
  if (!version)
    return NPUSOLVER_STATUS_INVALID_VALUE;
  *version = NPUSOLVER_VERSION;
  return NPUSOLVER_STATUS_SUCCESS;
}
npusolverStatus_t npusolverGetProperty(libraryPropertyType type, int *value) {
  if (!value || type < MAJOR_VERSION || type > PATCH_LEVEL)
    return NPUSOLVER_STATUS_INVALID_VALUE;
  *value = type == MAJOR_VERSION   ? NPUSOLVER_VERSION / 1000
           : type == MINOR_VERSION ? NPUSOLVER_VERSION / 100 % 10
                                   : NPUSOLVER_VERSION % 100;
  return NPUSOLVER_STATUS_SUCCESS;
}

npusolverStatus_t npusolverDnCreateParams(npusolverDnParams_t *params) {
  return create("cusolverDnCreateParams", params);
}
npusolverStatus_t npusolverDnDestroyParams(npusolverDnParams_t params) {
  return destroy("cusolverDnDestroyParams", params);
}
npusolverStatus_t npusolverDnSetAdvOptions(npusolverDnParams_t params,
                                           npusolverDnFunction_t function,
                                           npusolverAlgMode_t algorithm) {
  return entry("cusolverDnSetAdvOptions", [&]() -> Outcome {
    if (!core::LiveSet<npusolverDnParams>::instance().has(params) || function < 0 ||
        function > NPUSOLVERDN_SYEVBATCHED)
      return invalid("the parameters are null or destroyed, or no such function");
    params->algorithms[function] = algorithm;
    return {};
  });
}

#define JACOBI(Name, name)                                                                         \
  npusolverStatus_t npusolverDnCreate##Name##Info(name##Info_t *info) {                            \
    return create("cusolverDnCreate" #Name "Info", info);                                          \
  }                                                                                                \
  npusolverStatus_t npusolverDnDestroy##Name##Info(name##Info_t info) {                            \
    return destroy("cusolverDnDestroy" #Name "Info", info);                                        \
  }                                                                                                \
  npusolverStatus_t npusolverDnX##name##SetTolerance(name##Info_t info, double tolerance) {        \
    return accept("cusolverDnX" #name "SetTolerance", info, tolerance >= 0);                       \
  }                                                                                                \
  npusolverStatus_t npusolverDnX##name##SetMaxSweeps(name##Info_t info, int sweeps) {              \
    return accept("cusolverDnX" #name "SetMaxSweeps", info, sweeps >= 0);                          \
  }                                                                                                \
  npusolverStatus_t npusolverDnX##name##SetSortEig(name##Info_t info, int) {                       \
    return accept("cusolverDnX" #name "SetSortEig", info, true);                                   \
  }                                                                                                \
  npusolverStatus_t npusolverDnX##name##GetSweeps(npusolverDnHandle_t, name##Info_t info,          \
                                                  int *sweeps) {                                   \
    if (sweeps)                                                                                    \
      *sweeps = 0;                                                                                 \
    return accept("cusolverDnX" #name "GetSweeps", info, sweeps);                                  \
  }                                                                                                \
  npusolverStatus_t npusolverDnX##name##GetResidual(npusolverDnHandle_t, name##Info_t info,        \
                                                    double *residual) {                            \
    if (residual)                                                                                  \
      *residual = 0;                                                                               \
    return accept("cusolverDnX" #name "GetResidual", info, residual);                              \
  }
JACOBI(Syevj, syevj)
JACOBI(Gesvdj, gesvdj)

} // extern "C"
