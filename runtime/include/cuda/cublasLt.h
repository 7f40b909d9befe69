// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cublasLt.h (the cublasLt interface) is not supported: call cublasGemmEx of cublas_v2.h"
