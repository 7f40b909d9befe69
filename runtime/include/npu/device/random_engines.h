// Generators of random bits for one thread: XORWOW (Marsaglia 2003), Philox4x32-10 (Salmon et al.
// 2011) and MRG32k3a (L'Ecuyer 1999), with the seeding and the subsequences of cuRAND's device
// interface: the same seed, subsequence and offset give the same bits. A state belongs to one
// thread. The functions that a program calls are in npu/random_kernel.h.
#ifndef NPU_DEVICE_RANDOM_ENGINES_H
#define NPU_DEVICE_RANDOM_ENGINES_H

#include "npu/api/hold_macros.def"

#include "npu/device/attributes.h"
#include "npu/vector_types.h"

namespace npu {
namespace random {

// What a Box-Muller pair leaves for the next call.
struct SpareNormals {
  int boxmuller_flag;
  int boxmuller_flag_double;
  float boxmuller_extra;
  double boxmuller_extra_double;
};
enum SpareKind { NoSpare = 0, SpareNormal = 1, SpareLogNormal = 2 };

struct XorwowState {
  unsigned int d, v[5];
  SpareNormals spare;
};
struct MrgState {
  unsigned int s1[3], s2[3];
  SpareNormals spare;
};
struct PhiloxState {
  uint4 ctr, output; // `output` is the block of `ctr`
  uint2 key;
  unsigned int STATE; // how much of `output` was given
  SpareNormals spare;
};
typedef XorwowState State;

#define NPU_RANDOM static inline NPU_HOST_DEVICE

namespace detail {

NPU_RANDOM void forget(SpareNormals &spare) {
  spare.boxmuller_flag = NoSpare;
  spare.boxmuller_flag_double = NoSpare;
  spare.boxmuller_extra = 0.0f;
  spare.boxmuller_extra_double = 0.0;
}

// The linear part of one XORWOW step.
NPU_RANDOM void stepXorwow(unsigned int (&v)[5]) {
  const unsigned int t = v[0] ^ (v[0] >> 2);
  v[0] = v[1], v[1] = v[2], v[2] = v[3], v[3] = v[4];
  v[4] = (v[4] ^ (v[4] << 4)) ^ (t ^ (t << 1));
}

// Moves forward by n * 2^first steps.
NPU_RANDOM void jumpXorwow(unsigned int (&v)[5], unsigned long long n, int first) {
  constexpr unsigned int kJumps[131][5] = {
#include "npu/device/random_jumps.def"
  };
  for (int k = first; n; n >>= 1, ++k) {
    if (!(n & 1))
      continue;
    unsigned int sum[5] = {0, 0, 0, 0, 0};
    for (int word = 0; word < 5; ++word) {
      const unsigned int coefficients = kJumps[k][word];
      for (int bit = 0; bit < 32; ++bit) {
        const unsigned int mask = 0u - ((coefficients >> bit) & 1u);
        for (int i = 0; i < 5; ++i)
          sum[i] ^= v[i] & mask;
        stepXorwow(v);
      }
    }
    for (int i = 0; i < 5; ++i)
      v[i] = sum[i];
  }
}

// MRG32k3a's moduli are 2^32 - excess.
struct MrgFirst {
  static constexpr unsigned int kExcess = 209, kModulus = 4294967087u;
};
struct MrgSecond {
  static constexpr unsigned int kExcess = 22853, kModulus = 4294944443u;
};

template <class Part> NPU_RANDOM unsigned int reduce(unsigned long long x) {
  x = (x & 0xffffffffu) + (x >> 32) * Part::kExcess;
  x = (x & 0xffffffffu) + (x >> 32) * Part::kExcess;
  return (unsigned int)(x >= Part::kModulus ? x - Part::kModulus : x);
}
template <class Part> NPU_RANDOM unsigned int multiply(unsigned int a, unsigned int b) {
  return reduce<Part>((unsigned long long)a * b);
}

// m = m * m, s = m * s.
template <class Part> NPU_RANDOM void square(unsigned int (&m)[3][3]) {
  unsigned int result[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      result[i][j] =
          reduce<Part>((unsigned long long)multiply<Part>(m[i][0], m[0][j]) +
                       multiply<Part>(m[i][1], m[1][j]) + multiply<Part>(m[i][2], m[2][j]));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      m[i][j] = result[i][j];
}
template <class Part> NPU_RANDOM void apply(const unsigned int (&m)[3][3], unsigned int (&s)[3]) {
  unsigned int result[3];
  for (int i = 0; i < 3; ++i)
    result[i] = reduce<Part>((unsigned long long)multiply<Part>(m[i][0], s[0]) +
                             multiply<Part>(m[i][1], s[1]) + multiply<Part>(m[i][2], s[2]));
  for (int i = 0; i < 3; ++i)
    s[i] = result[i];
}

// Moves forward by n times what m moves.
template <class Part>
NPU_RANDOM void jumpMrg(unsigned int (&m)[3][3], unsigned int (&s)[3], unsigned long long n) {
  for (; n; n >>= 1) {
    if (n & 1)
      apply<Part>(m, s);
    square<Part>(m);
  }
}

NPU_RANDOM void addTo(unsigned int &low, unsigned int &high, unsigned long long n,
                      unsigned int *carries) {
  const unsigned long long before = (unsigned long long)high << 32 | low, after = before + n;
  low = (unsigned int)after;
  high = (unsigned int)(after >> 32);
  *carries = after < before;
}

// The counter is one number of 128 bits; a subsequence starts at each multiple of 2^64.
NPU_RANDOM void countBlocks(PhiloxState *state, unsigned long long n) {
  unsigned int carries = 0, over = 0;
  addTo(state->ctr.x, state->ctr.y, n, &carries);
  addTo(state->ctr.z, state->ctr.w, carries, &over);
}

NPU_RANDOM uint4 philoxBlock(uint4 c, uint2 k) {
  for (int round = 0; round < 10; ++round) {
    const unsigned long long a = (unsigned long long)c.x * 0xD2511F53u;
    const unsigned long long b = (unsigned long long)c.z * 0xCD9E8D57u;
    c = make_uint4((unsigned int)(b >> 32) ^ c.y ^ k.x, (unsigned int)b,
                   (unsigned int)(a >> 32) ^ c.w ^ k.y, (unsigned int)a);
    k.x += 0x9E3779B9u;
    k.y += 0xBB67AE85u;
  }
  return c;
}
NPU_RANDOM void refill(PhiloxState *state) { state->output = philoxBlock(state->ctr, state->key); }

} // namespace detail

NPU_RANDOM void skip(unsigned long long n, XorwowState *state) {
  detail::jumpXorwow(state->v, n, 0);
  state->d += 362437u * (unsigned int)n;
}
// Subsequences of 2^67; the added number is then as it was.
NPU_RANDOM void skipSequences(unsigned long long n, XorwowState *state) {
  detail::jumpXorwow(state->v, n, 67);
}
NPU_RANDOM void init(unsigned long long seed, unsigned long long subsequence,
                     unsigned long long offset, XorwowState *state) {
  const unsigned int low = 1099087573u * ((unsigned int)seed ^ 0xaad26b49u);
  const unsigned int high = 2591861531u * ((unsigned int)(seed >> 32) ^ 0xf7dcefddu);
  state->d = 6615241u + high + low;
  state->v[0] = 123456789u + low;
  state->v[1] = 362436069u ^ low;
  state->v[2] = 521288629u + high;
  state->v[3] = 88675123u ^ high;
  state->v[4] = 5783321u + low;
  skipSequences(subsequence, state);
  skip(offset, state);
  detail::forget(state->spare);
}
NPU_RANDOM unsigned int bits(XorwowState *state) {
  detail::stepXorwow(state->v);
  state->d += 362437u;
  return state->v[4] + state->d;
}

NPU_RANDOM void skip(unsigned long long n, MrgState *state) {
  unsigned int first[3][3] = {{0, 1, 0}, {0, 0, 1}, {4294156359u, 1403580u, 0}};
  unsigned int second[3][3] = {{0, 1, 0}, {0, 0, 1}, {4293573854u, 0, 527612u}};
  detail::jumpMrg<detail::MrgFirst>(first, state->s1, n);
  detail::jumpMrg<detail::MrgSecond>(second, state->s2, n);
}
// Subsequences of 2^76: both recurrences' matrices to that power.
NPU_RANDOM void skipSubsequences(unsigned long long n, MrgState *state) {
  unsigned int first[3][3] = {{82758667u, 1871391091u, 4127413238u},
                              {3672831523u, 69195019u, 1871391091u},
                              {3672091415u, 3528743235u, 69195019u}};
  unsigned int second[3][3] = {{1511326704u, 3759209742u, 1610795712u},
                               {4292754251u, 1511326704u, 3889917532u},
                               {3859662829u, 4292754251u, 3708466080u}};
  detail::jumpMrg<detail::MrgFirst>(first, state->s1, n);
  detail::jumpMrg<detail::MrgSecond>(second, state->s2, n);
}
// Sequences of 2^127.
NPU_RANDOM void skipSequences(unsigned long long n, MrgState *state) {
  unsigned int first[3][3] = {{2427906178u, 3580155704u, 949770784u},
                              {226153695u, 1230515664u, 3580155704u},
                              {1988835001u, 986791581u, 1230515664u}};
  unsigned int second[3][3] = {{1464411153u, 277697599u, 1610723613u},
                               {32183930u, 1464411153u, 1022607788u},
                               {2824425944u, 32183930u, 2093834863u}};
  detail::jumpMrg<detail::MrgFirst>(first, state->s1, n);
  detail::jumpMrg<detail::MrgSecond>(second, state->s2, n);
}
NPU_RANDOM void init(unsigned long long seed, unsigned long long subsequence,
                     unsigned long long offset, MrgState *state) {
  for (int i = 0; i < 3; ++i)
    state->s1[i] = state->s2[i] = 12345u;
  if (seed) {
    const unsigned int low = (unsigned int)seed ^ 0x55555555u;
    const unsigned int high = (unsigned int)(seed >> 32) ^ 0xAAAAAAAAu;
    for (int i = 0; i < 3; ++i) {
      state->s1[i] = detail::multiply<detail::MrgFirst>(i == 1 ? high : low, state->s1[i]);
      state->s2[i] = detail::multiply<detail::MrgSecond>(i == 1 ? low : high, state->s2[i]);
    }
  }
  skipSubsequences(subsequence, state);
  skip(offset, state);
  detail::forget(state->spare);
}
// The generator's own result, 1 to 2^32 - 209.
NPU_RANDOM double mrgNumber(MrgState *state) {
  using namespace detail;
  unsigned int(&s1)[3] = state->s1;
  unsigned int(&s2)[3] = state->s2;
  const unsigned int p1 = reduce<MrgFirst>((unsigned long long)multiply<MrgFirst>(1403580u, s1[1]) +
                                           multiply<MrgFirst>(MrgFirst::kModulus - 810728u, s1[0]));
  const unsigned int p2 =
      reduce<MrgSecond>((unsigned long long)multiply<MrgSecond>(527612u, s2[2]) +
                        multiply<MrgSecond>(MrgSecond::kModulus - 1370589u, s2[0]));
  s1[0] = s1[1], s1[1] = s1[2], s1[2] = p1;
  s2[0] = s2[1], s2[1] = s2[2], s2[2] = p2;
  const double difference = (double)p1 - (double)p2;
  return difference <= 0.0 ? difference + 4294967087.0 : difference;
}
NPU_RANDOM unsigned int bits(MrgState *state) {
  return (unsigned int)(mrgNumber(state) * 1.000000048662);
}

NPU_RANDOM void skip(unsigned long long n, PhiloxState *state) {
  state->STATE += (unsigned int)(n & 3);
  n >>= 2;
  if (state->STATE > 3) {
    n += 1;
    state->STATE -= 4;
  }
  detail::countBlocks(state, n);
  detail::refill(state);
}
NPU_RANDOM void skipSequences(unsigned long long n, PhiloxState *state) {
  unsigned int over = 0;
  detail::addTo(state->ctr.z, state->ctr.w, n, &over);
  detail::refill(state);
}
NPU_RANDOM void init(unsigned long long seed, unsigned long long subsequence,
                     unsigned long long offset, PhiloxState *state) {
  state->ctr = make_uint4(0, 0, 0, 0);
  state->key = make_uint2((unsigned int)seed, (unsigned int)(seed >> 32));
  state->STATE = 0;
  skipSequences(subsequence, state);
  skip(offset, state);
  detail::forget(state->spare);
}
NPU_RANDOM unsigned int bits(PhiloxState *state) {
  const uint4 block = state->output;
  const unsigned int at = state->STATE++;
  const unsigned int result = at == 0 ? block.x : at == 1 ? block.y : at == 2 ? block.z : block.w;
  if (state->STATE == 4) {
    detail::countBlocks(state, 1);
    detail::refill(state);
    state->STATE = 0;
  }
  return result;
}
NPU_RANDOM uint4 bits4(PhiloxState *state) {
  const uint4 a = state->output;
  detail::countBlocks(state, 1);
  detail::refill(state);
  const uint4 b = state->output;
  switch (state->STATE) {
  case 1:
    return make_uint4(a.y, a.z, a.w, b.x);
  case 2:
    return make_uint4(a.z, a.w, b.x, b.y);
  case 3:
    return make_uint4(a.w, b.x, b.y, b.z);
  default:
    return a;
  }
}

#undef NPU_RANDOM

} // namespace random
} // namespace npu

#include "npu/api/release_macros.def"

#endif
