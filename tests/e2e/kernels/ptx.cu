// Inline assembly, instruction by instruction, against plain C++ on the host: every operation gets
// the same numbers on both sides, corner cases among them.
#include "check.h"

#include <cstdint>

using u32 = uint32_t;
using s32 = int32_t;
using u64 = uint64_t;
using s64 = int64_t;

#ifdef __CUDA_ARCH__
#define EITHER(device, host) device
#else
#define EITHER(device, host) host
#endif

__host__ __device__ inline u32 bits(float x) {
  u32 word;
  memcpy(&word, &x, 4);
  return word;
}
__host__ __device__ inline float number(u32 word) {
  float x;
  memcpy(&x, &word, 4);
  return x;
}
__host__ __device__ inline u64 bits(double x) {
  u64 word;
  memcpy(&word, &x, 8);
  return word;
}
__host__ __device__ inline double number(u64 word) {
  double x;
  memcpy(&x, &word, 8);
  return x;
}

// OP_r(Name, "instruction", C++ expression): 32-bit operands a, b, c and as many wide ones A, B, C.
#define OP(Name, type, out, in, x, y, z, text, model)                                              \
  struct Name {                                                                                    \
    static const char *name() { return text; }                                                     \
    __host__ __device__ static u64 run([[maybe_unused]] u32 a, [[maybe_unused]] u32 b,             \
                                       [[maybe_unused]] u32 c, [[maybe_unused]] u64 A,             \
                                       [[maybe_unused]] u64 B, [[maybe_unused]] u64 C) {           \
      type r;                                                                                      \
      EITHER(asm(text : out(r) : in(x), in(y), in(z)), r = type(model));                           \
      return u64(r);                                                                               \
    }                                                                                              \
  };
#define OP_r(Name, text, model) OP(Name, u32, "=r", "r", a, b, c, text, model)
#define OP_l(Name, text, model) OP(Name, u64, "=l", "l", A, B, C, text, model)
// The results of floats are compared as bits; their operands are the integers' bits.
#define OP_f(Name, text, model)                                                                    \
  struct Name {                                                                                    \
    static const char *name() { return text; }                                                     \
    __host__ __device__ static u64 run(u32 a, u32 b, u32 c, u64, u64, u64) {                       \
      [[maybe_unused]] float x = number(a), y = number(b), z = number(c);                          \
      float r;                                                                                     \
      EITHER(asm(text : "=f"(r) : "f"(x), "f"(y), "f"(z)), r = model);                             \
      return r != r ? 0x7fffffff : bits(r);                                                        \
    }                                                                                              \
  };
#define OP_d(Name, text, model)                                                                    \
  struct Name {                                                                                    \
    static const char *name() { return text; }                                                     \
    __host__ __device__ static u64 run(u32, u32, u32, u64 A, u64 B, u64 C) {                       \
      [[maybe_unused]] double x = number(A), y = number(B), z = number(C);                         \
      double r;                                                                                    \
      EITHER(asm(text : "=d"(r) : "d"(x), "d"(y), "d"(z)), r = model);                             \
      return r != r ? 0x7fffffff : bits(r);                                                        \
    }                                                                                              \
  };
// A 32-bit result of a float and back.
#define OP_rf(Name, text, model)                                                                   \
  struct Name {                                                                                    \
    static const char *name() { return text; }                                                     \
    __host__ __device__ static u64 run(u32 a, u32 b, u32, u64, u64, u64) {                         \
      [[maybe_unused]] float x = number(a), y = number(b);                                         \
      u32 r;                                                                                       \
      EITHER(asm(text : "=r"(r) : "f"(x), "f"(y)), r = u32(model));                                \
      return r;                                                                                    \
    }                                                                                              \
  };

// --- Models ---

__host__ __device__ inline s64 clampTo(s64 x, s64 low, s64 high) {
  return x < low ? low : x > high ? high : x;
}
__host__ __device__ inline u32 popCountOf(u64 x) {
  u32 count = 0;
  for (; x; x &= x - 1)
    ++count;
  return count;
}
__host__ __device__ inline u32 highest(u64 x) {
  u32 at = ~0u;
  for (u32 i = 0; i < 64; ++i)
    if (x >> i & 1)
      at = i;
  return at;
}
__host__ __device__ inline u32 reversed(u32 x) {
  u32 result = 0;
  for (u32 i = 0; i < 32; ++i)
    result |= (x >> i & 1) << (31 - i);
  return result;
}
__host__ __device__ inline u32 lut(u32 a, u32 b, u32 c, u32 table) {
  u32 result = 0;
  for (u32 i = 0; i < 32; ++i)
    result |= (table >> ((a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1)) & 1) << i;
  return result;
}
__host__ __device__ inline u32 permuted(u32 a, u32 b, u32 selector) {
  u64 both = u64(b) << 32 | a;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    u32 pick = selector >> (4 * i) & 15, byte = both >> (8 * (pick & 7)) & 255;
    if (pick & 8)
      byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}
