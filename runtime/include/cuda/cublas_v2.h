// The cuBLAS header that programs include; the declarations are in cublas_api.h.
#ifndef CUBLAS_V2_H_
#define CUBLAS_V2_H_

#ifndef CUBLASAPI
#define CUBLASAPI
#endif
#include "cublas_api.h"

#endif
