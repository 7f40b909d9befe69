// Random numbers in kernels against what is published: cuRAND's documented example output for
// XORWOW, Random123's known answers for Philox4x32-10, L'Ecuyer's first numbers of MRG32k3a; and
// jumps against steps.
#include "expect.h"

#include <curand_kernel.h>

#include <cmath>
#include <vector>

template <class T> struct Array {
  T *data;
  explicit Array(int count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  ~Array() { OK(cudaFree(data)); }
  T &operator[](int i) { return data[i]; }
};

__global__ void firstOfSubsequences(float *out) {
  curandState state;
  curand_init(1234, threadIdx.x, 0, &state);
  out[threadIdx.x] = curand_uniform(&state);
}

__global__ void philox(unsigned int *out) {
  curandStatePhilox4_32_10_t state;
  curand_init(0ull, 0, 0, &state);
  for (int i = 0; i < 12; ++i)
    out[i] = curand(&state);
  state.ctr = make_uint4(~0u, ~0u, ~0u, ~0u);
  state.key = make_uint2(~0u, ~0u);
  skipahead(0ull, &state);
  state.STATE = 0;
  const uint4 all = curand4(&state);
  out[12] = all.x, out[13] = all.y, out[14] = all.z, out[15] = all.w;
  // Any way of drawing gives the same sequence; so does an offset.
  curand_init(99ull, 7, 0, &state);
  for (int i = 0; i < 20; ++i)
    out[16 + i] = curand(&state);
  curand_init(99ull, 7, 5, &state);
  for (int i = 0; i < 3; ++i) {
    const uint4 four = curand4(&state);
    out[36 + 4 * i] = four.x, out[37 + 4 * i] = four.y;
    out[38 + 4 * i] = four.z, out[39 + 4 * i] = four.w;
  }
}

__global__ void mrg(double *out) {
  curandStateMRG32k3a_t state;
  curand_init(0ull, 0, 0, &state);
  for (int i = 0; i < 3; ++i)
    out[i] = curand_uniform_double(&state);
}

// Jumps: `jump` moves `many` on, `step` one.
template <class State> __global__ void jumps(unsigned int *out) {
  State a, b;
  curand_init(42ull, 3, 0, &a);
  curand_init(42ull, 3, 5000, &b);
  for (int i = 0; i < 5000; ++i)
    curand(&a);
  out[0] = curand(&a) == curand(&b);
  skipahead(777ull, &a);
  for (int i = 0; i < 777; ++i)
    curand(&b);
  out[1] = curand(&a) == curand(&b);
  curand_init(42ull, 4, 0, &a);
  curand_init(42ull, 3, 0, &b);
  out[2] = curand(&a) != curand(&b);
}

// One subsequence is 2^67 = 16 * 2^63 steps, of MRG32k3a 2^76 = 8192 * 2^63.
__global__ void subsequences(unsigned int *out) {
  curandStateXORWOW_t a, b;
  curand_init(5ull, 0, 0, &a);
  curand_init(5ull, 1, 0, &b);
  for (int i = 0; i < 16; ++i)
    skipahead(1ull << 63, &a);
  out[0] = curand(&a) == curand(&b);
  curandStateMRG32k3a_t c, d;
  curand_init(5ull, 0, 0, &c);
  curand_init(5ull, 1, 0, &d);
  for (int i = 0; i < 8192; ++i)
    skipahead(1ull << 63, &c);
  out[1] = curand(&c) == curand(&d);
}

constexpr int kThreads = 128, kDraws = 200, kKinds = 8;

template <class State> __device__ void draw(State *state, double (&x)[kKinds]) {
  x[0] = curand_uniform(state);
  x[1] = curand_uniform_double(state);
  x[2] = curand_normal(state);
  x[3] = curand_normal_double(state);
  x[4] = logf(curand_log_normal(state, 0.5f, 2.0f));
  x[5] = curand_poisson(state, 3.5);
  x[6] = curand_poisson(state, 200.0);
  x[7] = curand_poisson(state, 5000.0);
}

template <class State> __global__ void moments(double *sums) {
  State state;
  curand_init(2024ull, threadIdx.x, 0, &state);
  double sum[kKinds] = {}, squares[kKinds] = {}, x[kKinds];
  for (int i = 0; i < kDraws; ++i) {
    draw(&state, x);
    for (int k = 0; k < kKinds; ++k) {
      sum[k] += x[k];
      squares[k] += x[k] * x[k];
    }
  }
  for (int k = 0; k < kKinds; ++k) {
    atomicAdd(sums + 2 * k, sum[k]);
    atomicAdd(sums + 2 * k + 1, squares[k]);
  }
}

// Five deviations of the mean of as many numbers; the seed is fixed, so this never varies.
template <class State> void checkMoments() {
  const double means[kKinds] = {0.5, 0.5, 0, 0, 0.5, 3.5, 200, 5000};
  const double variances[kKinds] = {1 / 12.0, 1 / 12.0, 1, 1, 4, 3.5, 200, 5000};
  Array<double> sums(2 * kKinds);
  OK(cudaMemset(sums.data, 0, 2 * kKinds * sizeof(double)));
  moments<State><<<1, kThreads>>>(sums.data);
  OK(cudaDeviceSynchronize());
  const double n = double(kThreads) * kDraws;
  for (int k = 0; k < kKinds; ++k) {
    const double mean = sums[2 * k] / n, variance = sums[2 * k + 1] / n - mean * mean;
    EXPECT(std::fabs(mean - means[k]) < 5 * std::sqrt(variances[k] / n));
    EXPECT(std::fabs(variance / variances[k] - 1) < 0.04);
  }
}

template <class State> void checkJumps() {
  Array<unsigned int> same(3);
  jumps<State><<<1, 1>>>(same.data);
  OK(cudaDeviceSynchronize());
  EXPECT(same[0] && same[1] && same[2]);
}

__global__ void pairs(float *out) {
  curandState one, two;
  curand_init(8ull, 1, 0, &one);
  two = one;
  const float2 both = curand_normal2(&one);
  out[0] = both.x - curand_normal(&two);
  out[1] = both.y - curand_normal(&two);
  curandStatePhilox4_32_10_t p, q;
  curand_init(8ull, 1, 0, &p);
  q = p;
  const float4 four = curand_normal4(&p);
  out[2] = four.x - curand_normal(&q);
  out[3] = four.y - curand_normal(&q);
  out[4] = four.z - curand_normal(&q);
  out[5] = four.w - curand_normal(&q);
}

void checkXorwowExample() {
  // The output of the example program in cuRAND's documentation: seed 1234, number n is the first
  // of subsequence n.
  const float expected[10] = {0.1455f, 0.8202f, 0.5504f, 0.2948f, 0.9147f,
                              0.8690f, 0.3219f, 0.7829f, 0.0113f, 0.2855f};
  Array<float> out(10);
  firstOfSubsequences<<<1, 10>>>(out.data);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 10; ++i)
    EXPECT(std::fabs(out[i] - expected[i]) <= 0.00005f);
}