__host__ __device__ inline u64 extracted(u64 x, u32 position, u32 length, u32 width,
                                         bool isSigned) {
  position &= 255, length &= 255;
  bool sign = isSigned && length &&
              x >> (position + length - 1 < width - 1 ? position + length - 1 : width - 1) & 1;
  u64 result = 0;
  for (u32 i = 0; i < width; ++i) {
    bool bit = i < length && position + i < width ? x >> (position + i) & 1 : sign;
    result |= u64(bit) << i;
  }
  return result;
}
__host__ __device__ inline u32 inserted(u32 field, u32 x, u32 position, u32 length) {
  position &= 255, length &= 255;
  for (u32 i = 0; i < length && position + i < 32; ++i)
    x = (x & ~(1u << (position + i))) | (field >> i & 1) << (position + i);
  return x;
}
__host__ __device__ inline s64 signedPart(u32 x, u32 i, u32 width) {
  return s64(u64(x) << (64 - width * (i + 1))) >> (64 - width);
}
__host__ __device__ inline s64 part(u32 x, u32 i, u32 width) {
  return x >> (i * width) & ((1ull << width) - 1);
}
__host__ __device__ inline u32 sumOfDifferences(u32 a, u32 b, u32 c) {
  for (u32 i = 0; i < 4; ++i) {
    s64 d = part(a, i, 8) - part(b, i, 8);
    c += u32(d < 0 ? -d : d);
  }
  return c;
}
__host__ __device__ inline float flushedModel(float x) {
  return (bits(x) & 0x7f800000) == 0 ? number(bits(x) & 0x80000000) : x;
}
__host__ __device__ inline float unit(float x) { return x >= 1 ? 1 : x > 0 ? x : 0; }
__host__ __device__ inline u32 wholeOf(double x, double low, double high) {
  return x != x ? 0 : x <= low ? u32(s64(low)) : x >= high ? u32(s64(high)) : u32(s64(x));
}
__host__ __device__ inline float smaller(float x, float y) {
  if (x != x || y != y)
    return x != x ? y : x;
  return x == y ? number(bits(x) | bits(y)) : x < y ? x : y;
}

// --- Operations ---

