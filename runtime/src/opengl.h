// OpenGL's buffer functions, as the program itself has them. This library links no OpenGL: the
// context, and so the library that made it, is the program's.
#pragma once

#include "npu/status.h"

#include <cstddef>

namespace npu::core {

// GLuint and GLenum are unsigned int, GLsizeiptr and GLintptr as wide as a pointer.
// All: on the thread whose context is current.

// npuErrorOperatingSystem when the program has no OpenGL, npuErrorInvalidValue when `buffer` is no
// buffer with memory.
Status glBufferBytes(unsigned buffer, size_t &bytes);
Status readGlBuffer(unsigned buffer, size_t bytes, void *memory);
Status writeGlBuffer(unsigned buffer, size_t bytes, const void *memory);

} // namespace npu::core
