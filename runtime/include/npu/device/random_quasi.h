// Sobol sequences for one thread, in Gray-code order, plain and scrambled, of 32 and of 64 bits,
// from direction vectors that the host gives (npurandGetDirectionVectors32 and its like); and the
// distributions that a quasi-random number gets by inversion, so that it stays in its dimension.
// The functions that a program calls are in npu/random_kernel.h. Source: cuRAND's guide, "Device
// API"; Sobol (1967); Antonov and Saleev (1979).
#ifndef NPU_DEVICE_RANDOM_QUASI_H
#define NPU_DEVICE_RANDOM_QUASI_H

#include "npu/api/hold_macros.def"

#include "npu/device/attributes.h"
#include "npu/vector_types.h"

#include <math.h>

namespace npu {
namespace random {

// `x` is the number that comes next, `i` its place; a plain sequence's `c` is 0.
template <class Word, bool IsScrambled> struct SobolState {
  Word i, x, c;
  Word direction_vectors[sizeof(Word) * 8];
};
typedef SobolState<unsigned int, false> Sobol32State;
typedef SobolState<unsigned int, true> ScrambledSobol32State;
typedef SobolState<unsigned long long, false> Sobol64State;
typedef SobolState<unsigned long long, true> ScrambledSobol64State;

#define NPU_RANDOM static inline NPU_HOST_DEVICE

namespace detail {

// A number's fraction of the range: floats and doubles of (0, 1], as cuRAND makes them.
NPU_RANDOM float quasiUniform(unsigned int x) {
  return x * 2.3283064e-10f + 2.3283064e-10f / 2.0f; // 2^-32
}
NPU_RANDOM float quasiUniform(unsigned long long x) {
  return quasiUniform((unsigned int)(x >> 32));
}
NPU_RANDOM double quasiUniformDouble(unsigned int x) {
  return x * 2.3283064365386963e-10 + 2.3283064365386963e-10;
}
NPU_RANDOM double quasiUniformDouble(unsigned long long x) {
  return (x >> 11) * 1.1102230246251565e-16 + 1.1102230246251565e-16 / 2.0; // 2^-53
}

// The inverse of the normal distribution function: Wichura's AS 241 (1988), 16 digits.
NPU_RANDOM double quantile(double p) {
  const double q = p - 0.5;
  if (fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q *
           (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) *
                    r +
                45921.953931549871457) *
                   r +
               13731.693765509461125) *
                  r +
              1971.5909503065514427) *
                 r +
             133.14166789178437745) *
                r +
            3.387132872796366608) /
           (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) *
                    r +
                21213.794301586595867) *
                   r +
               5394.1960214247511077) *
                  r +
              687.1870074920579083) *
                 r +
             42.313330701600911252) *
                r +
            1.0);
  }
  double r = sqrt(-log(q < 0 ? p : 1 - p)), value;
  if (r <= 5) {
    r -= 1.6;
    value = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r +
                  0.24178072517745061177) *
                     r +
                 1.27045825245236838258) *
                    r +
                3.64784832476320460504) *
                   r +
               5.7694972214606914055) *
                  r +
              4.6303378461565452959) *
                 r +
             1.42343711074968357734) /
            (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r +
                  0.0151986665636164571966) *
                     r +
                 0.14810397642748007459) *
                    r +
                0.68976733498510000455) *
                   r +
               1.6763848301838038494) *
                  r +
              2.05319162663775882187) *
                 r +
             1.0);
  } else {
    r -= 5;
    value = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                  0.0012426609473880784386) *
                     r +
                 0.026532189526576123093) *
                    r +
                0.29656057182850489123) *
                   r +
               1.7848265399172913358) *
                  r +
              5.4637849111641143699) *
                 r +
             6.6579046435011037772) /
            (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r +
                  1.8463183175100546818e-5) *
                     r +
                 7.868691311456132591e-4) *
                    r +
                0.0148753612908506148525) *
                   r +
               0.13692988092273580531) *
                  r +
              0.59983220655588793769) *
                 r +
             1.0);
  }
  return q < 0 ? -value : value;
}

// cuRAND's inversion falls: the smallest number gives the largest normal one.
NPU_RANDOM double quasiNormal(double p, bool isMirrored) {
  return isMirrored ? quantile(p) : -quantile(p);
}
NPU_RANDOM double quasiNormal(unsigned int x) {
  const bool isMirrored = x > 0x80000000u; // what is near 1 would lose digits
  return quasiNormal((isMirrored ? 0xffffffffu - x : x) * 2.3283064365386963e-10 +
                         2.3283064365386963e-10 / 2.0,
                     isMirrored);
}
NPU_RANDOM double quasiNormal(unsigned long long x) {
  x >>= 11;
  const bool isMirrored = x > 0x10000000000000ull;
  return quasiNormal((isMirrored ? 0x1fffffffffffffull - x : x) * 1.1102230246251565e-16 +
                         1.1102230246251565e-16 / 2.0,
                     isMirrored);
}