OP_r(AddU32, "add.u32 %0, %1, %2;",
     a + b) OP_r(AddSat, "add.sat.s32 %0, %1, %2;",
                 clampTo(s64(s32(a)) + s32(b), INT32_MIN,
                         INT32_MAX)) OP_r(SubSat, "sub.sat.s32 %0, %1, %2;",
                                          clampTo(s64(s32(a)) - s32(b), INT32_MIN, INT32_MAX))
    OP_l(AddU64, "add.u64 %0, %1, %2;", A + B) OP_l(
        AddCarry,
        "{ .reg .b32 a0, a1, b0, b1; mov.b64 {a0, a1}, %1; mov.b64 {b0, b1}, %2;\n\t"
        "add.cc.u32 a0, a0, b0; // low\n\t addc.u32 a1, a1, b1; /* high */ mov.b64 %0, {a0, a1}; }",
        A + B) OP_l(SubCarry,
                    "{ .reg .b32 a<2>, b<2>; mov.b64 {a0, a1}, %1; mov.b64 {b0, b1}, %2;"
                    "sub.cc.u32 a0, a0, b0; subc.u32 a1, a1, b1; mov.b64 %0, {a0, a1}; }",
                    A - B)
        OP_l(MultiplyCarry,
             "{ .reg .u32 lo, hi; .reg .u32 x, y; cvt.u32.u64 x, %1; cvt.u32.u64 y, %2;"
             "mul.lo.u32 lo, x, y; mul.hi.u32 hi, x, y; mad.lo.cc.u32 lo, x, y, lo;"
             "madc.hi.u32 hi, x, y, hi; mov.b64 %0, {lo, hi}; }",
             2 * (u64(u32(A)) * u32(B))) OP_r(MulHiS, "mul.hi.s32 %0, %1, %2;",
                                              s64(s32(a)) * s32(b) >>
                                                  32) OP_r(MulHiU, "mul.hi.u32 %0, %1, %2;",
                                                           u64(a) * b >> 32)
            OP_l(MulHi64, "mul.hi.u64 %0, %1, %2;", (unsigned __int128)(A)*B >> 64) OP_r(
                MadLo, "mad.lo.s32 %0, %1, %2, %3;",
                a *b + c) OP_r(MadSat, "mad.hi.sat.s32 %0, %1, %2, %3;",
                               clampTo((s64(s32(a)) * s32(b) >> 32) + s32(c), INT32_MIN,
                                       INT32_MAX)) OP_r(Mul24, "mul24.lo.s32 %0, %1, %2;",
                                                        s64(s32(a << 8) >> 8) * (s32(b << 8) >> 8))
                OP_r(Mul24Hi, "mul24.hi.u32 %0, %1, %2;",
                     u64(a & 0xffffff) * (b & 0xffffff) >>
                         16) OP_r(Mad24, "mad24.lo.u32 %0, %1, %2, %3;",
                                  (a & 0xffffff) * (b & 0xffffff) +
                                      c) OP_r(Sad, "sad.s32 %0, %1, %2, %3;",
                                              (s32(a) < s32(b) ? b - a : a - b) +
                                                  c) OP_r(DivU, "div.u32 %0, %1, %2;",
                                                          b ? a / b
                                                            : ~0u)
                    OP_r(RemS, "rem.s32 %0, %1, %2;",
                         !b ? a
                         : s32(b) ==
                                 -1
                             ? 0
                             : u32(s32(a) % s32(b))) OP_r(AbsS, "abs.s32 %0, %1;",
                                                          s32(a) < 0
                                                              ? 0 - a
                                                              : a) OP_r(NegS,
                                                                        "neg.s32 %0, %1;", 0 - a)
                        OP_r(MinS, "min.s32 %0, %1, %2;", s32(a) < s32(b) ? a : b) OP_r(
                            MaxU, "max.u32 %0, %1, %2;",
                            a > b
                                ? a
                                : b) OP_r(Dp4a, "dp4a.s32.u32 %0, %1, %2, %3;",
                                          c + signedPart(a, 0, 8) * part(b, 0, 8) +
                                              signedPart(a, 1, 8) * part(b, 1, 8) +
                                              signedPart(a, 2, 8) * part(b, 2, 8) +
                                              signedPart(a, 3, 8) * part(b, 3, 8))
                            OP_r(Dp2a, "dp2a.hi.s32.s32 %0, %1, %2, %3;",
                                 c + signedPart(a, 0, 16) * signedPart(b, 2, 8) +
                                     signedPart(a, 1, 16) *
                                         signedPart(b, 3, 8)) OP_r(And, "and.b32 %0, %1, %2;", a &b)
                                OP_r(XorNot, "{ .reg .b32 t; not.b32 t, %2; xor.b32 %0, %1, t; }",
                                     a ^ ~b) OP_r(Cnot, "cnot.b32 %0, %1;",
                                                  a == 0) OP_r(Shl,
                                                               "shl.b32 %0, %1, %2;", b > 31 ? 0 : a << b)
                                    OP_r(ShrU, "shr.u32 %0, %1, %2;", b > 31 ? 0 : a >> b) OP_r(
                                        ShrS, "shr.s32 %0, %1, %2;",
                                        s32(a) >> (b > 31
                                                       ? 31
                                                       : b)) OP_r(ShfL, "shf.l.wrap.b32 %0, %1, %2, %3;",
                                                                  (u64(b) << 32 | a) << (c & 31) >>
                                                                      32)
                                        OP_r(
                                            ShfR,
                                            "shf.r.clamp.b32 %0, %1, %2, %3;",
                                            (u64(b) << 32 | a) >>
                                                (c > 32 ? 32
                                                        : c)) OP_r(Lop3, "lop3.b32 %0, %1, %2, %3, 0xe8;",
                                                                   lut(a, b, c, 0xe8))
                                            OP_r(Lop3Other, "lop3.b32 %0, %1, %2, %3, 0x1b;", lut(a, b, c, 0x1b)) OP_r(
                                                Prmt,
                                                "prmt.b32 %0, %1, %2, %3;",
                                                permuted(
                                                    a, b, c)) OP_r(PrmtF4e, "prmt.b32.f4e %0, %1, %2, %3;",
                                                                   (u64(b) << 32 | a) >>
                                                                       (8 * (c & 3)))
                                                OP_r(PrmtRc16, "prmt.b32.rc16 %0, %1, %2, %3;",
                                                     permuted(
                                                         a,
                                                         b,
                                                         c & 1 ? 0x3232
                                                               : 0x1010)) OP_r(BfeU,
                                                                               "bfe.u32 %0, %1, "
                                                                               "%2, "
                                                                               "%3;",
                                                                               extracted(a, b, c, 32, false))
                                                    OP_r(BfeS, "bfe.s32 %0, %1, %2, %3;",
                                                         extracted(a, b, c, 32,
                                                                   true)) OP_r(BfeShort, "{ .reg .u32 p, n; and.b32 p, %2, 31; and.b32 n, %3, 15; bfe.s32 %0, %1, p, n; }", extracted(a, b & 31, c & 15, 32, true)) OP_r(Bfi,
                                                                                                                                                                                                                         "{ .reg .u32 p, n; and.b32 p, %2, 31; and.b32 n, %3, 63; bfi.b32 %0, %1, %3, p, n; }", inserted(a, c, b & 31, c & 63)) OP_r(BfindU,
                                                                                                                                                                                                                                                                                                                                                     "bfind.u32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                     highest(a)) OP_r(BfindS,
                                                                                                                                                                                                                                                                                                                                                                      "bfind.s32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                      highest(
                                                                                                                                                                                                                                                                                                                                                                          s32(a) < 0 ? ~a
                                                                                                                                                                                                                                                                                                                                                                                     : a)) OP_r(BfindShift,
                                                                                                                                                                                                                                                                                                                                                                                                "bfind.shiftamt.u32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                a ? 31 - highest(a) : ~0u) OP_r(Brev,
                                                                                                                                                                                                                                                                                                                                                                                                                                "brev.b32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                                                reversed(a)) OP_r(Popc,
                                                                                                                                                                                                                                                                                                                                                                                                                                                  "popc.b32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                  popCountOf(
                                                                                                                                                                                                                                                                                                                                                                                                                                                      a)) OP_r(Clz,
                                                                                                                                                                                                                                                                                                                                                                                                                                                               "clz.b32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                               a ? 31 -
                                                                                                                                                                                                                                                                                                                                                                                                                                                                       highest(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                           a)
                                                                                                                                                                                                                                                                                                                                                                                                                                                                 : 32) OP_r(Szext, "szext.wrap.s32 %0, %1, %2;", b & 31 ? u32(s64(u64(a) << (64 - (b & 31))) >> (64 - (b & 31))) : 0) OP_r(Bmsk,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "bmsk.clamp.b32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           ((1ull
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             << (b > 32
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     ? 32
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     : b)) -
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            1) << (a > 32
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ? 32
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       : a)) OP_r(SetpAnd,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "{ .reg .pred p, q; setp.lt.s32 p|q, %1, %2; setp.ne.and.u32 p, %3, 7, p;"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "selp.u32 %0, 1, 0, p; @q add.u32 %0, %0, 2; @!p add.u32 %0, %0, 4; }",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  (s32(a) < s32(b) && c != 7 ? 1 : 4) + (s32(a) < s32(b) ? 0 : 2)) OP_r(SetU,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "set.ge.u32.u32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        a >= b ? ~0u : 0) OP_r(SetF,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "{ .reg .f32 t; set.hi.xor.f32.u32 t, %1, %2, 0; mov.b32 %0, t; }",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               a > b
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   ? 0x3f800000
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   : 0) OP_r(Slct,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "slct.u32.s32 %0, %1, %2, %3;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             s32(c) >= 0 ? a
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         : b) OP_r(Loop,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "{ .reg .pred p; .reg .u32 n, s; and.b32 n, %1, 15; mov.u32 s, %2;\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "AGAIN: setp.eq.u32 p, n, 0; @p bra DONE; mad.lo.u32 s, s, 3, n; sub.u32 n, n, 1; bra.uni "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "AGAIN;\nDONE: mov.u32 %0, s; }",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   [&] {
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     u32 s =
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         b;
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     for (
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         u32 n =
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             a &
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             15;
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         n;
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         --n)
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       s = s * 3 +
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           n;
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     return s;
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   }()) OP_r(Nested,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "{ .reg .u32 t; add.u32 t, %1, 1; { .reg .u32 t; add.u32 t, %2, 2; xor.b32 %0, t, %3; }"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             " add.u32 %0, %0, t; }",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             ((b + 2) ^
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              c) +
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 a +
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 1) OP_r(CvtS8,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "cvt.sat.s8.s32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         u32(clampTo(s32(a), -128,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     127))) OP_r(CvtU8,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "cvt.u8.u32 %0, %1;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 a & 255) OP_r(CvtS16,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "cvt.s32.s16 %0, %1;", s32(a << 16) >> 16) OP_r(CvtSatU16, "cvt.sat.u16.s32 %0, %1;", u32(clampTo(s32(a), 0, 65535))) OP_l(CvtWide,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "cvt.s64.s32 %0, %1;", s64(s32(A))) OP_f(FloatAdd,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "add.f32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   x + y) OP_f(FloatAddFtz,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "add.ftz.f32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               flushedModel(flushedModel(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                x) +
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            flushedModel(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                y))) OP_f(FloatSubSat, "sub.sat.f32 %0, %1, %2;", unit(x - y)) OP_f(FloatMul,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "mul.rn.f32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    x *y) OP_f(FloatFma,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "fma.rn.f32 %0, %1, %2, %3;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               std::fma(x,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        y, z)) OP_f(FloatMin,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "min.f32 %0, %1, %2;",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    smaller(x, y)) OP_f(FloatMaxNan, "max.NaN.f32 %0, %1, %2;", x != x || y != y ? x + y : -smaller(-x, -y)) OP_f(FloatDiv, "div.rn.f32 %0, %1, %2;", x / y) OP_f(FloatRcp, "rcp.rn.f32 %0, %1;", 1 / x) OP_f(FloatSqrt, "sqrt.rn.f32 %0, %1;", std::sqrt(x)) OP_f(FloatAbs, "{ abs.f32 %0, %1; neg.f32 %0, %0; }", -std::fabs(x)) OP_f(FloatSelect,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "{ .reg .pred p; setp.ltu.f32 p, %1, %2; selp.f32 %0, %1, 0f40490FDB, p; }", !(x >= y) ? x : number(0x40490fdbu))
                                                        OP_f(FloatWhole, "cvt.rni.f32.f32 %0, %1;", std::rint(x)) OP_f(
                                                            FloatFloorSat, "cvt.rmi.sat.f32.f32 %0, %1;",
                                                            unit(std::floor(
                                                                x))) OP_f(FloatCopySign,
                                                                          "copysign.f32 %0, %1, "
                                                                          "%2;",
                                                                          std::copysign(y, x)) OP_d(DoubleFma, "fma.rn.f64 %0, %1, %2, %3;", std::fma(x, y, z))
                                                            OP_d(DoubleDiv, "div.rn.f64 %0, %1, %2;", x / y) OP_d(
                                                                DoubleMax, "max.f64 %0, %1, %2;",
                                                                x != x ? y
                                                                : y != y
                                                                    ? x
                                                                : x > y
                                                                    ? x
                                                                    : y) OP_rf(FloatToInt,
                                                                               "cvt.rzi.s32.f32 "
                                                                               "%0, %1;",
                                                                               wholeOf(std::trunc(x), -2147483648.0, 2147483647.0))
                                                                OP_rf(FloatToUint,
                                                                      "cvt.rpi.u32.f32 %0, %1;",
                                                                      wholeOf(
                                                                          std::ceil(x),
                                                                          0,
                                                                          4294967295.0)) OP_rf(FloatToByte,
                                                                                               "{ "
                                                                                               ".r"
                                                                                               "eg"
                                                                                               " "
                                                                                               ".s"
                                                                                               "8 "
                                                                                               "t;"
                                                                                               " "
                                                                                               "cv"
                                                                                               "t."
                                                                                               "rn"
                                                                                               "i."
                                                                                               "s8"
                                                                                               "."
                                                                                               "f3"
                                                                                               "2 "
                                                                                               "t,"
                                                                                               " "
                                                                                               "%1"
                                                                                               "; "
                                                                                               "cv"
                                                                                               "t."
                                                                                               "s3"
                                                                                               "2."
                                                                                               "s8"
                                                                                               " "
                                                                                               "%0"
                                                                                               ", "
                                                                                               "t;"
                                                                                               " "
                                                                                               "}",
                                                                                               wholeOf(std::rint(x), -128, 127))
                                                                    OP_rf(FloatIsNormal, "{ .reg .pred p; testp.normal.f32 p, %1; selp.u32 %0, 1, 0, p; }",
                                                                          std::isnormal(
                                                                              x)) OP_r(FromInt,
                                                                                       "{ "
                                                                                       ".reg"
                                                                                       " ."
                                                                                       "f32 "
                                                                                       "t; "
                                                                                       "cvt."
                                                                                       "rn."
                                                                                       "f32."
                                                                                       "s32 "
                                                                                       "t, "
                                                                                       "%1; "
                                                                                       "mov."
                                                                                       "b32 "
                                                                                       "%0, "
                                                                                       "t; "
                                                                                       "}",
                                                                                       bits(float(
                                                                                           s32(a))))
                                                                        OP_r(
                                                                            VideoAdd,
                                                                            "vadd.u32.u32.u32.sat "
                                                                            "%0, %1.b1, %2.h0;",
                                                                            part(a, 1, 8) +
                                                                                part(
                                                                                    b, 0,
                                                                                    16)) OP_r(VideoSub, "vsub.s32.u32.u32.sat.add %0, %1, %2, %3;",
                                                                                              u32(clampTo(s64(a) - s64(b), INT32_MIN,
                                                                                                          INT32_MAX)) +
                                                                                                  c) OP_r(VideoShift,
                                                                                                          "vshr.u32.u32.u32.clamp.add %0, %1, %2, %3;",
                                                                                                          (b > 31 ? 0 : a >> b) +
                                                                                                              c)
                                                                            OP_r(
                                                                                VideoMerge,
                                                                                "vmax.u32.s32.s32 "
                                                                                "%0.b2, %1.b0, "
                                                                                "%2.b3, %3;",
                                                                                (u32(signedPart(
                                                                                         a, 0, 8) >
                                                                                             signedPart(
                                                                                                 b,
                                                                                                 3,
                                                                                                 8)
                                                                                         ? signedPart(
                                                                                               a, 0,
                                                                                               8)
                                                                                         : signedPart(
                                                                                               b, 3,
                                                                                               8)) &
                                                                                 255) << 16 |
                                                                                    (c &
                                                                                     0xff00ffff)) OP_r(VideoMad,
                                                                                                       "vmad.u32.u32."
                                                                                                       "u32 %0, "
                                                                                                       "%1.h0, %2.h1, "
                                                                                                       "%3;",
                                                                                                       part(a, 0, 16) *
                                                                                                               part(b, 1, 16) +
                                                                                                           c)
                                                                                OP_r(VideoMadNegated,
                                                                                     "vmad.s32."
                                                                                     "s32.s32."
                                                                                     "shr7 %0, "
                                                                                     "%1.h0, "
                                                                                     "-%2.h1, "
                                                                                     "%3;",
                                                                                     (s64(s32(c)) -
                                                                                      signedPart(
                                                                                          a,
                                                                                          0,
                                                                                          16) *
                                                                                          signedPart(
                                                                                              b,
                                                                                              1,
                                                                                              16)) >>
                                                                                         7) OP_r(VideoSad4,
                                                                                                 "v"
                                                                                                 "a"
                                                                                                 "b"
                                                                                                 "s"
                                                                                                 "d"
                                                                                                 "i"
                                                                                                 "f"
                                                                                                 "f"
                                                                                                 "4"
                                                                                                 "."
                                                                                                 "u"
                                                                                                 "3"
                                                                                                 "2"
                                                                                                 "."
                                                                                                 "u"
                                                                                                 "3"
                                                                                                 "2"
                                                                                                 "."
                                                                                                 "u"
                                                                                                 "3"
                                                                                                 "2"
                                                                                                 "."
                                                                                                 "a"
                                                                                                 "d"
                                                                                                 "d"
                                                                                                 " "
                                                                                                 "%"
                                                                                                 "0"
                                                                                                 ","
                                                                                                 " "
                                                                                                 "%"
                                                                                                 "1"
                                                                                                 ","
                                                                                                 " "
                                                                                                 "%"
                                                                                                 "2"
                                                                                                 ","
                                                                                                 " "
                                                                                                 "%"
                                                                                                 "3"
                                                                                                 ";",
                                                                                                 sumOfDifferences(
                                                                                                     a,
                                                                                                     b,
                                                                                                     c))
                                                                                    OP_r(
                                                                                        VideoAverage2,
                                                                                        "vavrg2"
                                                                                        ".u32."
                                                                                        "u32."
                                                                                        "u32 "
                                                                                        "%0, "
                                                                                        "%1, "
                                                                                        "%2, "
                                                                                        "%3;",
                                                                                        (part(a, 0,
                                                                                              16) +
                                                                                         part(b, 0,
                                                                                              16) +
                                                                                         1) >> 1 |
                                                                                            u64((part(
                                                                                                     a,
                                                                                                     1,
                                                                                                     16) +
                                                                                                 part(
                                                                                                     b,
                                                                                                     1,
                                                                                                     16) +
                                                                                                 1) >>
                                                                                                1)
                                                                                                << 16)
                                                                                        OP_r(
                                                                                            VideoSet4,
                                                                                            "vs"
                                                                                            "et"
                                                                                            "4."
                                                                                            "u3"
                                                                                            "2."
                                                                                            "u3"
                                                                                            "2."
                                                                                            "gt"
                                                                                            " %"
                                                                                            "0."
                                                                                            "b2"
                                                                                            "0,"
                                                                                            " %"
                                                                                            "1,"
                                                                                            " %"
                                                                                            "2,"
                                                                                            " %"
                                                                                            "3"
                                                                                            ";",
                                                                                            (part(
                                                                                                 a,
                                                                                                 0,
                                                                                                 8) >
                                                                                             part(
                                                                                                 b,
                                                                                                 0,
                                                                                                 8)) |
                                                                                                (c &
                                                                                                 0xff00ff00) |
                                                                                                (part(
                                                                                                     a,
                                                                                                     2,
                                                                                                     8) >
                                                                                                         part(
                                                                                                             b,
                                                                                                             2,
                                                                                                             8)
                                                                                                     ? 0x10000u
                                                                                                     : 0))

    // Half precision: exact on both sides by way of double.
    __host__ __device__ inline double halfValue(u32 h) {
  u32 exponent = h >> 10 & 31, mantissa = h & 1023;
  double m = exponent == 31  ? (mantissa ? NAN : INFINITY)
             : exponent == 0 ? mantissa * 0x1p-24
                             : (1024 + mantissa) * 0x1p-25 * double(1ull << exponent);
  return h & 0x8000 ? -m : m;
}
// The nearest half, by trying: of those around, the closest, and the even one of two.
__host__ __device__ inline u32 halfOf(double x) {
  if (x != x)
    return 0x7fff;
  u32 sign = std::signbit(x) ? 0x8000 : 0, low = 0, high = 0x7c00;
  double m = std::fabs(x);
  if (m >= 65520)
    return sign | 0x7c00;
  while (high - low > 1) {
    u32 middle = (low + high) / 2;
    (halfValue(middle) <= m ? low : high) = middle;
  }
  double above = high == 0x7c00 ? 65536 : halfValue(high);
  double toLow = m - halfValue(low), toHigh = above - m;
  return sign | (toLow < toHigh || (toLow == toHigh && !(low & 1)) ? low : high);
}
OP_r(HalfAdd, "add.f16x2 %0, %1, %2;",
     halfOf(halfValue(a & 0xffff) + halfValue(b & 0xffff)) |
         halfOf(halfValue(a >> 16) + halfValue(b >> 16)) << 16)
    OP_r(HalfMul,
         "{ .reg .b16 x, y, t; cvt.u16.u32 x, %1; cvt.u16.u32 y, %2; mul.f16 t, x, y;"
         "cvt.u32.u16 %0, t; }",
         halfOf(halfValue(a & 0xffff) * halfValue(b & 0xffff)))
        OP_r(HalfFma,
             "{ .reg .b16 x, y, z, t; cvt.u16.u32 x, %1; cvt.u16.u32 y, %2; cvt.u16.u32 z, %3;"
             "fma.rn.f16 t, x, y, z; cvt.u32.u16 %0, t; }",
             halfOf(halfValue(a & 0xffff) * halfValue(b & 0xffff) + halfValue(c & 0xffff)))
            OP_rf(FloatToHalf, "{ .reg .b16 t; cvt.rn.f16.f32 t, %1; cvt.u32.u16 %0, t; }",
                  halfOf(x)) OP_rf(FloatsToHalves, "cvt.rn.f16x2.f32 %0, %1, %2;",
                                   halfOf(x) << 16 | halfOf(y))
                OP_rf(FloatToBfloat, "{ .reg .b16 t; cvt.rn.bf16.f32 t, %1; cvt.u32.u16 %0, t; }",
                      x != x ? 0x7fff : (bits(x) + 0x7fff + (bits(x) >> 16 & 1)) >> 16)
                    OP_rf(FloatToTf32, "cvt.rna.tf32.f32 %0, %1;",
                          x != x                     ? 0x7fffe000u
                          : std::fabs(x) == INFINITY ? bits(x)
                                                     : (bits(x) + 0x1000) & 0xffffe000)
                        OP_r(HalfToFloat,
                             "{ .reg .f32 f; .reg .b16 t; cvt.u16.u32 t, %1; cvt.f32.f16 f, t; "
                             "abs.f32 f, f; "
                             "mov.b32 %0, f; }",
                             (a & 0x7fff) > 0x7c00 ? (a & 0x7fff) << 13 | 0x7f800000
                                                   : bits(std::fabs(float(halfValue(a & 0xffff)))))

                            constexpr u32 kCases = 500; // not whole warps

