// See opengl.h. Buffers are reached through the target that every version has, GL_ARRAY_BUFFER,
// whose binding is put back. Numbers are the OpenGL registry's.
#include "opengl.h"

#include <dlfcn.h>
#include <string>

namespace npu::core {
namespace {

constexpr unsigned kArrayBuffer = 0x8892, kArrayBufferBinding = 0x8894, kBufferSize = 0x8764;

struct OpenGl {
  void (*getIntegerv)(unsigned, int *) = nullptr;
  unsigned char (*isBuffer)(unsigned) = nullptr;
  void (*bindBuffer)(unsigned, unsigned) = nullptr;
  void (*getBufferParameteriv)(unsigned, unsigned, int *) = nullptr;
  void (*getBufferSubData)(unsigned, ptrdiff_t, ptrdiff_t, void *) = nullptr;
  void (*bufferSubData)(unsigned, ptrdiff_t, ptrdiff_t, const void *) = nullptr;
  std::string missing;
};

// A library may leave functions beyond OpenGL 1.1 to its window system's look-up.
void *find(const char *name) {
  if (void *function = dlsym(RTLD_DEFAULT, name))
    return function;
  for (const char *lookUp : {"glXGetProcAddressARB", "eglGetProcAddress"})
    if (void *const found = dlsym(RTLD_DEFAULT, lookUp))
      if (void *function = reinterpret_cast<void *(*)(const char *)>(found)(name))
        return function;
  return nullptr;
}

template <class Function> void load(OpenGl &gl, Function &function, const char *name) {
  function = reinterpret_cast<Function>(find(name));
  if (!function && gl.missing.empty())
    gl.missing = name;
}

// Looked up at each call: the program may load its OpenGL late, and a copy of a buffer costs more.
Status load(OpenGl &gl) {
  load(gl, gl.getIntegerv, "glGetIntegerv");
  load(gl, gl.isBuffer, "glIsBuffer");
  load(gl, gl.bindBuffer, "glBindBuffer");
  load(gl, gl.getBufferParameteriv, "glGetBufferParameteriv");
  load(gl, gl.getBufferSubData, "glGetBufferSubData");
  load(gl, gl.bufferSubData, "glBufferSubData");
  return gl.missing.empty()
             ? Status()
             : Status(npuErrorOperatingSystem,
                      "the program has no OpenGL with " + gl.missing + ": link its OpenGL library");
}

class Bound {
public:
  Bound(const OpenGl &gl, unsigned buffer) : gl(gl) {
    gl.getIntegerv(kArrayBufferBinding, &before);
    gl.bindBuffer(kArrayBuffer, buffer);
  }
  ~Bound() { gl.bindBuffer(kArrayBuffer, unsigned(before)); }
  Bound(const Bound &) = delete;
  Bound &operator=(const Bound &) = delete;

private:
  const OpenGl &gl;
  int before = 0;
};

} // namespace

Status glBufferBytes(unsigned buffer, size_t &bytes) {
  OpenGl gl;
  if (Status status = load(gl); !status)
    return status;
  int size = 0;
  if (buffer && gl.isBuffer(buffer)) {
    const Bound bound(gl, buffer);
    gl.getBufferParameteriv(kArrayBuffer, kBufferSize, &size);
  }
  if (size <= 0)
    return Status(npuErrorInvalidValue,
                  "there is no OpenGL buffer " + std::to_string(buffer) +
                      " with memory of less than 2 GiB in the thread's context");
  bytes = size_t(size);
  return {};
}

Status readGlBuffer(unsigned buffer, size_t bytes, void *memory) {
  OpenGl gl;
  if (Status status = load(gl); !status)
    return status;
  const Bound bound(gl, buffer);
  gl.getBufferSubData(kArrayBuffer, 0, ptrdiff_t(bytes), memory);
  return {};
}

Status writeGlBuffer(unsigned buffer, size_t bytes, const void *memory) {
  OpenGl gl;
  if (Status status = load(gl); !status)
    return status;
  const Bound bound(gl, buffer);
  gl.bufferSubData(kArrayBuffer, 0, ptrdiff_t(bytes), memory);
  return {};
}

} // namespace npu::core
