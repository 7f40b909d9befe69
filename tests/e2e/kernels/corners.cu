// Where numbers have corners that CUDA decides: selectors of bytes, comparisons with NaN, the sign
// of an exact zero, the clock.
#include "check.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

// What each word has to be.
struct Wanted {
  const char *what;
  unsigned word;
};
constexpr Wanted kWanted[] = {
    {"__byte_perm: three bits of a selector count", 0x12121212},
    {"prmt: the fourth repeats the sign", 0x00ff00ff},
    {"__hne of NaN", 0},
    {"__hne of bfloat16 NaN", 0},
    {"__hneu of NaN", 1},
    {"!= of NaN", 1},
    {"__hne2 of (NaN, 1) and 1", 0},
    {"__hbne2 of NaN", 0},
    {"__hne2_mask of (NaN, 2) and 1", 0xffff0000},
    {"x - x rounded down", 0x80000000},
    {"x - x rounded up", 0},
    {"+0 + +0 rounded down", 0},
    {"-0 + +0 rounded down", 0x80000000},
    {"x * 1 - x rounded down, fused", 0x80000000},
    {"tiny * tiny + 0 rounded down, fused", 0},
    {"double: x - x rounded down", 0x80000000},
    {"double: x * 1 - x rounded down, fused", 0x80000000},
    {"the clock goes on", 1},
};
constexpr int kCount = sizeof kWanted / sizeof *kWanted;

__global__ void corners(unsigned *out, unsigned bytes, unsigned selector, float x, double d) {
  const __half nan = __float2half(nanf("")), one = __float2half(1.0f);
  const __nv_bfloat16 wideNan = __float2bfloat16(nanf("")), wideOne = __float2bfloat16(1.0f);
  const __half2 ones = __half2half2(one);
  const __half2 different = __hne2(__halves2half2(nan, one), ones);
  unsigned signs;
  asm("prmt.b32 %0, %1, 0, %2;" : "=r"(signs) : "r"(bytes), "r"(0x8b8bu));
  unsigned long long before, after;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(before));
  __nanosleep(1000);
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(after));
  const float zero = 0 * x, tiny = 1e-30f * x;
  int i = 0;
  out[i++] = __byte_perm(bytes, 0, selector);
  out[i++] = signs;
  out[i++] = __hne(nan, one);
  out[i++] = __hne(wideNan, wideOne);
  out[i++] = __hneu(nan, one);
  out[i++] = nan != one;
  out[i++] = *reinterpret_cast<const unsigned *>(&different);
  out[i++] = __hbne2(__half2half2(nan), ones);
  out[i++] = __hne2_mask(__halves2half2(nan, __float2half(2.0f)), ones);
  out[i++] = __float_as_uint(__fsub_rd(x, x));
  out[i++] = __float_as_uint(__fsub_ru(x, x));
  out[i++] = __float_as_uint(__fadd_rd(zero, zero));
  out[i++] = __float_as_uint(__fadd_rd(-zero, zero));
  out[i++] = __float_as_uint(__fmaf_rd(x, 1.0f, -x));
  out[i++] = __float_as_uint(__fmaf_rd(tiny, tiny, 0.0f));
  out[i++] = __double2hiint(__dsub_rd(d, d));
  out[i++] = __double2hiint(__fma_rd(d, 1.0, -d));
  out[i++] = after >= before && before > 1500000000000000000ull;
}

int main() {
  unsigned *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&out, kCount * sizeof *out));
  corners<<<1, 1>>>(out, 0x87654312u, 0x8880u, 1.5f, 1.5);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < kCount; ++i) {
    if (out[i] != kWanted[i].word)
      std::printf("FAIL %s: %08x\n", kWanted[i].what, out[i]);
    require(out[i] == kWanted[i].word);
  }
  return finish();
}
