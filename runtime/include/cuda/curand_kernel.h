// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error                                                                                             \
    "curand_kernel.h (random numbers in kernels) is not supported: write the generator in the kernel"
