// Sobol sequences and discrete distributions in kernels: against the published table's numbers, the
// bulk generators, the integral of a known function, and the distributions' moments.
#include "random_memory.h"

#include <curand.h>
#include <curand_kernel.h>

#include <cmath>
#include <type_traits>
#include <vector>

constexpr int kPoints = 1024;
constexpr unsigned kDimensions = 20000;

// scipy.stats.qmc.Sobol, which uses the same table, gives these numbers of 32 bits.
struct Known {
  unsigned point, dimension, value;
};
constexpr Known kKnown[] = {
    {1, 0, 0x80000000u},     {1, 1, 0x80000000u},       {1, 20, 0x80000000u},
    {1, 99, 0x80000000u},    {1, 1000, 0x80000000u},    {1, 19999, 0x80000000u},
    {2, 0, 0xc0000000u},     {2, 1, 0x40000000u},       {2, 20, 0x40000000u},
    {2, 99, 0xc0000000u},    {2, 1000, 0x40000000u},    {2, 19999, 0x40000000u},
    {3, 0, 0x40000000u},     {3, 1, 0xc0000000u},       {3, 20, 0xc0000000u},
    {3, 99, 0x40000000u},    {3, 1000, 0xc0000000u},    {3, 19999, 0xc0000000u},
    {5, 0, 0xe0000000u},     {5, 1, 0xe0000000u},       {5, 20, 0xa0000000u},
    {5, 99, 0x60000000u},    {5, 1000, 0x60000000u},    {5, 19999, 0x60000000u},
    {777, 0, 0xb1400000u},   {777, 1, 0xefc00000u},     {777, 20, 0x3cc00000u},
    {777, 99, 0x82c00000u},  {777, 1000, 0x1bc00000u},  {777, 19999, 0x78c00000u},
    {1023, 0, 0x400000u},    {1023, 1, 0xc0c00000u},    {1023, 20, 0xddc00000u},
    {1023, 99, 0x87c00000u}, {1023, 1000, 0x28c00000u}, {1023, 19999, 0xd5c00000u},
};

curandStatus_t give(curandDirectionVectors32_t **vectors, bool isScrambled) {
  return curandGetDirectionVectors32(vectors, isScrambled
                                                  ? CURAND_SCRAMBLED_DIRECTION_VECTORS_32_JOEKUO6
                                                  : CURAND_DIRECTION_VECTORS_32_JOEKUO6);
}
curandStatus_t give(curandDirectionVectors64_t **vectors, bool isScrambled) {
  return curandGetDirectionVectors64(vectors, isScrambled
                                                  ? CURAND_SCRAMBLED_DIRECTION_VECTORS_64_JOEKUO6
                                                  : CURAND_DIRECTION_VECTORS_64_JOEKUO6);
}
curandStatus_t give(unsigned int **constants) { return curandGetScrambleConstants32(constants); }
curandStatus_t give(unsigned long long **constants) {
  return curandGetScrambleConstants64(constants);
}

template <class State_, class Vectors_, curandRngType_t type, bool isScrambled> struct Kind {
  using State = State_;
  using Vectors = Vectors_;
  using Word = std::remove_extent_t<Vectors>;
  static constexpr auto kType = type;
  static Vectors *vectors() {
    Vectors *given = nullptr;
    RAND(give(&given, isScrambled));
    return given;
  }
  static Word *constants() {
    Word *given = nullptr;
    if (isScrambled)
      RAND(give(&given));
    return given;
  }
};
using Sobol32 =
    Kind<curandStateSobol32_t, curandDirectionVectors32_t, CURAND_RNG_QUASI_SOBOL32, false>;
using Scrambled32 = Kind<curandStateScrambledSobol32_t, curandDirectionVectors32_t,
                         CURAND_RNG_QUASI_SCRAMBLED_SOBOL32, true>;
using Sobol64 =
    Kind<curandStateSobol64_t, curandDirectionVectors64_t, CURAND_RNG_QUASI_SOBOL64, false>;
using Scrambled64 = Kind<curandStateScrambledSobol64_t, curandDirectionVectors64_t,
                         CURAND_RNG_QUASI_SCRAMBLED_SOBOL64, true>;

template <class State, class Vectors, class Word>
__device__ void start(Vectors &vectors, const Word *constants, Word offset, State *state) {
  if constexpr (std::is_same_v<State, curandStateScrambledSobol32_t> ||
                std::is_same_v<State, curandStateScrambledSobol64_t>)
    curand_init(vectors, constants[0], offset, state);
  else
    curand_init(vectors, offset, state);
}

