// Faster, less accurate single-precision mathematics, and the intrinsics on numbers of
// api/numbers.def (conversions and arithmetic with a rounding mode, reinterpretation).
#ifndef NPU_DEVICE_FAST_MATH_H
#define NPU_DEVICE_FAST_MATH_H

#include "npu/api/hold_macros.def"

#include "npu/device/clang_cuda.h"

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE

NPU_INTRINSIC float fastSin(float x) { return __nv_fast_sinf(x); }
NPU_INTRINSIC float fastCos(float x) { return __nv_fast_cosf(x); }
NPU_INTRINSIC float fastTan(float x) { return __nv_fast_tanf(x); }
NPU_INTRINSIC void fastSinCos(float x, float *s, float *c) { __nv_fast_sincosf(x, s, c); }
NPU_INTRINSIC float fastExp(float x) { return __nv_fast_expf(x); }
NPU_INTRINSIC float fastExp10(float x) { return __nv_fast_exp10f(x); }
NPU_INTRINSIC float fastLog(float x) { return __nv_fast_logf(x); }
NPU_INTRINSIC float fastLog2(float x) { return __nv_fast_log2f(x); }
NPU_INTRINSIC float fastLog10(float x) { return __nv_fast_log10f(x); }
NPU_INTRINSIC float fastPow(float x, float y) { return __nv_fast_powf(x, y); }
NPU_INTRINSIC float fastDivide(float x, float y) { return __nv_fast_fdividef(x, y); }
NPU_INTRINSIC float fastTanh(float x) { return __nv_tanhf(x); }
// `x` brought into 0...1; 0 where it is not a number.
NPU_INTRINSIC float saturate(float x) { return __nv_saturatef(x); }

#define GROUP(title)
#define NUMBER(name)                                                                               \
  template <class... Arguments>                                                                    \
  NPU_INTRINSIC auto name(Arguments... arguments)->decltype(::__##name(arguments...)) {            \
    return ::__##name(arguments...);                                                               \
  }
#include "npu/api/numbers.def"
#undef NUMBER
#undef GROUP
#undef NPU_INTRINSIC

} // namespace npu

#include "npu/api/release_macros.def"

#endif
