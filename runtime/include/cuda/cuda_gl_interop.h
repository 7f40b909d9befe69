// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cuda_gl_interop.h (graphics interoperation) is not supported: copy through host memory"
