// 4- and 6-bit floating point and their scales (OCP MX), on the host and on the device: every code
// as a number, and conversions in every direction against a search among all numbers of the format.
#include <cuda_fp4.h>
#include <cuda_fp6.h>
#include <cuda_fp8.h>

#include <cmath>
#include <cstdio>
#include <vector>

int failures = 0;
void expect(const char *what, double x, double got, double want) {
  if (got != want && failures++ < 20)
    std::printf("FAIL %s(%.17g): %g, not %g\n", what, x, got, want);
}

// The numbers from 0 up, by code, as the specification lists them.
const std::vector<double> kE2M1 = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
std::vector<double> numbers(int mantissaBits, int bias) {
  std::vector<double> values;
  for (int code = 0; code < 32; ++code) {
    int field = code >> mantissaBits;
    double digits = double(code & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
    values.push_back(field ? std::ldexp(1 + digits, field - bias) : std::ldexp(digits, 1 - bias));
  }
  return values;
}

unsigned rounded(const std::vector<double> &values, double x, cudaRoundMode mode) {
  unsigned last = unsigned(values.size()) - 1, below = 0;
  if (std::isnan(x))
    return last;
  double size = std::fabs(x);
  unsigned sign = std::signbit(x) ? last + 1 : 0;
  while (below < last && values[below + 1] <= size)
    ++below;
  if (below == last || values[below] == size)
    return sign | below;
  double middle = (values[below] + values[below + 1]) / 2;
  bool up = mode == cudaRoundNearest  ? size > middle || (size == middle && below % 2)
            : mode == cudaRoundPosInf ? !sign
            : mode == cudaRoundMinInf ? sign != 0
                                      : false;
  return sign | (below + up);
}

// The power of two that is next to the size, as its exponent + 127.
unsigned roundedScale(double x, bool up, bool saturates) {
  if (std::isnan(x))
    return 255;
  double size = std::fabs(x);
  for (int code = 0; code < 255; ++code)
    if (std::ldexp(1, code - 127) >= size || code == 254) {
      double found = std::ldexp(1, code - 127);
      if (found < size)
        return !up && size < 2 * found ? 254 : saturates ? 254 : 255;
      return up || found == size || code == 0 ? code : code - 1;
    }
  return 255;
}

constexpr int kModes = 4, kResults = 32, kDecoded = 7;
__host__ __device__ void convert(double x, unsigned *o) {
  for (int m = 0; m < kModes; ++m) {
    cudaRoundMode mode = cudaRoundMode(m);
    o[m] = __nv_cvt_double_to_fp4(x, __NV_E2M1, mode);
    o[4 + m] = __nv_cvt_float_to_fp6(float(x), __NV_E2M3, mode);
    o[8 + m] = __nv_cvt_double_to_fp6(x, __NV_E3M2, mode);
    o[12 + m] = __nv_cvt_float2_to_fp4x2(make_float2(float(x), -1.5f), __NV_E2M1, mode);
    o[16 + m] = __nv_cvt_double2_to_fp6x2(make_double2(0.25, x), __NV_E3M2, mode);
  }
  o[20] = __nv_fp4_e2m1(x).__x;
  o[21] = __nv_fp6_e2m3(x).__x;
  o[22] = __nv_fp6_e3m2(x).__x;
  o[23] = __nv_fp4x4_e2m1(make_float4(1, -2, float(x), 6)).__x;
  o[24] = __nv_fp6x4_e2m3(make_float4(1, -2, float(x), 7.5f)).__x;
  float4 back = float4(__nv_fp6x4_e2m3(make_float4(1, -2, 3.5f, 7.5f)));
  o[25] = back.x == 1 && back.y == -2 && back.z == 3.5f && back.w == 7.5f;
  __nv_fp4x2_storage_t pair = __nv_cvt_halfraw2_to_fp4x2(
      __half2_raw(__floats2half2_rn(4.0f, -0.5f)), __NV_E2M1, cudaRoundNearest);
  __half2 halves = __half2(__nv_cvt_fp4x2_to_halfraw2(pair, __NV_E2M1));
  o[26] = __low2float(halves) == 4.0f && __high2float(halves) == -0.5f;
  o[27] = __nv_cvt_double_to_e8m0(x, __NV_SATFINITE, cudaRoundPosInf);
  o[28] = __nv_cvt_float_to_e8m0(float(x), __NV_NOSAT, cudaRoundZero);
  o[29] = __nv_cvt_double2_to_e8m0x2(make_double2(3, x), __NV_NOSAT, cudaRoundPosInf);
  o[30] = __nv_fp8_e8m0(x).__x;
  o[31] = __nv_fp8x4_e8m0(make_float4(1, 2, float(x), 5)).__x;
}
__host__ __device__ void decode(unsigned code, float *o) {
  __nv_fp4_e2m1 four;
  __nv_fp6_e2m3 six;
  four.__x = __nv_fp4_storage_t(code & 15), six.__x = __nv_fp6_storage_t(code);
  o[0] = float(four);
  o[1] = float(six);
  o[2] = __half2float(__half(__nv_cvt_fp6_to_halfraw(__nv_fp6_storage_t(code), __NV_E3M2)));
  for (unsigned part = 0; part < 4; ++part)
    o[3 + part] =
        float(__nv_bfloat16(__nv_cvt_e8m0_to_bf16raw(__nv_fp8_storage_t(code * 4 + part))));
}
__global__ void convertAll(const double *x, unsigned *out, float *decoded) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  convert(x[i], out + i * kResults);
  if (i < 64)
    decode(i, decoded + kDecoded * i);
}

