// Barriers that are objects (libcu++, mbarrier, awbarrier): threads with roles, some threads alone,
// completions, threads that leave; pipelines with producers and consumers apart; atomics of
// structs.
#include "check.h"

#include <cooperative_groups.h>
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cuda_awbarrier.h>

namespace cg = cooperative_groups;
using Barrier = cuda::barrier<cuda::thread_scope_block>;

// The last warp fills tiles, the others read them: each pair of buffers has two barriers.
__global__ void roles(const int *in, int *out, int tiles, bool producerIsLast) {
  __shared__ int buffer[2][64];
  __shared__ Barrier ready[2], empty[2];
  if (threadIdx.x < 2) {
    init(&ready[threadIdx.x], blockDim.x);
    init(&empty[threadIdx.x], blockDim.x);
  }
  __syncthreads();
  const bool produces = (threadIdx.x >= 64) == producerIsLast;
  const int lane = threadIdx.x % 64;
  if (produces) {
    for (int tile = 0; tile < tiles; ++tile) {
      empty[tile & 1].arrive_and_wait();
      buffer[tile & 1][lane] = in[tile * 64 + lane];
      (void)ready[tile & 1].arrive();
    }
  } else {
    int sum = 0;
    (void)empty[0].arrive();
    (void)empty[1].arrive();
    for (int tile = 0; tile < tiles; ++tile) {
      ready[tile & 1].arrive_and_wait();
      sum = sum * 3 + buffer[tile & 1][(lane + 1) % 64];
      (void)empty[tile & 1].arrive();
    }
    out[lane] = sum;
  }
}

// Each half of the block has its own barrier, and its own number of rounds.
__global__ void halves(int *out) {
  __shared__ Barrier barriers[2];
  __shared__ int words[128];
  if (threadIdx.x < 2)
    init(&barriers[threadIdx.x], 64);
  __syncthreads();
  const int half = threadIdx.x / 64, t = threadIdx.x % 64;
  words[threadIdx.x] = threadIdx.x;
  int sum = 0;
  for (int i = 0; i < (half ? 8 : 3); ++i) {
    barriers[half].arrive_and_wait();
    sum += words[half * 64 + (t + i) % 64];
    barriers[half].wait(barriers[half].arrive());
    ++words[threadIdx.x];
  }
  out[threadIdx.x] = sum;
}

struct Count {
  int *phases;
  __device__ void operator()() noexcept { ++*phases; }
};
__global__ void completions(int *out) {
  using Counting = cuda::barrier<cuda::thread_scope_block, Count>;
  __shared__ alignas(Counting) char memory[sizeof(Counting)];
  __shared__ int phases;
  auto *barrier = reinterpret_cast<Counting *>(memory);
  if (threadIdx.x == 0) {
    phases = 0;
    new (barrier) Counting(blockDim.x, Count{&phases});
  }
  __syncthreads();
  for (int i = 0; i < 5; ++i)
    barrier->arrive_and_wait();
  if (threadIdx.x == 0)
    out[0] = phases;
}

__global__ void leavers(int *out) {
  __shared__ Barrier barrier;
  __shared__ int count;
  if (threadIdx.x == 0) {
    init(&barrier, blockDim.x);
    count = 0;
  }
  __syncthreads();
  for (int round = 0; round < 8; ++round) {
    if (threadIdx.x >= 64 && round == 4)
      return barrier.arrive_and_drop();
    atomicAdd(&count, 1);
    barrier.arrive_and_wait();
  }
  if (threadIdx.x == 0)
    out[0] = count;
}

// The forerunner, with a test that the program repeats.
__global__ void older(int *out) {
  using nvcuda::experimental::awbarrier;
  __shared__ awbarrier barrier;
  __shared__ int words[64];
  if (threadIdx.x == 0)
    init(&barrier, blockDim.x);
  __syncthreads();
  words[threadIdx.x] = threadIdx.x * 3;
  awbarrier::arrival_token token = barrier.arrive();
  while (!barrier.try_wait(token, 0)) {
  }
  out[threadIdx.x] = words[(threadIdx.x + 33) % 64];
}

