// Sines, cosines and tangents: x = n pi/2 + r, and one of two series of r. Arguments so large that
// n pi/2 needs more digits than are kept here go to OpenCL's builtins for double, one lane at a
// time.
#include "elementary.h"

namespace {

// Where n pi/2 is exact enough.
constexpr float kLargestF = 30000.0f;
constexpr double kLargest = 0x1p30;

// r + low, and n.
template <class T> struct Angle {
  T r, low;
  SignedOf<T> n;
};
HELPER Angle<float> reduced(float x) {
  Rounded<float> n = roundedToInteger(x * 0.636619747f);
  float r = fma(n.value, -0x1.921fb6p+0f, x);
  r = fma(n.value, 0x1.777a5cp-25f, r);
  return {fma(n.value, 0x1.ee59dap-50f, r), 0, n.integer};
}
// The first difference is exact.
HELPER Angle<double> reduced(double x) {
  constexpr double second = 0x1.1a62633145c07p-54, third = -0x1.f1976b7ed8fbcp-110;
  Rounded<double> n = roundedToInteger(x * 0.63661977236758134);
  double high = fma(n.value, -0x1.921fb54442d18p+0, x);
  double r = fma(n.value, -second, high);
  return {r, fma(n.value, -third, fma(n.value, -second, high - r)), n.integer};
}

template <class T> struct Pair {
  T sine, cosine;
};
HELPER Pair<float> series(Angle<float> angle) { // 2^-27, 2^-32
  float r = angle.r, square = r * r;
  return {
      fma(r * square, polynomial(square, -0.16666655f, 0.008332187f, -0.00019517896f), r),
      fma(square, polynomial(square, -0.5f, 0.041666646f, -0.001388731f, 2.4432327e-05f), 1.0f)};
}
HELPER Pair<double> series(Angle<double> angle) { // 2^-57, 2^-63
  double r = angle.r, square = r * r, half = 0.5 * square, most = 1 - half;
  double sineRest =
      polynomial(square, -0.1666666666666663, 0.00833333333332184, -0.00019841269829358525,
                 2.755731353851876e-06, -2.5050734391286577e-08, 1.5895433489961254e-10);
  double cosineRest =
      polynomial(square, 0.041666666666666595, -0.0013888888888873299, 2.4801587288956065e-05,
                 -2.7557314199622773e-07, 2.087570258287699e-09, -1.1358584485898695e-11);
  double sine = r + fma(r * square, sineRest, angle.low * most);
  double cosine = most + (((1 - most) - half) + fma(square * square, cosineRest, -r * angle.low));
  return {sine, cosine};
}

// The sign bit of (-1)^(n / 2).
template <class T> HELPER WordOf<T> signOfHalfTurns(SignedOf<T> n) {
  return WordOf<T>(n & 2) << (sizeof(T) * 8 - 2);
}
template <class T> HELPER T withSign(T value, WordOf<T> flip) {
  return bitsAs<T>(bitsOf(value) ^ flip);
}
template <class T> HELPER WordOf<T> signOf(T x) {
  return bitsOf(x) & (WordOf<T>(1) << (sizeof(T) * 8 - 1));
}

template <class T> HELPER T sine(Pair<T> pair, SignedOf<T> n) {
  return withSign(n & 1 ? pair.cosine : pair.sine, signOfHalfTurns<T>(n));
}
template <class T> HELPER T cosine(Pair<T> pair, SignedOf<T> n) { return sine(pair, n + 1); }

template <class T> HELPER T sineOf(T x) {
  Angle<T> angle = reduced(fabs(x));
  return withSign(sine(series(angle), angle.n), signOf(x));
}
template <class T> HELPER T cosineOf(T x) {
  Angle<T> angle = reduced(fabs(x));
  return cosine(series(angle), angle.n);
}
template <class T> HELPER T tangentOf(T x) {
  Angle<T> angle = reduced(fabs(x));
  Pair<T> pair = series(angle);
  bool odd = angle.n & 1;
  T quotient = (odd ? -pair.cosine : pair.sine) / (odd ? pair.sine : pair.cosine);
  return withSign(quotient, signOf(x));
}

// x = n / 2 + r exactly, for the functions of pi x: whole turns are taken away first.
template <class T> struct HalfTurns {
  Pair<T> pair;
  SignedOf<T> n;
  bool isWhole;
};
HELPER Pair<float> seriesOfPi(float r) { // 2^-33, 2^-31
  float square = r * r;
  float rest = fma(square, polynomial(square, -5.1677127f, 2.5501547f, -0.5989812f, 0.07915745f),
                   -0x1.777a5cp-24f);
  return {fma(r, 0x1.921fb6p+1f, r * rest),
          fma(square, polynomial(square, -4.934802f, 4.0586967f, -1.3347582f, 0.2289885f), 1.0f)};
}
HELPER Pair<double> seriesOfPi(double r) { // 2^-63, 2^-61
  double square = r * r;
  double rest = fma(square,
                    polynomial(square, -5.16771278004997, 2.550164039877414, -0.5992645293276695,
                               0.08214588692668597, -0.007370438143338084, 0.00046637967044289375,
                               -2.2162832068118137e-05),
                    0x1.1a62633145c07p-53);
  return {fma(r, 0x1.921fb54442d18p+1, r * rest),
          fma(square,
              polynomial(square, -4.934802200544679, 4.058712126416667, -1.335262768843582,
                         0.2353306297938903, -0.025806876105721542, 0.0019293528471338172,
                         -0.00010304552142571066),
              1.0)};
}
template <class T> HELPER HalfTurns<T> halfTurns(T x) {
  T size = fabs(x), rest = fma(trunc(size * T(0.5)), T(-2), size);
  Rounded<T> n = roundedToInteger(rest + rest);
  return {seriesOfPi(fma(n.value, T(-0.5), rest)), n.integer, rest == 0 || rest == 1};
}
// Zeros have the argument's sign.
template <class T> HELPER T sineOfPi(T x, HalfTurns<T> turns) {
  T value = turns.isWhole ? T(0) : sine(turns.pair, turns.n);
  return withSign(value, signOf(x));
}
// Zeros are positive.
template <class T> HELPER T cosineOfPi(HalfTurns<T> turns) {
  return cosine(turns.pair, turns.n) + T(0);
}

} // namespace

