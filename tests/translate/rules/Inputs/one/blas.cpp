#include <cublas_v2.h>
#include <tool.h>
int blas(cublasHandle_t handle) { return useBlas(handle) == CUBLAS_STATUS_SUCCESS; }