// The first warp copies, the others add up.
__global__ void staged(const int *in, int *out, int tiles) {
  constexpr int kStages = 3;
  __shared__ int buffer[kStages][64];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, kStages> state;
  cg::thread_block block = cg::this_thread_block();
  const bool produces = threadIdx.x < 32;
  auto pipe = cuda::make_pipeline(
      block, &state, produces ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer);
  if (produces) {
    for (int tile = 0; tile < tiles; ++tile) {
      pipe.producer_acquire();
      for (int i = threadIdx.x; i < 64; i += 32)
        cuda::memcpy_async(&buffer[tile % kStages][i], &in[tile * 64 + i], sizeof(int), pipe);
      pipe.producer_commit();
    }
  } else {
    const int lane = threadIdx.x - 32;
    int sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
      pipe.consumer_wait();
      sum = sum * 3 + buffer[tile % kStages][(lane + 1) % 64];
      pipe.consumer_release();
    }
    out[lane] = sum;
  }
}

struct Best {
  float value;
  int index;
};
__global__ void structs(cuda::atomic<Best, cuda::thread_scope_device> *best, const float *values) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const Best mine{values[i], i};
  Best seen = best->load();
  while (mine.value > seen.value && !best->compare_exchange_weak(seen, mine)) {
  }
}
__global__ void pointers(cuda::atomic<int *> *next) {
  int *slot = next->fetch_add(1);
  *slot = threadIdx.x;
}

int main() {
  constexpr int kTiles = 7;
  int *in = nullptr, *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&in, kTiles * 64 * sizeof(int)));
  CHECK_CUDA(cudaMallocManaged(&out, 128 * sizeof(int)));
  for (int i = 0; i < kTiles * 64; ++i)
    in[i] = i * 5 % 97;
  int sums[64] = {};
  for (int tile = 0; tile < kTiles; ++tile)
    for (int i = 0; i < 64; ++i)
      sums[i] = sums[i] * 3 + in[tile * 64 + (i + 1) % 64];
  for (bool producerIsLast : {true, false}) {
    roles<<<1, 128>>>(in, out, kTiles, producerIsLast);
    CHECK_CUDA(cudaDeviceSynchronize());
    for (int i = 0; i < 64; ++i)
      require(out[i] == sums[i]);
  }
  staged<<<1, 96>>>(in, out, kTiles);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 64; ++i)
    require(out[i] == sums[i]);

  halves<<<1, 128>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 128; ++t) {
    int wanted = 0;
    for (int i = 0; i < (t / 64 ? 8 : 3); ++i)
      wanted += t / 64 * 64 + (t + i) % 64 + i;
    require(out[t] == wanted);
  }
  completions<<<1, 64>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(out[0] == 5);
  leavers<<<1, 128>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(out[0] == 128 * 4 + 64 * 4);
  older<<<1, 64>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 64; ++t)
    require(out[t] == (t + 33) % 64 * 3);

  cuda::atomic<Best, cuda::thread_scope_device> *best = nullptr;
  float *values = nullptr;
  CHECK_CUDA(cudaMallocManaged(&best, sizeof *best));
  CHECK_CUDA(cudaMallocManaged(&values, 512 * sizeof(float)));
  for (int i = 0; i < 512; ++i)
    values[i] = float(i * 37 % 512);
  best->store({-1, -1});
  structs<<<4, 128>>>(best, values);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(best->load().value == 511 && values[best->load().index] == 511);

  cuda::atomic<int *> *next = nullptr;
  CHECK_CUDA(cudaMallocManaged(&next, sizeof *next));
  next->store(out);
  pointers<<<1, 100>>>(next);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(next->load() == out + 100);
  int total = 0;
  for (int i = 0; i < 100; ++i)
    total += out[i];
  require(total == 99 * 50);
  return finish();
}
