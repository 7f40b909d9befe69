// The intrinsics that are not functions of real numbers: arithmetic with a rounding mode against
// the processor's, small integers in a word against plain loops, and the fast functions against
// CUDA's bounds (CUDA C++ Programming Guide, "Intrinsic Functions").
#include "reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int failures = 0;

template <class T> T *managed(int count) {
  T *pointer = nullptr;
  if (cudaMallocManaged(&pointer, count * sizeof(T)) != cudaSuccess)
    std::exit(2);
  return pointer;
}
void wait() {
  if (cudaDeviceSynchronize() != cudaSuccess) {
    std::printf("%s\n", cudaGetErrorString(cudaGetLastError()));
    std::exit(2);
  }
}
uint64_t state = 88172645463325252ull;
uint64_t next() { return state ^= state << 13, state ^= state >> 7, state ^= state << 17; }

// --- rounding modes ---

constexpr int kCount = 1 << 14;
#define ROUNDED(T, prefix, fma, mode, o)                                                           \
  o[0] = __##prefix##add_##mode(a, b), o[1] = __##prefix##sub_##mode(a, b),                        \
  o[2] = __##prefix##mul_##mode(a, b), o[3] = __##prefix##div_##mode(a, b),                        \
  o[4] = __##prefix##sqrt_##mode(a), o[5] = __##prefix##rcp_##mode(a),                             \
  o[6] = __##fma##_##mode(a, b, c)
#define ROUNDING_KERNEL(T, prefix, fma)                                                            \
  __global__ void round_##T(const T *x, T *out) {                                                  \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                                                 \
    T a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2], *o = out + 28 * i;                         \
    ROUNDED(T, prefix, fma, rn, o);                                                                \
    ROUNDED(T, prefix, fma, rz, (o + 7));                                                          \
    ROUNDED(T, prefix, fma, ru, (o + 14));                                                         \
    ROUNDED(T, prefix, fma, rd, (o + 21));                                                         \
  }
ROUNDING_KERNEL(float, f, fmaf)
ROUNDING_KERNEL(double, d, fma)

template <class T> T anyNumber() {
  static T last = 1;
  const int bits = sizeof(T) == 4 ? 23 : 52;
  uint64_t word = next();
  T value;
  std::memcpy(&value, &word, sizeof value);
  switch (next() % 8) {
  case 0:
    return T(int(next() % 64) - 32);
  case 1:
    return std::ldexp(T(1), int(next() % 200) - 100);
  case 2:
    return next() % 8 ? T(1) : T(INFINITY);
  case 3: // a neighbour, so that sums cancel
    return last * (1 + std::ldexp(T(next() % 8), -bits));
  case 4:
    return value * (sizeof(T) == 4 ? T(1e-35) : T(1e-300));
  default:
    return last = value;
  }
}
template <class T>
void checkRounding(void (*kernel)(const T *, T *), void (*reference)(int, T, T, T, T *)) {
  const char *operations[] = {"add", "sub", "mul", "div", "sqrt", "rcp", "fma"};
  T *x = managed<T>(kCount * 3), *out = managed<T>(kCount * 28), want[7];
  for (int i = 0; i < kCount * 3; ++i)
    x[i] = anyNumber<T>();
  kernel<<<kCount / 256, 256>>>(x, out);
  wait();
  for (int i = 0; i < kCount; ++i)
    for (int mode = 0; mode < 4; ++mode) {
      reference(mode, x[3 * i], x[3 * i + 1], x[3 * i + 2], want);
      for (int k = 0; k < 7; ++k) {
        T got = out[28 * i + 7 * mode + k];
        // The sign of an exact zero sum is the mode's on processors, and always + here.
        if (got != want[k] && !(std::isnan(got) && std::isnan(want[k])) && failures++ < 20)
          std::printf("FAIL %s, mode %d, of (%a, %a, %a): %a, not %a\n", operations[k], mode,
                      double(x[3 * i]), double(x[3 * i + 1]), double(x[3 * i + 2]), double(got),
                      double(want[k]));
      }
    }
}

// --- small integers in a word ---

