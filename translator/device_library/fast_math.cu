// Clang's __expf and its like: CUDA's error bounds for the intrinsics (CUDA C++ Programming Guide,
// "Intrinsic Functions") allow shorter series, one reduction step, and denormals taken for zeros.
#include "elementary.h"

namespace {

// 2^t (2^-29), 0 below 2^-126: n = floor(t) makes the exponent field, whose 0 is 0 and whose 255 is
// infinity.
HELPER float powerOf2(float t) {
  t = clamp(t, -126.9f, 128.0f);
  Rounded<float> n = roundedToInteger(t - 0.5f);
  float f = t - n.value;
  return twoChains(f, f * f, 1.0f, 0.69314706f, 0.24022909f, 0.055486187f, 0.00967376f,
                   0.0012482483f, 0.00021565155f) *
         powerOfTwo<float>(n.integer);
}

// log2(x) (2^-25); -infinity for denormals.
HELPER float logarithm2(float x) {
  uint32 word = bitsOf(x);
  int exponent = int(word - bitsOf(0.66666667f)) >> 23;
  float f = bitsAs<float>(word - (uint32(exponent) << 23)) - 1;
  float log = fma(f,
                  twoChains(f, f * f, 1.442695f, -0.72134686f, 0.48089778f, -0.36077145f,
                            0.28866354f, -0.23707482f, 0.20231673f, -0.22085245f, 0.20083204f),
                  float(exponent));
  float special = x < Format<float>::smallest
                      ? (x > -Format<float>::smallest ? -infinityOf<float>() : nanOf<float>())
                      : x;
  return x >= Format<float>::smallest && x < infinityOf<float>() ? log : special;
}

// sin(r) for |r| <= pi/2 (2^-28).
HELPER float sineOfQuarter(float r) {
  float square = r * r;
  return fma(r * square,
             polynomial(square, -0.16666657f, 0.008333009f, -0.00019806031f, 2.59885e-06f), r);
}
HELPER float withSignOf(float value, int n) {
  return bitsAs<float>(bitsOf(value) ^ (uint32(n) << 31));
}
constexpr float kPiHigh = 0x1.921fb6p+1f, kPiLow = -0x1.777a5cp-24f, kInversePi = 0.318309873f;
constexpr float kLargest = 30000.0f;

HELPER float sine(float x) {
  Rounded<float> n = roundedToInteger(x * kInversePi);
  float r = fma(n.value, -kPiLow, fma(n.value, -kPiHigh, x));
  float result = withSignOf(sineOfQuarter(r), n.integer);
  if (__builtin_expect(fabs(x) > kLargest, 0))
    result = float(ocl_sin(double(x)));
  return result;
}
// cos(x) = -sin(x - (n + 1/2) pi) (-1)^n.
HELPER float cosine(float x) {
  Rounded<float> n = roundedToInteger(fma(x, kInversePi, -0.5f));
  float half = n.value + 0.5f;
  float r = fma(half, -kPiLow, fma(half, -kPiHigh, x));
  float result = withSignOf(sineOfQuarter(r), n.integer + 1);
  if (__builtin_expect(fabs(x) > kLargest, 0))
    result = float(ocl_cos(double(x)));
  return result;
}

} // namespace

LIBRARY float __nv_fast_expf(float x) { return powerOf2(x * 1.44269504f); }
LIBRARY float __nv_fast_exp10f(float x) { return powerOf2(x * 3.32192809f); }
LIBRARY float __nv_fast_log2f(float x) { return logarithm2(x); }
LIBRARY float __nv_fast_logf(float x) { return logarithm2(x) * 0.693147182f; }
LIBRARY float __nv_fast_log10f(float x) { return logarithm2(x) * 0.301029996f; }
LIBRARY float __nv_fast_powf(float x, float y) { return powerOf2(y * logarithm2(x)); }
LIBRARY float __nv_fast_fdividef(float x, float y) { return x / y; }
LIBRARY float __nv_fast_sinf(float x) { return sine(x); }
LIBRARY float __nv_fast_cosf(float x) { return cosine(x); }
LIBRARY float __nv_fast_tanf(float x) { return sine(x) / cosine(x); }
LIBRARY void __nv_fast_sincosf(float x, float *s, float *c) {
  *s = sine(x);
  *c = cosine(x);
}
