// Integer operations and conversions, at the places where processors differ.
#include "check.h"

// Host code may not do what C++ leaves undefined: these say what CUDA gives.
#ifdef __CUDA_ARCH__
#define ON_DEVICE 1
#else
#define ON_DEVICE 0
#endif

__host__ __device__ inline int special(const int *in, unsigned i) {
  const int values[] = {0, 1, -1, 2, -2, 7, int(0x80000000u), 0x7fffffff, 100, -37, 65536, 3};
  return i % 16 < 12 ? values[i % 16] : in[i % kInputs];
}

// Divisors that are zero only where the lane is off.
BODY(GuardedDivision) {
  int a = special(in, t.id()), b = special(in, t.id() / 12);
  out[0] = b != 0 && !(b == -1 && a == int(0x80000000u)) ? a / b : -9;
  if (b > 0)
    out[1] = a % b;
  unsigned u = unsigned(a), v = unsigned(b);
  if (v) {
    out[2] = int(u / v);
    out[3] = int(u % v);
  }
}

BODY(GuardedWideDivision) {
  long long a = (long long)special(in, t.id()) << 20, b = special(in, t.id() / 12);
  if (b != 0) {
    out[0] = int(a / b);
    out[1] = int(a % b);
    out[2] = int((unsigned long long)a / (unsigned long long)b);
    out[3] = int((unsigned long long)a % (unsigned long long)b >> 3);
  }
}

// A uniform divisor that is zero in a block where no thread divides.
BODY(UniformGuardedDivision) {
  int d = int(t.blockX);
  if (d != 0)
    out[0] = int(t.x) / d;
  int e = in[t.blockY] & 0;
  out[1] = e == 0 ? 5 : 100 / e;
  out[2] = t.lane() > 64 ? 7 / (int(t.columns) - int(t.columns)) : 1;
}

BODY(NarrowDivision) {
  signed char a = (signed char)special(in, t.id()), b = (signed char)special(in, t.id() / 12);
  short c = (short)special(in, t.id() + 5);
  if (b) {
    out[0] = a / b;
    out[1] = c % b;
  }
  out[2] = int(t.id()) / 7 + int(t.id()) % 10;
  out[3] = -int(t.id()) / 16;
}

// Shifts by the width or more: everything is shifted out (PTX ISA, "shl", "shr").
BODY(WideShifts) {
  unsigned n = t.lane() * 2, v = unsigned(special(in, t.id())) | 1u;
  if (ON_DEVICE) {
    out[0] = int(v << n);
    out[1] = int(v >> n);
    out[2] = int(v) >> n;
    out[3] = int((unsigned long long)v << (n * 2) >> 4);
  } else {
    out[0] = n < 32 ? int(v << n) : 0;
    out[1] = n < 32 ? int(v >> n) : 0;
    out[2] = int(v) >> (n < 32 ? n : 31);
    out[3] = n * 2 < 64 ? int((unsigned long long)v << (n * 2) >> 4) : 0;
  }
}

BODY(MaskedShifts) {
  int s = special(in, t.id());
  unsigned v = unsigned(in[t.id() % kInputs]);
  out[0] = int((v << (s & 31)) | (v >> (-s & 31)));
  out[1] = int(v) >> (s & 7);
  long long w = (long long)v * s;
  out[2] = int(w >> (s & 63));
  out[3] = int((unsigned short)v << (s & 15));
}

// Conversions of what does not fit: the nearest integer, and 0 for no number (PTX ISA, "cvt").
BODY(FloatToInteger) {
  const float values[] = {0.0f,           1.5f,   -1.5f,         3e9f,   -3e9f,
                          5e9f,           -0.0f,  1e20f,         -1e20f, 2147483520.0f,
                          -2147483648.0f, 1e-30f, 4294967040.0f, -0.99f};
  float f = t.lane() % 16 < 14 ? values[t.lane() % 16] : t.lane() & 16 ? NAN : INFINITY;
  if (ON_DEVICE) {
    out[0] = int(f);
    out[1] = int(unsigned(f));
    out[2] = (long long)f == (long long)(double)f || f != f;
    out[3] = (unsigned long long)f > 5000000000ull;
  } else {
    double d = f;
    out[0] = d != d               ? 0
             : d >= 2147483647.0  ? 0x7fffffff
             : d <= -2147483648.0 ? -0x7fffffff - 1
                                  : int(d);
    out[1] = d != d ? 0 : d >= 4294967295.0 ? -1 : d <= 0 ? 0 : int(unsigned(d));
    out[2] = 1;
    out[3] = d != d || d > 5e9;
  }
}

