// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "surface_functions.h (surfaces) is not supported: write plain device memory"
