// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cudaGL.h (graphics interoperation) is not supported: copy through host memory"