std::vector<u32> makeInput() {
  const u32 corners[] = {0,          1,          31,         32,         33,         255,
                         0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000, 0xbf800000, 0x7f800000,
                         0xff800000, 0x7fc00000, 0x00000001, 0x80000001, 0x4f000000, 0x4effffff,
                         0x3f000000, 0x42fe0000, 0xc3000000, 0x477fefff, 0x38800000, 0x33000001};
  std::vector<u32> in(kCases * 6);
  u64 state = 88172645463325252ull;
  for (u32 &word : in) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    word = state % 3 == 0   ? corners[(state >> 8) % 24]
           : state % 3 == 1 ? u32(state >> 20) % 64
                            : u32(state >> 16);
  }
  return in;
}

template <class Op> __host__ __device__ u64 runOne(const u32 *in) {
  u64 wide[3];
  for (u32 j = 0; j < 3; ++j)
    wide[j] = u64(in[j]) << 32 | in[3 + j];
  return Op::run(in[0], in[1], in[2], wide[0], wide[1], wide[2]);
}

template <class Op> void checkOne(const std::vector<u32> &in, const u64 *got) {
  bool same = true;
  for (u32 i = 0; i < kCases && same; ++i) {
    u64 expected = runOne<Op>(in.data() + 6 * i);
    same = got[i] == expected;
    if (!same)
      std::printf("FAIL %s: %08x %08x %08x (wide: and %08x %08x %08x): %llx is not %llx\n",
                  Op::name(), in[6 * i], in[6 * i + 1], in[6 * i + 2], in[6 * i + 3], in[6 * i + 4],
                  in[6 * i + 5], (unsigned long long)got[i], (unsigned long long)expected);
  }
  require(same);
}

