// Bulk random numbers: published sequences, the order and the offset, host and device generators,
// streams, distributions and the errors.
#include "random_memory.h"

#include <curand.h>
#include <curand_kernel.h>

#include <cmath>
#include <vector>

static curandGenerator_t make(curandRngType_t type, unsigned long long seed, bool host = false) {
  curandGenerator_t generator = nullptr;
  RAND(host ? curandCreateGeneratorHost(&generator, type)
            : curandCreateGenerator(&generator, type));
  if (type < CURAND_RNG_QUASI_DEFAULT)
    RAND(curandSetPseudoRandomGeneratorSeed(generator, seed));
  return generator;
}

static void documentedExample() {
  const float expected[10] = {0.1455f, 0.8202f, 0.5504f, 0.2948f, 0.9147f,
                              0.8690f, 0.3219f, 0.7829f, 0.0113f, 0.2855f};
  Memory<float> out(10);
  curandGenerator_t generator = make(CURAND_RNG_PSEUDO_DEFAULT, 1234);
  RAND(curandGenerateUniform(generator, out.data, 10));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 10; ++i)
    EXPECT(std::fabs(out[i] - expected[i]) <= 0.00005f);
  RAND(curandDestroyGenerator(generator));
}

static void mersenne() {
  unsigned int out[3] = {};
  curandGenerator_t generator = make(CURAND_RNG_PSEUDO_MT19937, 5489, true);
  RAND(curandGenerate(generator, out, 3));
  EXPECT(out[0] == 3499211612u && out[1] == 581869302u && out[2] == 3890346734u);
  RAND(curandDestroyGenerator(generator));
}

__global__ void ownXorwow(unsigned int *out, int count) {
  for (int i = threadIdx.x; i < 100; i += blockDim.x) {
    curandState state;
    curand_init(77, i, 0, &state);
    for (int k = 0; k < count; ++k)
      out[k * 100 + i] = curand(&state);
  }
}

static void orderAndOffset(curandRngType_t type) {
  const size_t count = 3 * 4096 + 100;
  std::vector<unsigned int> whole(count), part(count);
  curandGenerator_t generator = make(type, 77, true);
  RAND(curandGenerate(generator, whole.data(), count));
  RAND(curandSetGeneratorOffset(generator, 5000));
  RAND(curandGenerate(generator, part.data(), 1000));
  RAND(curandGenerate(generator, part.data() + 1000, count - 6000));
  bool same = true;
  for (size_t i = 0; i + 5000 < count; ++i)
    same = same && part[i] == whole[i + 5000];
  EXPECT(same);
  RAND(curandDestroyGenerator(generator));
  Memory<unsigned int> device(count);
  generator = make(type, 77);
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  RAND(curandSetStream(generator, stream));
  RAND(curandGenerate(generator, device.data, count));
  OK(cudaStreamSynchronize(stream));
  same = true;
  for (size_t i = 0; i < count; ++i)
    same = same && device[i] == whole[i];
  EXPECT(same);
  if (type == CURAND_RNG_PSEUDO_XORWOW) {
    Memory<unsigned int> own(300);
    ownXorwow<<<1, 32>>>(own.data, 3);
    OK(cudaDeviceSynchronize());
    same = true;
    for (int k = 0; k < 3; ++k)
      for (int i = 0; i < 100; ++i)
        same = same && own[k * 100 + i] == whole[k * 4096 + i];
    EXPECT(same);
  }
  // A generator outlives the stream that it worked on, and its sequence goes on.
  RAND(curandSetGeneratorOffset(generator, 0));
  RAND(curandGenerate(generator, device.data, 1000));
  OK(cudaStreamDestroy(stream));
  RAND(curandSetStream(generator, nullptr));
  RAND(curandGenerate(generator, device.data + 1000, count - 1000));
  OK(cudaDeviceSynchronize());
  same = true;
  for (size_t i = 0; i < count; ++i)
    same = same && device[i] == whole[i];
  EXPECT(same);
  OK(cudaGetLastError());
  RAND(curandDestroyGenerator(generator));
}

