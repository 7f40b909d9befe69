// 8- and 16-bit floating point on the device. Conversions are compared with a search among all
// numbers of the format, in every direction; arithmetic with the same search on exact results.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>
#include <vector>

// Libraries' own formats convert to float, and choose among constructors by that.
struct OwnFormat {
  operator float() const;
  operator __half() const;
};
struct OwnBfloat16 {
  explicit OwnBfloat16(const __nv_bfloat16 &);
  explicit OwnBfloat16(float);
  explicit OwnBfloat16(int);
};
static_assert(std::is_constructible<OwnBfloat16, OwnFormat>::value &&
                  std::is_constructible<__half, OwnBfloat16 *>::value == false &&
                  !std::is_convertible<OwnFormat, __nv_bfloat16>::value &&
                  std::is_convertible<bool, __half>::value &&
                  std::is_convertible<signed char, __nv_bfloat16>::value,
              "numbers convert, classes do not");

constexpr int kCount = 1 << 14;
int failures = 0;

void expect(const char *what, double x, unsigned got, unsigned want) {
  if (got != want && failures++ < 20)
    std::printf("FAIL %s(%.17g): 0x%04x, not 0x%04x\n", what, x, got, want);
}

// A format's numbers from 0 up, by code; the last is infinity or where it would be.
struct Format {
  std::vector<double> values;
  Format(int mantissaBits, int bias, unsigned lastCode) {
    for (unsigned code = 0; code <= lastCode; ++code) {
      int field = int(code >> mantissaBits);
      double digits = double(code & ((1u << mantissaBits) - 1)) / (1 << mantissaBits);
      values.push_back(field ? std::ldexp(1 + digits, field - bias) : std::ldexp(digits, 1 - bias));
    }
  }
  // mode: n, z, u, d. The code of the magnitude; the last one for what is beyond.
  unsigned round(double x, char mode) const {
    double size = std::fabs(x);
    bool away = mode == (std::signbit(x) ? 'd' : 'u');
    unsigned last = unsigned(values.size()) - 1;
    if (std::isinf(size))
      return last;
    unsigned above =
        unsigned(std::lower_bound(values.begin(), values.end(), size) - values.begin());
    if (above <= last && values[above] == size && above < last)
      return above;
    above = std::min(above, last);
    unsigned below = above - 1;
    if (mode == 'n') {
      double middle = (values[below] + values[above]) / 2;
      return size > middle || (size == middle && below % 2) ? above : below;
    }
    return away ? above : below;
  }
};
const Format kHalf(10, 15, 0x7c00), kBfloat(7, 127, 0x7f80), kE4M3(3, 7, 0x7f), kE5M2(2, 15, 0x7c);

unsigned code16(const Format &format, double x, char mode) {
  return std::isnan(x) ? 0x7fff : format.round(x, mode) | (std::signbit(x) ? 0x8000u : 0u);
}
unsigned code8(const Format &format, double x, bool saturate) {
  if (std::isnan(x))
    return 0x7f;
  unsigned code = format.round(x, 'n'), last = unsigned(format.values.size()) - 1;
  return (saturate && code == last ? last - 1 : code) | (std::signbit(x) ? 0x80u : 0u);
}

