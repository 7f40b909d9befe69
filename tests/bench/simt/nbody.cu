// Accelerations of all pairs of bodies, positions staged in shared memory.
#include "problem.h"

namespace {

constexpr int kBodies = 4096, kThreads = 256;

__global__ void accelerate(const float4 *bodies, float4 *result, int count) {
  __shared__ float4 tile[kThreads];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 mine = bodies[i];
  float x = 0, y = 0, z = 0;
  for (int first = 0; first < count; first += kThreads) {
    tile[threadIdx.x] = bodies[first + threadIdx.x];
    __syncthreads();
    for (int j = 0; j < kThreads; ++j) {
      float4 other = tile[j];
      float dx = other.x - mine.x, dy = other.y - mine.y, dz = other.z - mine.z;
      float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 0.01f);
      float force = other.w * inverse * inverse * inverse;
      x += dx * force;
      y += dy * force;
      z += dz * force;
    }
    __syncthreads();
  }
  result[i] = make_float4(x, y, z, 0);
}

class Nbody : public Problem {
  Array<float> bodies{4 * kBodies, 0.1, 1}, result{4 * kBodies}, expected{4 * kBodies};
  void device() override {
    accelerate<<<kBodies / kThreads, kThreads>>>(reinterpret_cast<const float4 *>((float *)bodies),
                                                 reinterpret_cast<float4 *>((float *)result),
                                                 kBodies);
    finish();
  }
  void host() override {
    const float *b = bodies;
    float *r = expected;
#pragma omp parallel for
    for (int i = 0; i < kBodies; ++i) {
      float x = 0, y = 0, z = 0;
#pragma omp simd reduction(+ : x, y, z)
      for (int j = 0; j < kBodies; ++j) {
        float dx = b[4 * j] - b[4 * i], dy = b[4 * j + 1] - b[4 * i + 1],
              dz = b[4 * j + 2] - b[4 * i + 2];
        float inverse = 1 / std::sqrt(dx * dx + dy * dy + dz * dz + 0.01f);
        float force = b[4 * j + 3] * inverse * inverse * inverse;
        x += dx * force;
        y += dy * force;
        z += dz * force;
      }
      r[4 * i] = x, r[4 * i + 1] = y, r[4 * i + 2] = z, r[4 * i + 3] = 0;
    }
  }
  double difference() const override { return largestDifference(result, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(nbody, Nbody)