// The smallest count whose distribution function reaches p.
NPU_RANDOM unsigned int poissonQuantile(double p, double mean) {
  if (mean > 4000) {
    const double value = mean + sqrt(mean) * quantile(p) + 0.5;
    return value > 0 ? (unsigned int)value : 0;
  }
  unsigned int count = 0;
  double logTerm = -mean, sum = exp(logTerm);
  while (sum < p && count < mean + 60 * sqrt(mean) + 100) {
    ++count;
    logTerm += log(mean / count);
    sum += exp(logTerm);
  }
  return count;
}

} // namespace detail

template <class Word, bool IsScrambled>
NPU_RANDOM void skip(decltype(sizeof(0)) n, SobolState<Word, IsScrambled> *state) {
  state->i += (Word)n;
  state->x = state->c;
  const Word gray = state->i ^ (state->i >> 1);
  for (unsigned int k = 0; k < sizeof(Word) * 8; ++k)
    if (gray >> k & 1)
      state->x ^= state->direction_vectors[k];
}

namespace detail {
template <class Word, bool IsScrambled>
NPU_RANDOM void start(const Word *directions, Word scramble, Word offset,
                      SobolState<Word, IsScrambled> *state) {
  state->i = 0;
  state->c = scramble;
  for (unsigned int k = 0; k < sizeof(Word) * 8; ++k)
    state->direction_vectors[k] = directions[k];
  skip(offset, state);
}
} // namespace detail

NPU_RANDOM void init(const unsigned int *directions, unsigned int offset, Sobol32State *state) {
  detail::start(directions, 0u, offset, state);
}
NPU_RANDOM void init(const unsigned int *directions, unsigned int scramble, unsigned int offset,
                     ScrambledSobol32State *state) {
  detail::start(directions, scramble, offset, state);
}
NPU_RANDOM void init(const unsigned long long *directions, unsigned long long offset,
                     Sobol64State *state) {
  detail::start(directions, 0ull, offset, state);
}
NPU_RANDOM void init(const unsigned long long *directions, unsigned long long scramble,
                     unsigned long long offset, ScrambledSobol64State *state) {
  detail::start(directions, scramble, offset, state);
}

// The place's last 0 is the bit that the next place's Gray code changes.
template <class Word, bool IsScrambled> NPU_RANDOM Word bits(SobolState<Word, IsScrambled> *state) {
  const Word result = state->x, zeros = ~state->i;
  if (zeros)
    state->x ^= state->direction_vectors[__builtin_ctzll((unsigned long long)zeros)];
  ++state->i;
  return result;
}
template <class Word, bool IsScrambled>
NPU_RANDOM float uniform(SobolState<Word, IsScrambled> *state) {
  return detail::quasiUniform(bits(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM double uniformDouble(SobolState<Word, IsScrambled> *state) {
  return detail::quasiUniformDouble(bits(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM float normal(SobolState<Word, IsScrambled> *state) {
  return (float)detail::quasiNormal(bits(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM double normalDouble(SobolState<Word, IsScrambled> *state) {
  return detail::quasiNormal(bits(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM float logNormal(SobolState<Word, IsScrambled> *state, float mean, float deviation) {
  return expf(mean + deviation * normal(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM double logNormalDouble(SobolState<Word, IsScrambled> *state, double mean,
                                  double deviation) {
  return exp(mean + deviation * normalDouble(state));
}
template <class Word, bool IsScrambled>
NPU_RANDOM unsigned int poisson(SobolState<Word, IsScrambled> *state, double mean) {
  return detail::poissonQuantile(detail::quasiUniformDouble(bits(state)), mean);
}

namespace detail {
NPU_RANDOM unsigned int highBits(unsigned int x) { return x; }
NPU_RANDOM unsigned int highBits(unsigned long long x) { return (unsigned int)(x >> 32); }
// The first count whose cumulative probability exceeds x / 2^32.
template <class Distribution>
NPU_RANDOM unsigned int discreteOf(unsigned int x, const Distribution *distribution) {
  const double p = x * 2.3283064365386963e-10;
  unsigned int low = 0, high = distribution->length - 1;
  while (low < high) {
    const unsigned int middle = low + (high - low) / 2;
    if (distribution->cumulative[middle] > p)
      high = middle;
    else
      low = middle + 1;
  }
  return distribution->shift + low;
}
} // namespace detail

#undef NPU_RANDOM

} // namespace random
} // namespace npu

#include "npu/api/release_macros.def"

#endif