constexpr int kOutputs = 27;
__global__ void convert(const float *x, const double *y, const long long *n, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned *o = out + i * kOutputs;
  o[0] = __half_as_ushort(__float2half(x[i]));
  o[1] = __half_as_ushort(__float2half_rz(x[i]));
  o[2] = __half_as_ushort(__float2half_ru(x[i]));
  o[3] = __half_as_ushort(__float2half_rd(x[i]));
  o[4] = __half_as_ushort(__double2half(y[i]));
  o[5] = __half_as_ushort(__ll2half_rn(n[i]));
  o[6] = __half_as_ushort(__int2half_rz(int(n[i])));
  o[7] = __bfloat16_as_ushort(__float2bfloat16(x[i]));
  o[8] = __bfloat16_as_ushort(__float2bfloat16_rz(x[i]));
  o[9] = __bfloat16_as_ushort(__float2bfloat16_ru(x[i]));
  o[10] = __bfloat16_as_ushort(__float2bfloat16_rd(x[i]));
  o[11] = __bfloat16_as_ushort(__double2bfloat16(y[i]));
  o[12] = __bfloat16_as_ushort(__ll2bfloat16_rn(n[i]));
  o[13] = __bfloat16_as_ushort(__int2bfloat16_rd(int(n[i])));
  o[14] = __nv_cvt_float_to_fp8(x[i], __NV_SATFINITE, __NV_E4M3);
  o[15] = __nv_cvt_float_to_fp8(x[i], __NV_NOSAT, __NV_E4M3);
  o[16] = __nv_cvt_double_to_fp8(y[i], __NV_SATFINITE, __NV_E5M2);
  o[17] = __nv_cvt_double_to_fp8(y[i], __NV_NOSAT, __NV_E5M2);
  __half a = __ushort_as_half((unsigned short)i), b = __float2half(x[i]), c = __ll2half_rn(n[i]);
  o[18] = __half_as_ushort(__hfma(a, b, c));
  o[19] = __half_as_ushort(a * b);
  o[20] = __half_as_ushort(a / b);
  __nv_bfloat16 d = __float2bfloat16(x[i]), e = __double2bfloat16(y[i]), f = __ll2bfloat16_rn(n[i]);
  o[21] = __bfloat16_as_ushort(__hfma(d, e, f));
  o[22] = __bfloat16_as_ushort(d + e);
  o[23] = __half2int_rn(a) ^ __half2short_rz(a) ^ (__hgtu(a, b) << 8) ^
          int(__hequ2_mask(__halves2half2(a, b), __halves2half2(b, b)));
  // Four in a word, from pairs of each kind.
  o[24] = __nv_fp8x4_e4m3(__halves2half2(b, c), __halves2half2(c, b)).__x;
  o[25] = __nv_fp8x4_e5m2(__halves2bfloat162(d, e), __halves2bfloat162(e, f)).__x;
  o[26] = __nv_fp8x4_e4m3(make_double4(y[i], x[i], y[i], -x[i])).__x;
}

double ofBits(const Format &format, unsigned bits, int sign) {
  unsigned code = bits & (sign - 1), last = unsigned(format.values.size()) - 1;
  double size = code > last ? NAN : code == last ? INFINITY : format.values[code];
  return bits & sign ? -size : size;
}

// value * 2^scale as a double that is rounded further as the value would be: its last bit is set
// when digits are missing.
double sticky(__int128 value, int scale) {
  unsigned __int128 size = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
  bool missing = false;
  for (; size >> 53; size >>= 1, ++scale)
    missing |= size & 1;
  double result = std::ldexp(double(uint64_t(size) | missing), scale);
  return value < 0 ? -result : result;
}

template <class T> T *managed(int count) {
  T *pointer = nullptr;
  if (cudaMallocManaged(&pointer, count * sizeof(T)) != cudaSuccess)
    std::exit(2);
  return pointer;
}

int saturated(double whole, double low, double high) {
  return std::isnan(whole) ? 0 : int(std::min(std::max(whole, low), high));
}

