// Prices of European options.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 20;
constexpr float kRate = 0.02f, kVolatility = 0.3f;

template <class Exp, class Log, class Erfc, class Sqrt>
__host__ __device__ inline void price(float stock, float strike, float years, float &call,
                                      float &put, Exp e, Log l, Erfc erfc, Sqrt root) {
  float rootYears = root(years);
  float d1 = (l(stock / strike) + (kRate + 0.5f * kVolatility * kVolatility) * years) /
             (kVolatility * rootYears);
  float d2 = d1 - kVolatility * rootYears;
  float n1 = 0.5f * erfc(-d1 * 0.70710678f), n2 = 0.5f * erfc(-d2 * 0.70710678f);
  float discount = strike * e(-kRate * years);
  call = stock * n1 - discount * n2;
  put = discount * (1 - n2) - stock * (1 - n1);
}

__global__ void prices(const float *stock, const float *strike, const float *years, float *call,
                       float *put, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    price(
        stock[i], strike[i], years[i], call[i], put[i], [](float x) { return expf(x); },
        [](float x) { return logf(x); }, [](float x) { return erfcf(x); },
        [](float x) { return sqrtf(x); });
}

class BlackScholes : public Problem {
  Array<float> stock{kCount, 5, 30}, strike{kCount, 1, 100}, years{kCount, 0.25, 10}, call{kCount},
      put{kCount}, expectedCall{kCount}, expectedPut{kCount};
  void device() override {
    prices<<<kCount / 256, 256>>>(stock, strike, years, call, put, kCount);
    finish();
  }
  void host() override {
    const float *s = stock, *k = strike, *t = years;
    float *c = expectedCall, *p = expectedPut;
#pragma omp parallel for simd
    for (int i = 0; i < kCount; ++i)
      price(
          s[i], k[i], t[i], c[i], p[i], [](float x) { return std::exp(x); },
          [](float x) { return std::log(x); }, [](float x) { return std::erfc(x); },
          [](float x) { return std::sqrt(x); });
  }
  double difference() const override {
    return std::max(largestDifference(call, expectedCall), largestDifference(put, expectedPut));
  }
};

} // namespace

NPU_BENCH_PROBLEM(black_scholes, BlackScholes)