// A block is a dimension, a thread a part of its points.
template <class State, class Vectors, class Word>
__global__ void numbers(Vectors *vectors, const Word *constants, Word *out, double *uniforms) {
  const int part = kPoints / blockDim.x, first = threadIdx.x * part;
  State state;
  start(vectors[blockIdx.x], constants + blockIdx.x, Word(first), &state);
  State doubles = state;
  for (int i = 0; i < part; ++i) {
    out[blockIdx.x * kPoints + first + i] = curand(&state);
    uniforms[blockIdx.x * kPoints + first + i] = curand_uniform_double(&doubles);
  }
}

template <class Kind> void againstBulk() {
  using Word = typename Kind::Word;
  constexpr int kUsed = 40;
  Memory<typename Kind::Vectors> vectors(kUsed);
  OK(cudaMemcpy(vectors.data, Kind::vectors(), kUsed * sizeof(*vectors.data), cudaMemcpyDefault));
  Memory<Word> constants(kUsed), out(kUsed * kPoints);
  OK(cudaMemset(constants.data, 0, kUsed * sizeof(Word)));
  if (const Word *given = Kind::constants())
    OK(cudaMemcpy(constants.data, given, kUsed * sizeof(Word), cudaMemcpyDefault));
  Memory<double> uniforms(kUsed * kPoints), bulk(kUsed * kPoints);
  numbers<typename Kind::State>
      <<<kUsed, 16>>>(vectors.data, constants.data, out.data, uniforms.data);
  OK(cudaDeviceSynchronize());
  curandGenerator_t generator;
  RAND(curandCreateGenerator(&generator, Kind::kType));
  RAND(curandSetQuasiRandomGeneratorDimensions(generator, kUsed));
  RAND(curandGenerateUniformDouble(generator, bulk.data, kUsed * kPoints));
  OK(cudaDeviceSynchronize());
  RAND(curandDestroyGenerator(generator));
  int wrong = 0;
  for (int d = 0; d < kUsed; ++d) {
    // Each interval of 1 / kPoints holds one of the first kPoints numbers.
    std::vector<bool> seen(kPoints);
    for (int i = 0; i < kPoints; ++i) {
      wrong += uniforms[d * kPoints + i] != bulk[d * kPoints + i];
      seen[out[d * kPoints + i] >> (sizeof(Word) * 8 - 10)] = true;
    }
    for (bool is : seen)
      wrong += !is;
  }
  EXPECT(wrong == 0);
}

// The integral over the unit cube of the product of (1 + (x - 1/2) / d) is 1.
__global__ void integral(curandDirectionVectors32_t *vectors, double *sum) {
  constexpr int kCube = 6;
  curandStateSobol32_t states[kCube];
  for (int d = 0; d < kCube; ++d)
    curand_init(vectors[d], threadIdx.x * 64u, &states[d]);
  double part = 0;
  for (int i = 0; i < 64; ++i) {
    double product = 1;
    for (int d = 0; d < kCube; ++d)
      product *= 1 + (curand_uniform(&states[d]) - 0.5) / (d + 1);
    part += product;
  }
  atomicAdd(sum, part);
}

template <class State, class Vectors> __global__ void moments(Vectors *vectors, double *sums) {
  const double means[4] = {0, 0.25, 3.5, 6000};
  State state;
  curand_init(vectors[blockIdx.x + 1], threadIdx.x * 64u, &state);
  State a = state, b = state, c = state, d = state; // every fourth number would be of one quarter
  for (int i = 0; i < 64; ++i) {
    const double x[4] = {curand_normal(&a), log(curand_log_normal_double(&b, 0.25, 2.0)),
                         double(curand_poisson(&c, 3.5)), double(curand_poisson(&d, 6000.0))};
    for (int k = 0; k < 4; ++k) {
      atomicAdd(sums + 2 * k, x[k] - means[k]);
      atomicAdd(sums + 2 * k + 1, (x[k] - means[k]) * (x[k] - means[k]));
    }
  }
}

template <class Kind> void checkMoments() {
  const double variances[4] = {1, 4, 3.5, 6000};
  Memory<typename Kind::Vectors> vectors(9);
  OK(cudaMemcpy(vectors.data, Kind::vectors(), 9 * sizeof(*vectors.data), cudaMemcpyDefault));
  Memory<double> sums(8);
  OK(cudaMemset(sums.data, 0, 8 * sizeof(double)));
  moments<typename Kind::State><<<8, 32>>>(vectors.data, sums.data);
  OK(cudaDeviceSynchronize());
  const double n = 8 * 32 * 64;
  for (int k = 0; k < 4; ++k) {
    EXPECT(std::fabs(sums[2 * k] / n) < 0.02 * std::sqrt(variances[k]));
    EXPECT(std::fabs(sums[2 * k + 1] / n / variances[k] - 1) < 0.05);
  }
}

