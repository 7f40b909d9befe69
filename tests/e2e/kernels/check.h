// Kernels checked against a plain per-thread reference. A kernel's body is one function of a
// thread's place, its input and its output, compiled for both sides: the device runs it as the
// device compiler lowers it, the host runs it thread by thread. Bodies write only their own output
// words, and read only their input, so that the order of threads cannot matter.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#define CHECK_CUDA(call)                                                                           \
  do {                                                                                             \
    cudaError_t status = (call);                                                                   \
    if (status != cudaSuccess) {                                                                   \
      std::printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(status));       \
      std::exit(2);                                                                                \
    }                                                                                              \
  } while (0)

// A thread's place, and the extents.
struct Thread {
  unsigned x, y, z;               // threadIdx
  unsigned blockX, blockY;        // blockIdx
  unsigned columns, rows, layers; // blockDim
  unsigned blocks;                // of the grid
  __host__ __device__ unsigned inBlock() const { return x + columns * (y + rows * z); }
  __host__ __device__ unsigned lane() const { return inBlock() & 31; }
  __host__ __device__ unsigned block() const { return blockX + blockY * 2; }
  __host__ __device__ unsigned id() const { return inBlock() + columns * rows * layers * block(); }
};

constexpr unsigned kOutputs = 4;   // words per thread
constexpr unsigned kInputs = 1024; // words, the same for all threads

struct Shape {
  unsigned x, y, z, blocks;
};
// Grids of more than one block are two wide.
inline dim3 gridOf(const Shape &shape) {
  return shape.blocks == 1 ? dim3(1) : dim3(2, shape.blocks / 2);
}

template <class Body> __global__ void runBody(const int *in, int *out) {
  Thread thread = {threadIdx.x, threadIdx.y, threadIdx.z, blockIdx.x,           blockIdx.y,
                   blockDim.x,  blockDim.y,  blockDim.z,  gridDim.x * gridDim.y};
  Body::run(thread, in, out + kOutputs * thread.id());
}

// Shapes with every kind of last warp; the whole list for bodies about control flow, a short one
// where only the instructions matter.
constexpr Shape kShapes[] = {{32, 4, 1, 4},  {33, 1, 1, 2},  {5, 7, 3, 1},  {1, 1, 1, 4},
                             {16, 16, 1, 2}, {100, 1, 1, 1}, {8, 8, 8, 1},  {1024, 1, 1, 1},
                             {7, 1, 1, 1},   {31, 1, 1, 1},  {1, 37, 1, 2}, {1, 1, 40, 2},
                             {1, 6, 7, 2}};

inline void fillInput(std::vector<int> &in) {
  unsigned state = 12345;
  for (unsigned i = 0; i < in.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    // Small numbers, so that trip counts stay small; each fourth is any number.
    in[i] = i % 4 == 3 ? int(state) : int(state >> 24) % 41 - 8;
  }
}

template <class Body> bool checkBody(const Shape &shape) {
  const unsigned threads = shape.x * shape.y * shape.z, words = threads * shape.blocks * kOutputs;
  std::vector<int> in(kInputs), expected(words, -1), got(words, -1);
  fillInput(in);
  for (unsigned block = 0; block < shape.blocks; ++block)
    for (unsigned i = 0; i < threads; ++i) {
      Thread thread = {i % shape.x,
                       i / shape.x % shape.y,
                       i / shape.x / shape.y,
                       block % 2,
                       block / 2,
                       shape.x,
                       shape.y,
                       shape.z,
                       shape.blocks};
      Body::run(thread, in.data(), expected.data() + kOutputs * thread.id());
    }
  int *deviceIn = nullptr, *deviceOut = nullptr;
  CHECK_CUDA(cudaMalloc(&deviceIn, kInputs * sizeof(int)));
  CHECK_CUDA(cudaMalloc(&deviceOut, words * sizeof(int)));
  CHECK_CUDA(cudaMemcpy(deviceIn, in.data(), kInputs * sizeof(int), cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemset(deviceOut, 0xff, words * sizeof(int)));
  runBody<Body><<<gridOf(shape), dim3(shape.x, shape.y, shape.z)>>>(deviceIn, deviceOut);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaDeviceSynchronize());
  CHECK_CUDA(cudaMemcpy(got.data(), deviceOut, words * sizeof(int), cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(deviceIn));
  CHECK_CUDA(cudaFree(deviceOut));
  for (unsigned i = 0; i < words; ++i)
    if (got[i] != expected[i]) {
      std::printf("FAIL %s, block %ux%ux%u, %u blocks: thread %u, word %u: %d (0x%08x) is not %d "
                  "(0x%08x)\n",
                  Body::name(), shape.x, shape.y, shape.z, shape.blocks, i / kOutputs, i % kOutputs,
                  got[i], unsigned(got[i]), expected[i], unsigned(expected[i]));
      return false;
    }
  return true;
}

inline int failures = 0, checks = 0;

inline void require(bool holds) {
  ++checks;
  failures += !holds;
}

// Each body on `count` shapes, beginning at another one each time.
template <class... Bodies> int checkBodies(unsigned count) {
  constexpr unsigned kShapeCount = sizeof(kShapes) / sizeof(kShapes[0]);
  unsigned start = 0;
  auto one = [&](bool (*check)(const Shape &)) {
    for (unsigned i = 0; i < count; ++i)
      require(check(kShapes[(start + i * 3) % kShapeCount]));
    ++start;
  };
  (one(checkBody<Bodies>), ...);
  return 0;
}

inline int finish() {
  std::printf("%d of %d checks failed\n", failures, checks);
  return failures != 0;
}

// BODY(Name) { ... } defines a body over `t`, `in` and `out`.
#define BODY(Name)                                                                                 \
  struct Name {                                                                                    \
    static const char *name() { return #Name; }                                                    \
    __host__ __device__ static void run(const Thread &t, const int *in, int *out);                 \
  };                                                                                               \
  __host__ __device__ void Name::run([[maybe_unused]] const Thread &t,                             \
                                     [[maybe_unused]] const int *in, [[maybe_unused]] int *out)
