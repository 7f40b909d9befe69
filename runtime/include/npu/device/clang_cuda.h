// The parts of Clang's own CUDA headers that need nothing of NVIDIA's: device overloads of the C
// and C++ mathematics and the integer and conversion intrinsics, all on `__nv_*` functions, which
// our device library implements. The order is that of Clang's __clang_cuda_runtime_wrapper.h and
// for its reasons: the forward declarations precede <cmath>, or its constexpr functions become host
// and device at once.
#ifndef NPU_DEVICE_CLANG_CUDA_H
#define NPU_DEVICE_CLANG_CUDA_H

#include "npu/device/attributes.h"

// Clang's headers, and libstdc++ where it asks for CUDA, spell the attributes so. libstdc++ avoids
// __float128, which devices lack, when __CUDACC__ is defined.
#ifndef __CUDACC__
#define __CUDACC__ 1
#endif
#ifndef __device__
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#endif
#ifndef __forceinline__
#define __forceinline__ __inline__ __attribute__((always_inline))
#endif

#include <__clang_cuda_math_forward_declares.h>

// Clang's wrapper of <new>, which <cmath> includes with -std=c++20, calls these on devices.
extern "C" {
__device__ void free(void *pointer) __attribute__((nothrow));
__device__ void *malloc(__SIZE_TYPE__ bytes) __attribute__((nothrow, malloc));
}

#include <type_traits>
// For constraints of device functions; before <concepts>, which looks it up where it stands.
namespace std {
template <class T, class U = T &&> __device__ U __declval(int);
template <class T> __device__ T __declval(long);
template <class T> __device__ auto declval() noexcept -> decltype(__declval<T>(0));
} // namespace std

#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma push_macro("CUDA_VERSION")
#undef CUDA_VERSION
// The last version whose SIMD intrinsics are functions of the device library; for later ones
// Clang's headers have inline assembly. Nothing else differs in them.
#define CUDA_VERSION 9010
// Both sides of a program must see the same declarations.
#pragma push_macro("__CUDA_ARCH__")
#ifndef __CUDA_ARCH__
#define __CUDA_ARCH__ 9999
#endif
#pragma push_macro("__THROW")
#undef __THROW
#define __THROW

#include <__clang_cuda_libdevice_declares.h>

#include <__clang_cuda_device_functions.h>
// <cstring> took the host's alone into its namespace.
namespace std {
using ::memcpy;
using ::memset;
} // namespace std
// With -use_fast_math Clang's header takes the short forms of some functions; nvcc does so with
// these too.
#ifdef __CLANG_CUDA_APPROX_TRANSCENDENTALS__
#define __nv_exp10f __nv_fast_exp10f
#define __nv_expf __nv_fast_expf
#define __nv_log10f __nv_fast_log10f
#define __nv_powf __nv_fast_powf
#define __nv_tanf __nv_fast_tanf
#endif
#include <__clang_cuda_math.h>
#undef __nv_exp10f
#undef __nv_expf
#undef __nv_log10f
#undef __nv_powf
#undef __nv_tanf

#pragma pop_macro("__THROW")
#pragma pop_macro("__CUDA_ARCH__")
#pragma pop_macro("CUDA_VERSION")

#include "npu/device/device_math.h"

// What the language itself calls: storage, printing, assertions. Clang turns printf into vprintf.
extern "C" {
NPU_DEVICE int vprintf(const char *format, const char *arguments);
NPU_DEVICE void __assertfail(const char *message, const char *file, unsigned int line,
                             const char *function, size_t characterBytes);
NPU_DEVICE static inline void __assert_fail(const char *message, const char *file,
                                            unsigned int line, const char *function) {
  __assertfail(message, file, line, function, 1);
}
NPU_DEVICE int printf(const char *format, ...);
}
#include <__clang_cuda_cmath.h>
#include <__clang_cuda_complex_builtins.h>
// What programs count on without including it: nvcc declares it before every source.
#include <assert.h>
#include <new>
#include <stdio.h>
#include <time.h>

#include "npu/device/aligned_new.h"
#include "npu/device/invocable.h"

#endif