template <class T> static void checkMoments(const std::vector<T> &x, double mean, double variance) {
  double sum = 0, squares = 0;
  for (T value : x) {
    sum += double(value);
    squares += double(value) * double(value);
  }
  const double n = double(x.size()), found = sum / n;
  EXPECT(std::fabs(found - mean) < 5 * std::sqrt(variance / n) + 1e-9);
  EXPECT(std::fabs((squares / n - found * found) / variance - 1) < 0.04);
}

static void distributions(curandRngType_t type) {
  curandGenerator_t generator = make(type, 3, true);
  std::vector<float> x(20000);
  std::vector<double> y(20000);
  std::vector<unsigned int> k(20000);
  RAND(curandGenerateUniform(generator, x.data(), x.size()));
  checkMoments(x, 0.5, 1 / 12.0);
  RAND(curandGenerateUniformDouble(generator, y.data(), y.size()));
  checkMoments(y, 0.5, 1 / 12.0);
  RAND(curandGenerateNormal(generator, x.data(), x.size(), 2.0f, 3.0f));
  checkMoments(x, 2, 9);
  RAND(curandGenerateNormalDouble(generator, y.data(), y.size(), -1.0, 0.5));
  checkMoments(y, -1, 0.25);
  RAND(curandGenerateLogNormal(generator, x.data(), x.size(), 1.0f, 0.5f));
  for (float &value : x)
    value = std::log(value);
  checkMoments(x, 1, 0.25);
  RAND(curandGeneratePoisson(generator, k.data(), k.size(), 10.0));
  checkMoments(k, 10, 10);
  RAND(curandDestroyGenerator(generator));
}

static void sobol() {
  curandGenerator_t generator = make(CURAND_RNG_QUASI_SOBOL32, 0, true);
  RAND(curandSetQuasiRandomGeneratorDimensions(generator, 3));
  unsigned int out[12];
  RAND(curandGenerate(generator, out, 12));
  const double first[4] = {0, 0.5, 0.75, 0.25}, third[4] = {0, 0.5, 0.25, 0.75};
  for (int i = 0; i < 4; ++i) {
    EXPECT(out[i] == unsigned(first[i] * 4294967296.0));
    EXPECT(out[8 + i] == unsigned(third[i] * 4294967296.0));
  }
  RAND_GIVES(curandGenerate(generator, out, 11), CURAND_STATUS_LENGTH_NOT_MULTIPLE);
  RAND_GIVES(curandSetPseudoRandomGeneratorSeed(generator, 1), CURAND_STATUS_TYPE_ERROR);
  RAND(curandDestroyGenerator(generator));
}

int main() {
  documentedExample();
  mersenne();
  for (curandRngType_t type : {CURAND_RNG_PSEUDO_XORWOW, CURAND_RNG_PSEUDO_MRG32K3A,
                               CURAND_RNG_PSEUDO_PHILOX4_32_10, CURAND_RNG_PSEUDO_MT19937})
    orderAndOffset(type);
  for (curandRngType_t type :
       {CURAND_RNG_PSEUDO_XORWOW, CURAND_RNG_PSEUDO_MRG32K3A, CURAND_RNG_PSEUDO_PHILOX4_32_10,
        CURAND_RNG_QUASI_SOBOL32, CURAND_RNG_QUASI_SCRAMBLED_SOBOL32, CURAND_RNG_QUASI_SOBOL64,
        CURAND_RNG_QUASI_SCRAMBLED_SOBOL64})
    distributions(type);
  sobol();
  curandGenerator_t generator = make(CURAND_RNG_PSEUDO_XORWOW, 1);
  float host[4];
  RAND_GIVES(curandGenerateUniform(generator, host, 4), CURAND_STATUS_LAUNCH_FAILURE);
  RAND_GIVES(curandGenerateNormal(generator, host, 3, 0, 1), CURAND_STATUS_LENGTH_NOT_MULTIPLE);
  RAND_GIVES(curandSetGeneratorOrdering(generator, CURAND_ORDERING_QUASI_DEFAULT),
             CURAND_STATUS_OUT_OF_RANGE);
  RAND(curandDestroyGenerator(generator));
  RAND_GIVES(curandDestroyGenerator(generator), CURAND_STATUS_NOT_INITIALIZED);
  RAND_GIVES(curandCreateGenerator(&generator, CURAND_RNG_PSEUDO_MTGP32), CURAND_STATUS_TYPE_ERROR);
  return finish();
}
