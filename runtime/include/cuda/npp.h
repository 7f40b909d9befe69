// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "npp.h (image primitives) is not supported: write the kernel"