struct Word {
  const char *name;
  int width;
  bool isSigned;
  long (*field)(long a, long b, int width); // before it is cut to its width
  bool isSum;
};
long clampTo(long value, long low, long high) {
  return value < low ? low : value > high ? high : value;
}
#define SIGNED_CLAMP(v) clampTo(v, -(1l << (w - 1)), (1l << (w - 1)) - 1)
#define UNSIGNED_CLAMP(v) clampTo(v, 0, (1l << w) - 1)
// clang-format off
#define WORDS(X)                                                                                   \
  X(vabs, true, std::labs(a)) X(vabsss, true, SIGNED_CLAMP(std::labs(a))) X(vneg, true, -a)        \
  X(vnegss, true, SIGNED_CLAMP(-a)) X(vabsdiffs, true, std::labs(a - b))                           \
  X(vabsdiffu, false, std::labs(a - b)) X(vadd, false, a + b) X(vaddss, true, SIGNED_CLAMP(a + b)) \
  X(vaddus, false, UNSIGNED_CLAMP(a + b)) X(vsub, false, a - b)                                    \
  X(vsubss, true, SIGNED_CLAMP(a - b)) X(vsubus, false, UNSIGNED_CLAMP(a - b))                     \
  X(vavgs, true, long(std::round((a + b) / 2.0))) X(vavgu, false, (a + b + 1) / 2)                 \
  X(vhaddu, false, (a + b) / 2) X(vmaxs, true, a > b ? a : b) X(vmaxu, false, a > b ? a : b)       \
  X(vmins, true, a < b ? a : b) X(vminu, false, a < b ? a : b)                                     \
  X(vcmpeq, true, -(a == b)) X(vcmpne, true, -(a != b)) X(vcmpges, true, -(a >= b))                \
  X(vcmpgeu, false, -(a >= b)) X(vcmpgts, true, -(a > b)) X(vcmpgtu, false, -(a > b))              \
  X(vcmples, true, -(a <= b)) X(vcmpleu, false, -(a <= b)) X(vcmplts, true, -(a < b))              \
  X(vcmpltu, false, -(a < b)) X(vseteq, true, a == b) X(vsetne, true, a != b)                      \
  X(vsetges, true, a >= b) X(vsetgeu, false, a >= b) X(vsetgts, true, a > b)                       \
  X(vsetgtu, false, a > b) X(vsetles, true, a <= b) X(vsetleu, false, a <= b)                      \
  X(vsetlts, true, a < b) X(vsetltu, false, a < b)
// clang-format on
#define ROWS(name, isSigned, value)                                                                \
  {#name "2", 16, isSigned, [](long a, long b, int w) -> long { return (void)b, (void)w, value; }, \
   false},                                                                                         \
      {#name "4", 8, isSigned,                                                                     \
       [](long a, long b, int w) -> long { return (void)b, (void)w, value; }, false},
const Word kWords[] = {
    WORDS(ROWS){"vsads2", 16, true, [](long a, long b, int) { return std::labs(a - b); }, true},
    {"vsads4", 8, true, [](long a, long b, int) { return std::labs(a - b); }, true},
    {"vsadu2", 16, false, [](long a, long b, int) { return std::labs(a - b); }, true},
    {"vsadu4", 8, false, [](long a, long b, int) { return std::labs(a - b); }, true}};
constexpr int kWordCount = sizeof(kWords) / sizeof(kWords[0]);
__global__ void words(const unsigned *x, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned a = x[2 * i], b = x[2 * i + 1], *o = out + kWordCount * i;
  int k = 0;
#define ALONE(name) o[k++] = __##name##2(a), o[k++] = __##name##4(a);
#define PAIR(name) o[k++] = __##name##2(a, b), o[k++] = __##name##4(a, b);
  // clang-format off
  ALONE(vabs) ALONE(vabsss) ALONE(vneg) ALONE(vnegss) PAIR(vabsdiffs) PAIR(vabsdiffu) PAIR(vadd)
  PAIR(vaddss) PAIR(vaddus) PAIR(vsub) PAIR(vsubss) PAIR(vsubus) PAIR(vavgs) PAIR(vavgu)
  PAIR(vhaddu) PAIR(vmaxs) PAIR(vmaxu) PAIR(vmins) PAIR(vminu) PAIR(vcmpeq) PAIR(vcmpne)
  PAIR(vcmpges) PAIR(vcmpgeu) PAIR(vcmpgts) PAIR(vcmpgtu) PAIR(vcmples) PAIR(vcmpleu)
  PAIR(vcmplts) PAIR(vcmpltu) PAIR(vseteq) PAIR(vsetne) PAIR(vsetges) PAIR(vsetgeu) PAIR(vsetgts)
  PAIR(vsetgtu) PAIR(vsetles) PAIR(vsetleu) PAIR(vsetlts) PAIR(vsetltu) PAIR(vsads) PAIR(vsadu)
  // clang-format on
}
void checkWords() {
  constexpr int count = 4096;
  unsigned *x = managed<unsigned>(count * 2), *out = managed<unsigned>(count * kWordCount);
  const unsigned special[] = {0,           0x80008000u, 0x7fff7fffu, 0x80808080u,
                              0x7f7f7f7fu, ~0u,         0x01010101u};
  for (int i = 0; i < count * 2; ++i)
    x[i] = i < 98 ? special[i % 2 ? i / 2 / 7 : i / 2 % 7] : unsigned(next());
  words<<<count / 256, 256>>>(x, out);
  wait();
  for (int i = 0; i < count; ++i)
    for (int k = 0; k < kWordCount; ++k) {
      const Word &word = kWords[k];
      unsigned want = 0;
      for (int at = 0; at < 32; at += word.width) {
        unsigned mask = (1u << word.width) - 1;
        long a = x[2 * i] >> at & mask, b = x[2 * i + 1] >> at & mask;
        if (word.isSigned) {
          a -= a >> (word.width - 1) << word.width;
          b -= b >> (word.width - 1) << word.width;
        }
        long value = word.field(a, b, word.width);
        want = word.isSum ? want + unsigned(value) : want | (unsigned(value) & mask) << at;
      }
      if (out[kWordCount * i + k] != want && failures++ < 20)
        std::printf("FAIL %s(%08x, %08x): %08x, not %08x\n", word.name, x[2 * i], x[2 * i + 1],
                    out[kWordCount * i + k], want);
    }
}