// A group has a short name of its own: kernels' names become file names.
template <class... Ops> struct Group {
  static constexpr u32 count = sizeof...(Ops);
  __device__ static void run(const u32 *in, u64 *out) {
    u32 i = threadIdx.x, op = 0;
    ((out[op++ * kCases + i] = runOne<Ops>(in + 6 * i)), ...);
  }
  static void check(const std::vector<u32> &in, const u64 *got) {
    u32 op = 0;
    (checkOne<Ops>(in, got + op++ * kCases), ...);
  }
};

template <class Group> __global__ void runAll(const u32 *in, u64 *out) { Group::run(in, out); }

// One kernel for all of a group: compiling a kernel takes longer than running it.
template <class Group> void checkAll() {
  std::vector<u32> in = makeInput();
  std::vector<u64> got(kCases * Group::count);
  u32 *deviceIn = nullptr;
  u64 *deviceOut = nullptr;
  CHECK_CUDA(cudaMalloc(&deviceIn, in.size() * 4));
  CHECK_CUDA(cudaMalloc(&deviceOut, got.size() * 8));
  CHECK_CUDA(cudaMemcpy(deviceIn, in.data(), in.size() * 4, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemset(deviceOut, 0xff, got.size() * 8));
  runAll<Group><<<1, kCases>>>(deviceIn, deviceOut);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), deviceOut, got.size() * 8, cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(deviceIn));
  CHECK_CUDA(cudaFree(deviceOut));
  Group::check(in, got.data());
}

