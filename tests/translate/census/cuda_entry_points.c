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
#include "nvrtc.h"

#define NPU_ENTRY_POINTS kCudaEntryPoints
#define ENTRY(cuda, neutral) {#cuda, (void (*)(void))cuda},
#include "entry_points.def"