// --- others ---

constexpr int kOthers = 12;
__global__ void others(const unsigned *x, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned a = x[2 * i], b = x[2 * i + 1];
  int *o = out + kOthers * i, s = int(a), t = int(b);
  o[0] = int(__fns(a, b & 31, int(b >> 8 & 15) - 8));
  o[1] = __dp4a(s, t, 7);
  o[2] = int(__dp4a(a, b, 7u));
  o[3] = __dp2a_lo(s, t, 7);
  o[4] = int(__dp2a_hi(a, b, 7u));
  o[5] = int(__viaddmax_s16x2(a, b, 0x00100010u));
  o[6] = int(__vimin3_u16x2(a, b, a ^ b));
  o[7] = __viaddmin_s32_relu(s / 4, t / 4, 1000);
  bool high, low;
  o[8] = int(__vibmax_u16x2(a, b, &high, &low));
  o[9] = high * 2 + low;
  o[10] = __vimax3_s32(s, t, 5);
  o[11] = int(__vimax_s16x2_relu(a, b));
}
int findNth(unsigned mask, int base, int offset) {
  if (offset == 0)
    return mask >> base & 1 ? base : -1;
  int left = std::abs(offset);
  for (int p = base; p >= 0 && p<32; p += offset> 0 ? 1 : -1)
    if ((mask >> p & 1) && --left == 0)
      return p;
  return -1;
}
template <class F> int halves(unsigned a, unsigned b, unsigned c, F f) {
  return int(unsigned(f(a & 0xffff, b & 0xffff, c & 0xffff) & 0xffff) |
             unsigned(f(a >> 16, b >> 16, c >> 16) & 0xffff) << 16);
}
void checkOthers() {
  constexpr int count = 4096;
  unsigned *x = managed<unsigned>(count * 2);
  int *out = managed<int>(count * kOthers);
  for (int i = 0; i < count * 2; ++i)
    x[i] = unsigned(next());
  others<<<count / 256, 256>>>(x, out);
  wait();
  auto s8 = [](unsigned word, int i) { return int((signed char)(word >> 8 * i)); };
  auto u8 = [](unsigned word, int i) { return word >> 8 * i & 0xff; };
  for (int i = 0; i < count; ++i) {
    unsigned a = x[2 * i], b = x[2 * i + 1];
    int s = int(a), t = int(b), want[kOthers] = {};
    want[0] = findNth(a, b & 31, int(b >> 8 & 15) - 8);
    want[1] = 7, want[2] = 7;
    for (int k = 0; k < 4; ++k)
      want[1] += s8(a, k) * s8(b, k), want[2] += int(u8(a, k) * u8(b, k));
    want[3] = 7 + short(a) * s8(b, 0) + short(a >> 16) * s8(b, 1);
    want[4] = int(7 + (a & 0xffff) * u8(b, 2) + (a >> 16) * u8(b, 3));
    want[5] = halves(a, b, 0x00100010u, [](unsigned p, unsigned q, unsigned r) {
      return std::max(short(p + q), short(r));
    });
    want[6] = halves(a, b, a ^ b, [](unsigned p, unsigned q, unsigned r) {
      return std::min(std::min(p, q), r);
    });
    want[7] = std::max(std::min(s / 4 + t / 4, 1000), 0);
    want[8] = halves(a, b, 0, [](unsigned p, unsigned q, unsigned) { return std::max(p, q); });
    want[9] = (a >> 16 >= b >> 16) * 2 + ((a & 0xffff) >= (b & 0xffff));
    want[10] = std::max(std::max(s, t), 5);
    want[11] = halves(a, b, 0, [](unsigned p, unsigned q, unsigned) {
      return std::max(std::max(short(p), short(q)), short(0));
    });
    for (int k = 0; k < kOthers; ++k)
      if (out[kOthers * i + k] != want[k] && failures++ < 20)
        std::printf("FAIL other %d of (%08x, %08x): %08x, not %08x\n", k, a, b,
                    unsigned(out[kOthers * i + k]), unsigned(want[k]));
  }
}

