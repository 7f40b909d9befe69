// A header found through -I.
#ifndef TOOL_H
#define TOOL_H
#include <cuda_runtime.h>
#include <parts/part.cuh>
#ifdef CUBLAS_V2_H_
inline cublasStatus_t useBlas(cublasHandle_t handle) { return cublasDestroy(handle); }
#endif
#endif
