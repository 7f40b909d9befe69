// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cudnn.h (neural-network primitives) is not supported: call cublas_v2.h for matrix products"
