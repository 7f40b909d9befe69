// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cufft.h (Fourier transforms) is not supported: use a host library"