int main() {
  float *x = managed<float>(kCount);
  double *y = managed<double>(kCount);
  long long *n = managed<long long>(kCount);
  unsigned *out = managed<unsigned>(kCount * kOutputs);
  uint64_t state = 88172645463325252ull;
  auto next = [&] { return state ^= state << 13, state ^= state >> 7, state ^= state << 17; };
  for (int i = 0; i < kCount; ++i) {
    double scale = std::ldexp(1.0, int(next() % 60) - 35);
    x[i] = float((double(next() % 4096) / 2048 - 1) * scale); // ties are frequent
    y[i] = i % 3 ? x[i] * (1 + std::ldexp(double(next() % 3) - 1, -40)) : double(x[i]);
    n[i] = (long long)next() >> (next() % 63);
    const float special[] = {0.0f,     -0.0f,    INFINITY, -INFINITY, NAN,
                             65519.0f, 65520.0f, 464.0f,   61440.0f,  3.4e38f};
    if (i < 10)
      x[i] = special[i], y[i] = special[i];
  }
  convert<<<kCount / 256, 256>>>(x, y, n, out);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return std::printf("%s\n", cudaGetErrorString(cudaGetLastError())), 2;
  for (int i = 0; i < kCount; ++i) {
    const unsigned *o = out + i * kOutputs;
    const char modes[] = "nzud";
    for (int m = 0; m < 4; ++m) {
      expect("float2half", x[i], o[m], code16(kHalf, x[i], modes[m]));
      expect("float2bfloat16", x[i], o[7 + m], code16(kBfloat, x[i], modes[m]));
    }
    auto whole = [](const Format &format, long long value, char mode) {
      return code16(format, sticky(value, 0), mode);
    };
    expect("double2half", y[i], o[4], code16(kHalf, y[i], 'n'));
    expect("ll2half", double(n[i]), o[5], whole(kHalf, n[i], 'n'));
    expect("int2half_rz", int(n[i]), o[6], whole(kHalf, int(n[i]), 'z'));
    expect("double2bfloat16", y[i], o[11], code16(kBfloat, y[i], 'n'));
    expect("ll2bfloat16", double(n[i]), o[12], whole(kBfloat, n[i], 'n'));
    expect("int2bfloat16_rd", int(n[i]), o[13], whole(kBfloat, int(n[i]), 'd'));
    expect("fp8 e4m3", x[i], o[14], code8(kE4M3, x[i], true));
    expect("fp8 e4m3 nosat", x[i], o[15], code8(kE4M3, x[i], false));
    expect("fp8 e5m2", y[i], o[16], code8(kE5M2, y[i], true));
    expect("fp8 e5m2 nosat", y[i], o[17], code8(kE5M2, y[i], false));
    double a = ofBits(kHalf, unsigned(i), 0x8000), b = ofBits(kHalf, o[0], 0x8000),
           c = ofBits(kHalf, o[5], 0x8000);
    // Halves are multiples of 2^-24.
    double fused = a * b + c;
    if (std::isfinite(a) && std::isfinite(b) && std::isfinite(c) && fused != 0) {
      auto units = [](double half) { return (__int128)std::ldexp(half, 24); };
      fused = sticky(units(a) * units(b) + (units(c) << 24), -48);
    }
    expect("hfma", a, o[18], code16(kHalf, fused, 'n'));
    expect("hmul", a, o[19], code16(kHalf, a * b, 'n'));
    expect("hdiv", a, o[20], code16(kHalf, a / b, 'n'));
    double d = ofBits(kBfloat, o[7], 0x8000), e = ofBits(kBfloat, o[11], 0x8000);
    expect("bfloat16 add", d, o[22], code16(kBfloat, d + e, 'n'));
    double f = ofBits(kBfloat, o[12], 0x8000);
    auto four = [](const Format &format, double p, double q, double r, double s) {
      return code8(format, p, true) | code8(format, q, true) << 8 | code8(format, r, true) << 16 |
             code8(format, s, true) << 24;
    };
    expect("fp8x4 of halves", b, o[24], four(kE4M3, b, c, c, b));
    expect("fp8x4 of bfloat16s", d, o[25], four(kE5M2, d, e, e, f));
    expect("fp8x4 of doubles", y[i], o[26], four(kE4M3, y[i], x[i], y[i], -double(x[i])));
    bool unordered = std::isnan(a) || std::isnan(b);
    unsigned mask = (unordered || a == b ? 0xffffu : 0u) | 0xffff0000u;
    unsigned mixed = unsigned(saturated(std::rint(a), -2147483648.0, 2147483647.0)) ^
                     unsigned(saturated(std::trunc(a), -32768.0, 32767.0)) ^
                     unsigned(unordered || a > b) << 8 ^ mask;
    expect("integers and comparisons", a, o[23], mixed);
  }
  std::printf("small floats: %d failures\n", failures);
  return failures != 0;
}
