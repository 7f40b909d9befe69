// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "curand.h (random numbers) is not supported: generate them on the host or in a kernel"
