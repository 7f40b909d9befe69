// NPU_SMALL_FLOAT(type, pair): the arithmetic of a 16-bit type and its pair, computed in float and
// rounded once. Part of npu/float16.h and npu/bfloat16.h. A fused multiply-add is rounded once too.
#ifndef NPU_DEVICE_SMALL_FLOAT_FUNCTIONS_H
#define NPU_DEVICE_SMALL_FLOAT_FUNCTIONS_H

#include "npu/device/attributes.h"
#include "npu/device/small_float_rounding.h"

#include <math.h>

#define NPU_SMALL static inline NPU_HOST_DEVICE

#define NPU_SMALL_UNARY(type, pair, name, pairName, expression)                                    \
  NPU_SMALL type name(type a) {                                                                    \
    float x = float(a);                                                                            \
    return type(expression);                                                                       \
  }                                                                                                \
  NPU_SMALL pair pairName(pair a) { return pair(name(a.x), name(a.y)); }
#define NPU_SMALL_BINARY(type, pair, name, pairName, expression)                                   \
  NPU_SMALL type name(type a, type b) {                                                            \
    float x = float(a), y = float(b);                                                              \
    return type(expression);                                                                       \
  }                                                                                                \
  NPU_SMALL pair pairName(pair a, pair b) { return pair(name(a.x, b.x), name(a.y, b.y)); }
// With NaN all are false.
#define NPU_SMALL_COMPARE(type, pair, name, pairName, relation)                                    \
  NPU_SMALL bool name(type a, type b) {                                                            \
    const float x = float(a), y = float(b);                                                        \
    return relation;                                                                               \
  }                                                                                                \
  NPU_SMALL pair pairName(pair a, pair b) {                                                        \
    return pair(type(name(a.x, b.x) ? 1.0f : 0.0f), type(name(a.y, b.y) ? 1.0f : 0.0f));           \
  }

#define NPU_SMALL_FLOAT(type, pair)                                                                \
  NPU_SMALL_BINARY(type, pair, hadd, hadd2, x + y)                                                 \
  NPU_SMALL_BINARY(type, pair, hsub, hsub2, x - y)                                                 \
  NPU_SMALL_BINARY(type, pair, hmul, hmul2, x *y)                                                  \
  NPU_SMALL_BINARY(type, pair, hdiv, h2div, x / y)                                                 \
  NPU_SMALL_BINARY(type, pair, hmax, hmax2, fmaxf(x, y))                                           \
  NPU_SMALL_BINARY(type, pair, hmin, hmin2, fminf(x, y))                                           \
  NPU_SMALL type hfma(type a, type b, type c) {                                                    \
    return type(detail::productSum(float(a), float(b), float(c)));                                 \
  }                                                                                                \
  NPU_SMALL pair hfma2(pair a, pair b, pair c) {                                                   \
    return pair(hfma(a.x, b.x, c.x), hfma(a.y, b.y, c.y));                                         \
  }                                                                                                \
  NPU_SMALL_UNARY(type, pair, hneg, hneg2, -x)                                                     \
  NPU_SMALL_UNARY(type, pair, habs, habs2, fabsf(x))                                               \
  NPU_SMALL_UNARY(type, pair, hexp, h2exp, expf(x))                                                \
  NPU_SMALL_UNARY(type, pair, hexp2, h2exp2, exp2f(x))                                             \
  NPU_SMALL_UNARY(type, pair, hlog, h2log, logf(x))                                                \
  NPU_SMALL_UNARY(type, pair, hlog2, h2log2, log2f(x))                                             \
  NPU_SMALL_UNARY(type, pair, hlog10, h2log10, log10f(x))                                          \
  NPU_SMALL_UNARY(type, pair, hsqrt, h2sqrt, sqrtf(x))                                             \
  NPU_SMALL_UNARY(type, pair, hrsqrt, h2rsqrt, 1.0f / sqrtf(x))                                    \
  NPU_SMALL_UNARY(type, pair, hrcp, h2rcp, 1.0f / x)                                               \
  NPU_SMALL_UNARY(type, pair, hsin, h2sin, sinf(x))                                                \
  NPU_SMALL_UNARY(type, pair, hcos, h2cos, cosf(x))                                                \
  NPU_SMALL_UNARY(type, pair, hceil, h2ceil, ceilf(x))                                             \
  NPU_SMALL_UNARY(type, pair, hfloor, h2floor, floorf(x))                                          \
  NPU_SMALL_UNARY(type, pair, htrunc, h2trunc, truncf(x))                                          \
  NPU_SMALL_UNARY(type, pair, hrint, h2rint, rintf(x))                                             \
  NPU_SMALL_COMPARE(type, pair, heq, heq2, x == y)                                                 \
  NPU_SMALL_COMPARE(type, pair, hne, hne2, x<y || x> y)                                            \
  NPU_SMALL_COMPARE(type, pair, hlt, hlt2, x < y)                                                  \
  NPU_SMALL_COMPARE(type, pair, hle, hle2, x <= y)                                                 \
  NPU_SMALL_COMPARE(type, pair, hgt, hgt2, x > y)                                                  \
  NPU_SMALL_COMPARE(type, pair, hge, hge2, x >= y)                                                 \
  NPU_SMALL bool hisnan(type a) { return float(a) != float(a); }                                   \
  NPU_SMALL int hisinf(type a) {                                                                   \
    return fabsf(float(a)) == HUGE_VALF ? (float(a) > 0 ? 1 : -1) : 0;                             \
  }

// Operators live beside the type, where argument-dependent lookup finds them.
#define NPU_SMALL_FLOAT_OPERATORS(type, pair)                                                      \
  NPU_SMALL_OPERATOR(type, +, hadd)                                                                \
  NPU_SMALL_OPERATOR(type, -, hsub)                                                                \
  NPU_SMALL_OPERATOR(type, *, hmul)                                                                \
  NPU_SMALL_OPERATOR(type, /, hdiv)                                                                \
  NPU_SMALL_OPERATOR(pair, +, hadd2)                                                               \
  NPU_SMALL_OPERATOR(pair, -, hsub2)                                                               \
  NPU_SMALL_OPERATOR(pair, *, hmul2)                                                               \
  NPU_SMALL_OPERATOR(pair, /, h2div) NPU_SMALL type operator-(type a) { return npu::hneg(a); }     \
  NPU_SMALL pair operator-(pair a) { return npu::hneg2(a); }                                       \
  NPU_SMALL bool operator==(type a, type b) { return npu::heq(a, b); }                             \
  NPU_SMALL bool operator!=(type a, type b) { return float(a) != float(b); }                       \
  NPU_SMALL bool operator<(type a, type b) { return npu::hlt(a, b); }                              \
  NPU_SMALL bool operator<=(type a, type b) { return npu::hle(a, b); }                             \
  NPU_SMALL bool operator>(type a, type b) { return npu::hgt(a, b); }                              \
  NPU_SMALL bool operator>=(type a, type b) { return npu::hge(a, b); }
#define NPU_SMALL_OPERATOR(type, sign, function)                                                   \
  NPU_SMALL type operator sign(type a, type b) { return npu::function(a, b); }                     \
  NPU_SMALL type &operator sign##=(type &a, type b) { return a = npu::function(a, b); }

#endif
