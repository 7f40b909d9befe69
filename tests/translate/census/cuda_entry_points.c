// Every row of the API tables under its CUDA name.
#include "cublasLt.h"
#include "cublasXt.h"
#include "cublas_v2.h"
#include "cuda.h"
#include "cufft.h"
#include "curand.h"
#include "cusolverDn.h"
#include "cusparse.h"
#include "cuda_runtime.h"
#include "cudnn.h"
#include "entry_points.h"
#include "nccl.h"
#include "nvrtc.h"

#define NPU_ENTRY_POINTS kCudaEntryPoints
#define ENTRY(cuda, neutral) {#cuda, (void (*)(void))cuda},
#include "entry_points.def"

// And the gaps, which exist as well.
#undef API
#undef API_OF
const struct EntryPoint kGaps[] = {
#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#undef GAP
#define GAP(cuda, reason) {#cuda, (void (*)(void))cuda},
#define API_OWN(type, cuda, neutral, parameters, status)
#include "npu/api/runtime.def"
#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#define GAP(cuda, reason) {#cuda, (void (*)(void))cuda},
#include "npu/api/blas.def"
#define GROUP(title)
#define API(cuda, neutral, parameters, status)
#define API_OF(type, cuda, neutral, parameters, status)
#define GAP(cuda, reason) {#cuda, (void (*)(void))cuda},
#include "npu/api/graphics.def"
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
    {0, 0}};
