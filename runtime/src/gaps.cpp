// What the tables know and nobody provides: each gap is a function, so that programs that can do
// without link and run. A call says once per function why it fails, and gives its library's "not
// supported". Arguments are not looked at, so one body without parameters serves every signature
// (cuda/npu_gap.h declares them).
#include "entry.h"

#include "npu/blas.h"
#include "npu/collectives.h"
#include "npu/dnn.h"
#include "npu/driver.h"
#include "npu/fft.h"
#include "npu/random.h"
#include "npu/runtime_compiler.h"
#include "npu/solver.h"
#include "npu/sparse.h"

using namespace npu;
using namespace npu::core;

namespace {

// `code`: how the function's library says that something is not supported.
int gapCalled(const char *cuda, const char *reason, int code) noexcept {
  try {
    warnOnce(std::string("error: ") + cuda + " is not supported: " + reason);
  } catch (...) { // no memory for the text: the code says it
  }
  return code;
}

int runtimeGapCalled(const char *cuda, const char *reason) noexcept {
  return entry(cuda, trace(), [&] {
    gapCalled(cuda, reason, 0);
    return Status(npuErrorNotSupported, reason);
  });
}

} // namespace

extern "C" {

#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return runtimeGapCalled(#cuda, reason); }
#include "npu/api/runtime.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return runtimeGapCalled(#cuda, reason); }
#include "npu/api/graphics.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUBLAS_STATUS_NOT_SUPPORTED); }
#include "npu/api/blas.def"

#undef GROUP
#undef API
#undef API_OF
#undef GAP
#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUBLAS_STATUS_NOT_SUPPORTED); }
#include "npu/api/blas_lt.def"
#include "npu/api/blas_xt.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUDNN_STATUS_NOT_SUPPORTED); }
#include "npu/api/dnn.def"

// cuRAND has no such code.
#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPURAND_STATUS_INTERNAL_ERROR); }
#include "npu/api/random.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUFFT_NOT_SUPPORTED); }
#include "npu/api/fft.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUSPARSE_STATUS_NOT_SUPPORTED); }
#include "npu/api/sparse.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPUSOLVER_STATUS_NOT_SUPPORTED); }
#include "npu/api/solver.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, npucclInvalidUsage); }
#include "npu/api/collectives.def"

#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPU_ERROR_NOT_SUPPORTED); }
#include "npu/api/driver.def"

// Nor has NVRTC.
#undef GAP
#define GAP(cuda, reason)                                                                          \
  int npuGap_##cuda() { return gapCalled(#cuda, reason, NPURTC_ERROR_INTERNAL_ERROR); }
#include "npu/api/runtime_compiler.def"

} // extern "C"
