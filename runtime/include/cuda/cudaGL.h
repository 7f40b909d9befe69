// The driver API's functions for OpenGL, which are gaps, are declared by cuda.h.
#ifndef NPU_CUDA_CUDAGL_H
#define NPU_CUDA_CUDAGL_H
#define CUDAGL_H

#include "cuda.h"
#include "cuda_gl_interop.h"

#endif