// --- fast functions ---

constexpr int kFast = 9;
__global__ void fast(const float *x, const float *y, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float *o = out + kFast * i, size = fabsf(x[i]);
  o[0] = __expf(x[i]);
  o[1] = __exp10f(x[i]);
  o[2] = __logf(size);
  o[3] = __log2f(size);
  o[4] = __log10f(size);
  o[5] = __sinf(x[i]);
  o[6] = __cosf(x[i]);
  o[7] = __fdividef(x[i], y[i]);
  o[8] = __saturatef(x[i]);
}
double ulpsApart(float got, double want) {
  float rounded = float(want);
  if (got == rounded)
    return 0;
  float step = std::nextafter(std::fabs(rounded), INFINITY) - std::fabs(rounded);
  return std::fabs(got - double(rounded)) / step;
}
void expectFast(const char *name, float x, float got, double want, double ulps, double absolute) {
  bool tiny = std::fabs(want) < 0x1p-126; // may be flushed to zero
  bool holds =
      ulpsApart(got, want) <= ulps || std::fabs(got - want) <= absolute || (tiny && got == 0);
  if (!holds && failures++ < 20)
    std::printf("FAIL %s(%.9g): %.9g, not %.9g\n", name, x, got, want);
}
void checkFast() {
  float *x = managed<float>(kCount), *y = managed<float>(kCount),
        *out = managed<float>(kCount * kFast);
  for (int i = 0; i < kCount; ++i) {
    double unit = double(next() % 2000001) / 1000000 - 1;
    x[i] = float(unit * (i % 3 == 0 ? 3.1415926 : i % 3 == 1 ? 80 : 2));
    y[i] = float(std::ldexp(0.5 + std::fabs(unit), int(next() % 240) - 120));
  }
  fast<<<kCount / 256, 256>>>(x, y, out);
  wait();
  for (int i = 0; i < kCount; ++i) {
    const float *o = out + kFast * i;
    double a = x[i], size = std::fabs(a);
    bool nearOne = size >= 0.5 && size <= 2;
    expectFast("__expf", x[i], o[0], std::exp(a), 2 + std::floor(1.173 * size), 0);
    expectFast("__exp10f", x[i], o[1], std::pow(10, a), 2 + std::floor(2.97 * size), 0);
    if (size > 0) {
      expectFast("__logf", x[i], o[2], std::log(size), nearOne ? 0 : 3,
                 nearOne ? 0x1p-21 * 0.7526 : 0);
      expectFast("__log2f", x[i], o[3], std::log2(size), nearOne ? 0 : 2, nearOne ? 0x1p-22 : 0);
      expectFast("__log10f", x[i], o[4], std::log10(size), nearOne ? 0 : 3, nearOne ? 0x1p-24 : 0);
    }
    if (size <= 3.1415926535) {
      expectFast("__sinf", x[i], o[5], std::sin(a), 0, 0x1p-21 * 0.7526); // 2^-21.41
      expectFast("__cosf", x[i], o[6], std::cos(a), 0, 0x1p-21 * 0.8766); // 2^-21.19
    }
    expectFast("__fdividef", x[i], o[7], a / y[i], 2, 0);
    expectFast("__saturatef", x[i], o[8], a > 1 ? 1 : a > 0 ? a : 0, 0, 0);
  }
}

int main() {
  checkRounding<float>(round_float, roundedFloats);
  checkRounding<double>(round_double, roundedDoubles);
  checkWords();
  checkOthers();
  checkFast();
  std::printf("intrinsics: %d failures\n", failures);
  return failures != 0;
}