struct Integers : Group<AddU32, AddSat, SubSat, AddU64, AddCarry, SubCarry, MultiplyCarry, MulHiS,
                        MulHiU, MulHi64, MadLo, MadSat, Mul24, Mul24Hi, Mad24, Sad, DivU, RemS,
                        AbsS, NegS, MinS, MaxU, Dp4a, Dp2a> {};
struct Bits : Group<And, XorNot, Cnot, Shl, ShrU, ShrS, ShfL, ShfR, Lop3, Lop3Other, Prmt, PrmtF4e,
                    PrmtRc16, BfeU, BfeS, BfeShort, Bfi, BfindU, BfindS, BfindShift, Brev, Popc,
                    Clz, Szext, Bmsk> {};
struct Choices
    : Group<SetpAnd, SetU, SetF, Slct, Loop, Nested, CvtS8, CvtU8, CvtS16, CvtSatU16, CvtWide> {};
struct Floats : Group<FloatAdd, FloatAddFtz, FloatSubSat, FloatMul, FloatFma, FloatMin, FloatMaxNan,
                      FloatDiv, FloatRcp, FloatSqrt, FloatAbs, FloatSelect, FloatWhole,
                      FloatFloorSat, FloatCopySign, DoubleFma, DoubleDiv, DoubleMax, FloatToInt,
                      FloatToUint, FloatToByte, FloatIsNormal, FromInt> {};
struct Videos : Group<VideoAdd, VideoSub, VideoShift, VideoMerge, VideoMad, VideoMadNegated,
                      VideoSad4, VideoAverage2, VideoSet4> {};
struct Halves : Group<HalfAdd, HalfMul, HalfFma, FloatToHalf, FloatsToHalves, FloatToBfloat,
                      FloatToTf32, HalfToFloat> {};

int main() {
  checkAll<Integers>();
  checkAll<Bits>();
  checkAll<Choices>();
  checkAll<Floats>();
  checkAll<Videos>();
  checkAll<Halves>();
  return finish();
}
