// The interface before CUDA 4 (no handle, results by value) under the same function names: not
// supported. The error here is better than wrong calls later.
#ifndef CUBLAS_H_
#define CUBLAS_H_
#error                                                                                             \
    "cublas.h: the BLAS interface without handles is not supported; include cublas_v2.h and create a handle with cublasCreate [npu-gap]"
#endif