void checkPhilox() {
  Array<unsigned int> out(48);
  philox<<<1, 1>>>(out.data);
  OK(cudaDeviceSynchronize());
  const unsigned int zero[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  const unsigned int ones[4] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
  for (int i = 0; i < 4; ++i)
    EXPECT(out[i] == zero[i] && out[12 + i] == ones[i]);
  for (int i = 0; i < 12; ++i)
    EXPECT(out[36 + i] == out[16 + 5 + i]);
}

int main() {
  checkXorwowExample();
  checkPhilox();
  Array<double> first(3);
  mrg<<<1, 1>>>(first.data);
  OK(cudaDeviceSynchronize());
  const double expected[3] = {0.1270111220465771, 0.3185275653967945, 0.3091860155832701};
  for (int i = 0; i < 3; ++i)
    EXPECT(std::fabs(first[i] - expected[i]) < 1e-9);
  checkJumps<curandStateXORWOW_t>();
  checkJumps<curandStateMRG32k3a_t>();
  checkJumps<curandStatePhilox4_32_10_t>();
  Array<unsigned int> same(2);
  subsequences<<<1, 1>>>(same.data);
  OK(cudaDeviceSynchronize());
  EXPECT(same[0] && same[1]);
  Array<float> differences(6);
  pairs<<<1, 1>>>(differences.data);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 6; ++i)
    EXPECT(differences[i] == 0);
  checkMoments<curandStateXORWOW_t>();
  checkMoments<curandStateMRG32k3a_t>();
  checkMoments<curandStatePhilox4_32_10_t>();
  return finish();
}