// Inversion falls: the first number, 0, is the largest normal one.
__global__ void firstNormals(curandDirectionVectors32_t *vectors, double *out) {
  curandStateSobol32_t state;
  curand_init(vectors[0], 0u, &state);
  out[0] = curand_normal_double(&state);
  out[1] = curand_normal_double(&state); // of 1/2
  out[2] = curand_normal_double(&state); // of 3/4
  out[3] = curand_normal_double(&state); // of 1/4
}

__global__ void counts(curandDiscreteDistribution_t distribution, unsigned *histogram, int last) {
  curandState state;
  curand_init(77ull, threadIdx.x, 0, &state);
  for (int i = 0; i < 100; ++i)
    atomicAdd(histogram + min(int(curand_discrete(&state, distribution)), last), 1u);
  curandStatePhilox4_32_10_t four;
  curand_init(78ull, threadIdx.x, 0, &four);
  for (int i = 0; i < 25; ++i) {
    const uint4 x = curand_discrete4(&four, distribution);
    atomicAdd(histogram + min(int(x.x), last), 1u);
    atomicAdd(histogram + min(int(x.y), last), 1u);
    atomicAdd(histogram + min(int(x.z), last), 1u);
    atomicAdd(histogram + min(int(x.w), last), 1u);
  }
}

void discrete() {
  constexpr int kLast = 40;
  curandDiscreteDistribution_t distribution = nullptr;
  RAND(curandCreatePoissonDistribution(9.5, &distribution));
  Memory<unsigned> histogram(kLast + 1);
  OK(cudaMemset(histogram.data, 0, (kLast + 1) * sizeof(unsigned)));
  counts<<<1, 256>>>(distribution, histogram.data, kLast);
  OK(cudaDeviceSynchronize());
  RAND(curandDestroyDistribution(distribution));
  const double n = 256 * 200;
  for (int k = 0; k <= kLast; ++k) {
    const double p = std::exp(k * std::log(9.5) - 9.5 - std::lgamma(k + 1.0));
    EXPECT(std::fabs(histogram[k] - n * p) < 5 * std::sqrt(n * p) + 1);
  }
  RAND_GIVES(curandCreatePoissonDistribution(0, &distribution), CURAND_STATUS_OUT_OF_RANGE);
  RAND_GIVES(curandCreatePoissonDistribution(1e6, &distribution), CURAND_STATUS_OUT_OF_RANGE);
}

void knownNumbers() {
  curandDirectionVectors32_t *vectors = Sobol32::vectors();
  for (const Known &known : kKnown) {
    curandStateSobol32_t state; // works on the host as well
    curand_init(vectors[known.dimension], known.point, &state);
    EXPECT(curand(&state) == known.value);
  }
  curandGenerator_t generator;
  RAND(curandCreateGeneratorHost(&generator, CURAND_RNG_QUASI_SOBOL32));
  RAND(curandSetQuasiRandomGeneratorDimensions(generator, kDimensions));
  std::vector<unsigned> out(size_t(kDimensions) * 4);
  RAND(curandGenerate(generator, out.data(), out.size()));
  for (const Known &known : kKnown)
    if (known.point < 4)
      EXPECT(out[known.dimension * 4 + known.point] == known.value);
  RAND_GIVES(curandSetQuasiRandomGeneratorDimensions(generator, kDimensions + 1),
             CURAND_STATUS_OUT_OF_RANGE);
  RAND(curandDestroyGenerator(generator));
  curandDirectionVectors64_t *wrong = nullptr;
  RAND_GIVES(curandGetDirectionVectors64(&wrong, CURAND_DIRECTION_VECTORS_32_JOEKUO6),
             CURAND_STATUS_OUT_OF_RANGE);
}

int main() {
  knownNumbers();
  againstBulk<Sobol32>();
  againstBulk<Scrambled32>();
  againstBulk<Sobol64>();
  againstBulk<Scrambled64>();
  checkMoments<Sobol32>();
  checkMoments<Sobol64>();
  discrete();
  Memory<curandDirectionVectors32_t> vectors(6);
  OK(cudaMemcpy(vectors.data, Sobol32::vectors(), 6 * sizeof(*vectors.data), cudaMemcpyDefault));
  Memory<double> out(5);
  out[4] = 0;
  firstNormals<<<1, 1>>>(vectors.data, out.data);
  integral<<<1, 128>>>(vectors.data, out.data + 4);
  OK(cudaDeviceSynchronize());
  EXPECT(out[0] > 6.2 && out[0] < 6.4);
  EXPECT(std::fabs(out[1]) < 1e-9 && std::fabs(out[2] + 0.6744897501) < 1e-8);
  EXPECT(std::fabs(out[3] - 0.6744897505) < 1e-8);
  EXPECT(std::fabs(out[4] / (128 * 64) - 1) < 1e-3);
  return finish();
}
