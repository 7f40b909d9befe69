// Names that begin with CU and are not the driver's types.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/capitals.cpp
#include <cublas_v2.h>
#include <cuda.h>
#include <cudnn.h>
#include <curand.h>
#include <math_constants.h>
// CHECK: npublasStatus_t NPU_API first(npublasHandle_t handle, npudrv_stream stream);
cublasStatus_t CUBLASAPI first(cublasHandle_t handle, CUstream stream);
// CHECK: typedef npudnnStatus_t(NPU_API *Second)(npudrv_result result);
typedef cudnnStatus_t(CUDNNWINAPI *Second)(CUresult result);
// CHECK: npurandStatus_t NPU_API third(npudrv_deviceptr pointer);
curandStatus_t CURANDAPI third(CUdeviceptr pointer);
// CHECK: const float kLargest = NPU_INF_F, kPi = NPU_PI_F;
const float kLargest = CUDART_INF_F, kPi = CUDART_PI_F;
