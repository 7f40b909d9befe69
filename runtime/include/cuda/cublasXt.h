// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cublasXt.h (multi-device BLAS) is not supported: call cublas_v2.h"