#define OF_TYPE(type, suffix)                                                                      \
  LIBRARY type __nv_sin##suffix(type x) {                                                          \
    type result = sineOf(x);                                                                       \
    if (__builtin_expect(fabs(x) > kLargest##suffix, 0))                                           \
      result = type(ocl_sin(double(x)));                                                           \
    return result;                                                                                 \
  }                                                                                                \
  LIBRARY type __nv_cos##suffix(type x) {                                                          \
    type result = cosineOf(x);                                                                     \
    if (__builtin_expect(fabs(x) > kLargest##suffix, 0))                                           \
      result = type(ocl_cos(double(x)));                                                           \
    return result;                                                                                 \
  }                                                                                                \
  LIBRARY type __nv_tan##suffix(type x) {                                                          \
    type result = tangentOf(x);                                                                    \
    if (__builtin_expect(fabs(x) > kLargest##suffix, 0))                                           \
      result = type(ocl_tan(double(x)));                                                           \
    return result;                                                                                 \
  }                                                                                                \
  LIBRARY void __nv_sincos##suffix(type x, type *s, type *c) {                                     \
    Angle<type> angle = reduced(fabs(x));                                                          \
    Pair<type> pair = series(angle);                                                               \
    type resultSine = withSign(sine(pair, angle.n), signOf(x));                                    \
    type resultCosine = cosine(pair, angle.n);                                                     \
    if (__builtin_expect(fabs(x) > kLargest##suffix, 0)) {                                         \
      resultSine = type(ocl_sin(double(x)));                                                       \
      resultCosine = type(ocl_cos(double(x)));                                                     \
    }                                                                                              \
    *s = resultSine;                                                                               \
    *c = resultCosine;                                                                             \
  }                                                                                                \
  LIBRARY type __nv_sinpi##suffix(type x) { return sineOfPi(x, halfTurns(x)); }                    \
  LIBRARY type __nv_cospi##suffix(type x) { return cosineOfPi(halfTurns(x)); }                     \
  LIBRARY void __nv_sincospi##suffix(type x, type *s, type *c) {                                   \
    HalfTurns<type> turns = halfTurns(x);                                                          \
    *s = sineOfPi(x, turns);                                                                       \
    *c = cosineOfPi(turns);                                                                        \
  }
#define kLargestf kLargestF
OF_TYPE(float, f)
OF_TYPE(double, )
