// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "mma.h (warp matrix operations) is not supported: call the matrix product of cublas_v2.h"
