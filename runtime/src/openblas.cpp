// Behind dlopen, because a program that never computes on the host should not load it, and because
// its core type must be chosen before it loads: 0.3.21 does not know newer AVX-512 CPUs and then
// runs at half speed. An OPENBLAS_CORETYPE that the user has set wins.
#include "openblas.h"

#include <cstdlib>
#include <dlfcn.h>

namespace npu::core {

void *openblasRoutine(const char *name) {
  static void *const library = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
      setenv("OPENBLAS_CORETYPE", "SKYLAKEX", /*overwrite=*/0);
#endif
    return dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  }();
  return library ? dlsym(library, name) : nullptr;
}

} // namespace npu::core
