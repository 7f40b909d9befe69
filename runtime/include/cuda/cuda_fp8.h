// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cuda_fp8.h (8-bit floating point in kernels) is not supported: convert on the host"
