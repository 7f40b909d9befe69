// The API tables as lines "USE cuda neutral".
#define GROUP(title)
#define API(cuda, neutral, parameters, status) USE cuda neutral END
#define API_OF(type, cuda, neutral, parameters, status) USE cuda neutral END
#define GAP(cuda, reason)
#include "npu/api/runtime.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP
#define GROUP(title)
#define API(cuda, neutral, parameters, status) USE cuda neutral END
#define API_OF(type, cuda, neutral, parameters, status) USE cuda neutral END
#define GAP(cuda, reason)
#include "npu/api/blas.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP
#define GROUP(title)
#define API(cuda, neutral, parameters, status) USE cuda neutral END
#define API_OF(type, cuda, neutral, parameters, status) USE cuda neutral END
#define GAP(cuda, reason)
#include "npu/api/graphics.def"
#include "npu/api/versions.def"
#include "npu/api/blas_lt.def"
#include "npu/api/blas_xt.def"
#include "npu/api/dnn.def"
#include "npu/api/random.def"
#include "npu/api/fft.def"
#include "npu/api/collectives.def"
#include "npu/api/sparse.def"
#include "npu/api/solver.def"
#include "npu/api/driver.def"
#include "npu/api/runtime_compiler.def"
