// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "nvrtc.h (compilation at run time) is not supported: compile the kernels with npucc"
