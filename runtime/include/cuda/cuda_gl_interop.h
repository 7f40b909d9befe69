// CUDA's spelling of npu/graphics.h: buffers of OpenGL. The OpenGL headers come along where they
// are installed, as in CUDA.
#ifndef NPU_CUDA_GL_INTEROP_H
#define NPU_CUDA_GL_INTEROP_H
#define __CUDA_GL_INTEROP_H__

#include "cuda_runtime_api.h"

#ifdef __has_include
#if __has_include(<GL/gl.h>)
#include <GL/gl.h>
#endif
#endif

#endif