BODY(DoubleToInteger) {
  const double values[] = {0.0,   1.5,   -1.5,   3e9,          -3e9,   1e19,
                           -1e19, 1e300, -1e300, 2147483647.5, 9.3e18, -1};
  double d = values[t.lane() % 12];
  if (ON_DEVICE) {
    out[0] = int(d);
    out[1] = int(unsigned(d));
    *(long long *)(out + 2) = (long long)d;
  } else {
    out[0] = d >= 2147483647.0 ? 0x7fffffff : d <= -2147483648.0 ? -0x7fffffff - 1 : int(d);
    out[1] = d >= 4294967295.0 ? -1 : d <= 0 ? 0 : int(unsigned(d));
    *(long long *)(out + 2) = d >= 9223372036854775807.0    ? 0x7fffffffffffffffll
                              : d <= -9223372036854775808.0 ? -0x7fffffffffffffffll - 1
                                                            : (long long)d;
  }
}

BODY(IntegerToFloat) {
  int v = special(in, t.id());
  float a = float(v), b = float(unsigned(v));
  double c = double((long long)v * 1234567), d = double((unsigned long long)(long long)v);
  memcpy(out, &a, 4);
  memcpy(out + 1, &b, 4);
  out[2] = c < d;
  out[3] = int(c / 4e6);
}

BODY(UnsignedOverflow) {
  unsigned v = unsigned(special(in, t.id())), w = unsigned(special(in, t.id() / 3));
  out[0] = int(v * w + 12345u);
  out[1] = int((unsigned long long)v * w >> 32);
  out[2] = int((long long)(int)v * (int)w >> 32);
  out[3] = int(v - w < v);
}

BODY(BitCounts) {
  unsigned v = unsigned(special(in, t.id()));
#ifdef __CUDA_ARCH__
  out[0] = __popc(v) * 100 + __clz(int(v));
  out[1] = __ffs(int(v)) * 100 + __popcll((unsigned long long)v << 16);
  out[2] = int(__brev(v));
  out[3] = __clzll((long long)v) * 100 + __ffsll((long long)v << 7);
#else
  unsigned reversed = 0;
  for (int i = 0; i < 32; ++i)
    reversed |= (v >> i & 1) << (31 - i);
  out[0] = __builtin_popcount(v) * 100 + (v ? __builtin_clz(v) : 32);
  out[1] = __builtin_ffs(int(v)) * 100 + __builtin_popcountll((unsigned long long)v << 16);
  out[2] = int(reversed);
  out[3] = (v ? __builtin_clzll(v) : 64) * 100 +
           __builtin_ffsll((long long)((unsigned long long)v << 7));
#endif
}

// Minimum and maximum ignore what is no number.
BODY(MinimumAndMaximum) {
  float a = t.lane() % 5 == 0 ? NAN : float(special(in, t.id())),
        b = t.lane() % 7 == 0 ? NAN : float(special(in, t.id() / 3));
  float low = fminf(a, b), high = fmaxf(a, b);
  out[0] = low != low ? 77 : low < 0 ? -1 : low > 100 ? 1 : int(low);
  out[1] = high != high ? 77 : high < 0 ? -1 : high > 100 ? 1 : int(high);
  double dl = fmin(double(a), double(b)), dh = fmax(double(a), double(b));
  out[2] = dl != dl ? 77 : dl < 0 ? -1 : 1;
  out[3] = dh != dh ? 77 : dh < 0 ? -1 : 1;
}

BODY(Comparisons) {
  float a = t.lane() % 5 == 0 ? NAN : float(int(t.x) - 9), b = t.lane() % 3 == 0 ? NAN : 2.0f;
  out[0] = (a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 | (a == b) << 4 | (a != b) << 5 |
           !(a < b) << 6 | !(a >= b) << 7;
  out[1] = std::isnan(a) | std::isinf(b) << 1;
  int i = special(in, t.id());
  out[2] = (i < 0) | (unsigned(i) < 5u) << 1 | (i == -1) << 2;
}

// Sums, products and roots have one right result; fused ones are asked for by name.
BODY(ExactFloats) {
  float a = float(in[t.id() % kInputs] & 0xffff) * 0.37f, b = float(t.id() + 1) * 1.1f;
  float q = a / b, r = sqrtf(a), f = fmaf(a, b, -q);
  memcpy(out, &q, 4);
  memcpy(out + 1, &r, 4);
  memcpy(out + 2, &f, 4);
  float n = rintf(a) + truncf(b) * 2 + floorf(-b) + ceilf(a);
  memcpy(out + 3, &n, 4);
}

int main() {
  checkBodies<GuardedDivision, GuardedWideDivision, UniformGuardedDivision, NarrowDivision,
              WideShifts, MaskedShifts, FloatToInteger, DoubleToInteger, IntegerToFloat,
              UnsignedOverflow, BitCounts, MinimumAndMaximum, Comparisons, ExactFloats>(3);
  return finish();
}
