// Random numbers in kernels: npu::random::init a state per thread, then draw from it. Bits and
// uniform numbers are those of cuRAND's device interface for the same seed; normal numbers are the
// same pairs (Box-Muller) up to the rounding of sine, cosine and logarithm. Poisson numbers have
// the distribution, and cuRAND's values for means below 64. All of it also works on the host.
#ifndef NPU_RANDOM_KERNEL_H
#define NPU_RANDOM_KERNEL_H

#include "npu/device/random_engines.h"
#include "npu/device/random_quasi.h"
#include "npu/random.h"

#include <math.h>

namespace npu {
namespace random {

#define NPU_RANDOM static inline NPU_HOST_DEVICE

namespace detail {

constexpr float kStep32 = 2.3283064e-10f; // 2^-32
constexpr double kStep53 = 1.1102230246251565e-16;
constexpr float kTurnStep = 2.3283064e-10f * 6.2831855f;

// (0, 1]
NPU_RANDOM float uniformOf(unsigned int x) { return x * kStep32 + kStep32 / 2.0f; }
NPU_RANDOM double uniformOf(unsigned int x, unsigned int y) {
  const unsigned long long z = (unsigned long long)x ^ ((unsigned long long)y << (53 - 32));
  return z * kStep53 + kStep53 / 2.0;
}

NPU_RANDOM float2 polar(float u, float angle) {
  const float radius = sqrtf(-2.0f * logf(u));
  float sine, cosine;
  sincosf(angle, &sine, &cosine);
  return make_float2(sine * radius, cosine * radius);
}
NPU_RANDOM double2 polarDouble(double u, double halfTurns) {
  const double radius = sqrt(-2.0 * log(u)), angle = halfTurns * 3.14159265358979323846;
  double sine, cosine;
  sincos(angle, &sine, &cosine);
  return make_double2(sine * radius, cosine * radius);
}
NPU_RANDOM float2 normalsOf(unsigned int x, unsigned int y) {
  return polar(uniformOf(x), y * kTurnStep + kTurnStep / 2);
}
NPU_RANDOM double2 normalsOf(unsigned int x0, unsigned int x1, unsigned int y0, unsigned int y1) {
  const unsigned long long y = (unsigned long long)y0 ^ ((unsigned long long)y1 << (53 - 32));
  return polarDouble(uniformOf(x0, x1), y * (kStep53 * 2.0) + kStep53);
}

} // namespace detail

template <class Engine> NPU_RANDOM float uniform(Engine *state) {
  return detail::uniformOf(bits(state));
}
NPU_RANDOM float uniform(MrgState *state) {
  return (float)(mrgNumber(state) * 2.328306549295728e-10);
}
NPU_RANDOM float4 uniform4(PhiloxState *state) {
  const uint4 x = bits4(state);
  return make_float4(detail::uniformOf(x.x), detail::uniformOf(x.y), detail::uniformOf(x.z),
                     detail::uniformOf(x.w));
}
template <class Engine> NPU_RANDOM double uniformDouble(Engine *state) {
  const unsigned int x = bits(state), y = bits(state);
  return detail::uniformOf(x, y);
}
NPU_RANDOM double uniformDouble(MrgState *state) {
  return mrgNumber(state) * 2.328306549295728e-10;
}
NPU_RANDOM double2 uniform2Double(PhiloxState *state) {
  const uint4 x = bits4(state);
  return make_double2(detail::uniformOf(x.x, x.y), detail::uniformOf(x.z, x.w));
}
NPU_RANDOM double4 uniform4Double(PhiloxState *state) {
  const double2 low = uniform2Double(state), high = uniform2Double(state);
  return make_double4(low.x, low.y, high.x, high.y);
}

template <class Engine> NPU_RANDOM float2 normal2(Engine *state) {
  const unsigned int x = bits(state), y = bits(state);
  return detail::normalsOf(x, y);
}
NPU_RANDOM float2 normal2(MrgState *state) {
  const float u = uniform(state), angle = uniform(state) * 6.2831855f;
  return detail::polar(u, angle);
}
NPU_RANDOM float4 normal4(PhiloxState *state) {
  const uint4 x = bits4(state);
  const float2 low = detail::normalsOf(x.x, x.y), high = detail::normalsOf(x.z, x.w);
  return make_float4(low.x, low.y, high.x, high.y);
}
template <class Engine> NPU_RANDOM double2 normal2Double(Engine *state) {
  const unsigned int x0 = bits(state), x1 = bits(state), y0 = bits(state), y1 = bits(state);
  return detail::normalsOf(x0, x1, y0, y1);
}
NPU_RANDOM double2 normal2Double(PhiloxState *state) {
  const uint4 x = bits4(state);
  return detail::normalsOf(x.x, x.y, x.z, x.w);
}
NPU_RANDOM double2 normal2Double(MrgState *state) {
  const double u = uniformDouble(state), halfTurns = uniformDouble(state) * 2.0;
  return detail::polarDouble(u, halfTurns);
}
NPU_RANDOM double4 normal4Double(PhiloxState *state) {
  const double2 low = normal2Double(state), high = normal2Double(state);
  return make_double4(low.x, low.y, high.x, high.y);
}

// One of a pair now, the other at the next call.
template <class Engine> NPU_RANDOM float normal(Engine *state) {
  SpareNormals &spare = state->spare;
  if (spare.boxmuller_flag == SpareNormal) {
    spare.boxmuller_flag = NoSpare;
    return spare.boxmuller_extra;
  }
  const float2 pair = normal2(state);
  spare.boxmuller_extra = pair.y;
  spare.boxmuller_flag = SpareNormal;
  return pair.x;
}
template <class Engine> NPU_RANDOM double normalDouble(Engine *state) {
  SpareNormals &spare = state->spare;
  if (spare.boxmuller_flag_double == SpareNormal) {
    spare.boxmuller_flag_double = NoSpare;
    return spare.boxmuller_extra_double;
  }
  const double2 pair = normal2Double(state);
  spare.boxmuller_extra_double = pair.y;
  spare.boxmuller_flag_double = SpareNormal;
  return pair.x;
}

template <class Engine> NPU_RANDOM float2 logNormal2(Engine *state, float mean, float deviation) {
  const float2 pair = normal2(state);
  return make_float2(expf(mean + deviation * pair.x), expf(mean + deviation * pair.y));
}
NPU_RANDOM float4 logNormal4(PhiloxState *state, float mean, float deviation) {
  const float4 four = normal4(state);
  return make_float4(expf(mean + deviation * four.x), expf(mean + deviation * four.y),
                     expf(mean + deviation * four.z), expf(mean + deviation * four.w));
}
template <class Engine>
NPU_RANDOM double2 logNormal2Double(Engine *state, double mean, double deviation) {
  const double2 pair = normal2Double(state);
  return make_double2(exp(mean + deviation * pair.x), exp(mean + deviation * pair.y));
}
NPU_RANDOM double4 logNormal4Double(PhiloxState *state, double mean, double deviation) {
  const double2 low = logNormal2Double(state, mean, deviation);
  const double2 high = logNormal2Double(state, mean, deviation);
  return make_double4(low.x, low.y, high.x, high.y);
}
// The second of the pair keeps the mean and deviation of the first's call.
template <class Engine> NPU_RANDOM float logNormal(Engine *state, float mean, float deviation) {
  SpareNormals &spare = state->spare;
  if (spare.boxmuller_flag == SpareLogNormal) {
    spare.boxmuller_flag = NoSpare;
    return spare.boxmuller_extra;
  }
  const float2 pair = logNormal2(state, mean, deviation);
  spare.boxmuller_extra = pair.y;
  spare.boxmuller_flag = SpareLogNormal;
  return pair.x;
}
template <class Engine>
NPU_RANDOM double logNormalDouble(Engine *state, double mean, double deviation) {
  SpareNormals &spare = state->spare;
  if (spare.boxmuller_flag_double == SpareLogNormal) {
    spare.boxmuller_flag_double = NoSpare;
    return spare.boxmuller_extra_double;
  }
  const double2 pair = logNormal2Double(state, mean, deviation);
  spare.boxmuller_extra_double = pair.y;
  spare.boxmuller_flag_double = SpareLogNormal;
  return pair.x;
}

namespace detail {

// Knuth's products of uniform numbers.
template <class Engine> NPU_RANDOM unsigned int smallPoisson(Engine *state, float mean) {
  unsigned int count = 0;
  float product = expf(mean);
  do {
    ++count;
    product *= uniform(state);
  } while (product > 1.0f);
  return count - 1;
}

// Hoermann's transformed rejection with squeeze, PTRS (1993), for means of 10 and more.
template <class Engine> NPU_RANDOM unsigned int middlePoisson(Engine *state, double mean) {
  const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  const double alpha = 1.1239 + 1.1328 / (b - 3.4), v0 = 0.9277 - 3.6224 / (b - 2.0);
  for (;;) {
    const double u = uniformDouble(state) - 0.5, v = uniformDouble(state);
    const double us = 0.5 - fabs(u), k = floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v0)
      return (unsigned int)k;
    if (k < 0 || (us < 0.013 && v > us))
      continue;
    if (log(v * alpha / (a / (us * us) + b)) <= k * log(mean) - mean - lgamma(k + 1.0))
      return (unsigned int)k;
  }
}

} // namespace detail

template <class Engine> NPU_RANDOM unsigned int poisson(Engine *state, double mean) {
  if (mean < 64)
    return detail::smallPoisson(state, (float)mean);
  if (mean > 4000)
    return (unsigned int)(normalDouble(state) * sqrt(mean) + mean + 0.5);
  return detail::middlePoisson(state, mean);
}
NPU_RANDOM uint4 poisson4(PhiloxState *state, double mean) {
  const unsigned int a = poisson(state, mean), b = poisson(state, mean);
  const unsigned int c = poisson(state, mean), d = poisson(state, mean);
  return make_uint4(a, b, c, d);
}

// From a table of npurandCreatePoissonDistribution: one number of the generator for each.
template <class Engine, class Distribution>
NPU_RANDOM unsigned int discrete(Engine *state, const Distribution *distribution) {
  return detail::discreteOf(detail::highBits(bits(state)), distribution);
}
template <class Distribution>
NPU_RANDOM uint4 discrete4(PhiloxState *state, const Distribution *distribution) {
  const uint4 x = bits4(state);
  return make_uint4(detail::discreteOf(x.x, distribution), detail::discreteOf(x.y, distribution),
                    detail::discreteOf(x.z, distribution), detail::discreteOf(x.w, distribution));
}

#undef NPU_RANDOM

} // namespace random
} // namespace npu

#endif