void check(double x, const unsigned *o) {
  static const std::vector<double> e2m3 = numbers(3, 1), e3m2 = numbers(2, 3);
  for (int m = 0; m < kModes; ++m) {
    cudaRoundMode mode = cudaRoundMode(m);
    unsigned four = rounded(kE2M1, x, mode), fourOfFloat = rounded(kE2M1, float(x), mode);
    expect("fp4", x, o[m], four);
    expect("e2m3", x, o[4 + m], rounded(e2m3, float(x), mode));
    expect("e3m2", x, o[8 + m], rounded(e3m2, x, mode));
    expect("fp4x2", x, o[12 + m], fourOfFloat | 0xb0);
    expect("fp6x2", x, o[16 + m], 0x04 | rounded(e3m2, x, mode) << 8);
  }
  unsigned four = rounded(kE2M1, float(x), cudaRoundNearest);
  unsigned six = rounded(e2m3, float(x), cudaRoundNearest);
  expect("fp4 type", x, o[20], rounded(kE2M1, x, cudaRoundNearest));
  expect("e2m3 type", x, o[21], rounded(e2m3, x, cudaRoundNearest));
  expect("e3m2 type", x, o[22], rounded(e3m2, x, cudaRoundNearest));
  expect("fp4x4", x, o[23], 0x2 | 0xc << 4 | four << 8 | 0x7 << 12);
  expect("fp6x4", x, o[24], 0x08 | 0x30 << 8 | six << 16 | 0x1fu << 24);
  expect("back", x, o[25] + o[26], 2);
  expect("e8m0 up", x, o[27], roundedScale(x, true, true));
  expect("e8m0 down", x, o[28], roundedScale(float(x), false, false));
  expect("e8m0x2", x, o[29], 129 | roundedScale(x, true, false) << 8);
  expect("e8m0 type", x, o[30], roundedScale(x, true, true));
  expect("e8m0x4", x, o[31],
         127 | 128 << 8 | roundedScale(float(x), true, true) << 16 | 130u << 24);
}
void checkDecoded(unsigned code, const float *o) {
  static const std::vector<double> e2m3 = numbers(3, 1), e3m2 = numbers(2, 3);
  double fourSign = code & 8 ? -1 : 1, sixSign = code & 32 ? -1 : 1;
  expect("decode fp4", code, o[0], fourSign * kE2M1[code & 7]);
  expect("decode e2m3", code, o[1], sixSign * e2m3[code & 31]);
  expect("decode e3m2", code, o[2], sixSign * e3m2[code & 31]);
  expect("sign of fp4", code, std::signbit(o[0]), code >> 3 & 1);
  for (unsigned part = 0; part < 4; ++part)
    if (code * 4 + part == 255)
      expect("decode e8m0", 255, std::isnan(o[3 + part]), true);
    else
      expect("decode e8m0", code * 4 + part, o[3 + part],
             std::ldexp(1, int(code * 4 + part) - 127));
}

int main() {
  std::vector<double> values = {NAN,     INFINITY, -INFINITY,  1e300,   -1e300,   1e-320,
                                -1e-320, 0.0,      -0.0,       1e38,    -2.5e38,  3.4e38,
                                5e-39,   0x1p-127, 0x1.8p-127, 0x1p127, 0x1.8p127};
  for (int i = 1; values.size() < 4096; ++i) // multiples of 1/32 are all numbers and all middles
    for (double step : {0.0, 1e-12, -1e-12})
      values.push_back((i % 2 ? 1 : -1) * (i / 2 / 32.0 + step));
  values.resize(4096);
  double *x;
  unsigned *out;
  float *decoded;
  cudaMallocManaged(&x, values.size() * sizeof(double));
  cudaMallocManaged(&out, values.size() * kResults * sizeof(unsigned));
  cudaMallocManaged(&decoded, kDecoded * 64 * sizeof(float));
  for (size_t i = 0; i < values.size(); ++i)
    x[i] = values[i];
  convertAll<<<16, 256>>>(x, out, decoded);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return std::printf("%s\n", cudaGetErrorString(cudaGetLastError())), 2;
  for (size_t i = 0; i < values.size(); ++i) {
    unsigned host[kResults];
    convert(x[i], host);
    check(x[i], host);
    check(x[i], out + i * kResults);
  }
  for (unsigned code = 0; code < 64; ++code) {
    float host[kDecoded];
    decode(code, host);
    checkDecoded(code, host);
    checkDecoded(code, decoded + kDecoded * code);
  }
  std::printf("tiny floats: %d failures\n", failures);
  return failures != 0;
}
