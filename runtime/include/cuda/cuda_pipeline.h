// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error                                                                                             \
    "cuda_pipeline.h (asynchronous copies in kernels) is not supported: copy with plain assignments"
