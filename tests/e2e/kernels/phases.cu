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

#include <cstring>

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

// After the only wait, all arrive again and do not wait.
__global__ void leavesAtOnce(int *out) {
  __shared__ Barrier barrier;
  __shared__ int words[96];
  if (threadIdx.x == 0)
    init(&barrier, blockDim.x);
  __syncthreads();
  words[threadIdx.x] = threadIdx.x;
  barrier.arrive_and_wait();
  out[threadIdx.x] = words[95 - threadIdx.x];
  barrier.arrive_and_drop();
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

// One instruction of a warp arrives at several phases. Bits: which parities have passed.
__global__ void severalPhases(int *out) {
  __shared__ Barrier halves, alone;
  __shared__ __mbarrier_t word;
  if (threadIdx.x == 0) {
    init(&halves, 16);
    init(&alone, 1);
    __mbarrier_init(&word, 24);
  }
  __syncthreads();
  (void)halves.arrive();
  for (int i = 0; i < 3; ++i)
    alone.wait(alone.arrive());
  const __mbarrier_token_t token = __mbarrier_arrive(&word);
  __syncthreads();
  __mbarrier_t *both = cuda::device::barrier_native_handle(halves);
  __mbarrier_t *one = cuda::device::barrier_native_handle(alone);
  int passed = __mbarrier_test_wait_parity(both, 0) + 2 * __mbarrier_test_wait_parity(both, 1) +
               4 * __mbarrier_test_wait_parity(one, 0) + 8 * __mbarrier_test_wait_parity(one, 1);
  // Eight lanes have arrived at the second phase, for which 16 are missing yet.
  const unsigned ahead = __popc(__ballot_sync(~0u, !__mbarrier_test_wait(&word, token)));
  __syncthreads();
  if (threadIdx.x < 16)
    (void)__mbarrier_arrive(&word);
  __syncthreads();
  passed += 16 * int(ahead) + 1024 * __mbarrier_test_wait(&word, token);
  out[threadIdx.x] = passed;
}

// A thread's own pipeline, whose copies a barrier waits for; a copy that ends within a word.
__global__ void tracked(const int *in, int *out) {
  __shared__ Barrier barrier;
  __shared__ int words[64], rest[8];
  if (threadIdx.x == 0)
    init(&barrier, blockDim.x);
  if (threadIdx.x < 8)
    rest[threadIdx.x] = -1;
  __syncthreads();
  cuda::pipeline<cuda::thread_scope_thread> pipe = cuda::make_pipeline();
  pipe.producer_acquire();
  cuda::memcpy_async(&words[threadIdx.x], &in[threadIdx.x], cuda::aligned_size_t<4>(4), pipe);
  cuda::pipeline_producer_commit(pipe, barrier);
  if (threadIdx.x == 0)
    cuda::memcpy_async(rest, in, std::size_t(18), barrier);
  barrier.arrive_and_wait();
  out[threadIdx.x] = words[(threadIdx.x + 1) % 64];
  if (threadIdx.x < 8)
    out[64 + threadIdx.x] = rest[threadIdx.x];
}

// The last to quit owns the shared state; consumers are behind when producers quit.
__global__ void quitters(int *out) {
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, 2> state;
  const bool produces = threadIdx.x < 32;
  auto pipe =
      cuda::make_pipeline(cg::this_thread_block(), &state,
                          produces ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer);
  for (int i = 0; i < 2; ++i)
    if (produces) {
      pipe.producer_acquire();
      pipe.producer_commit();
    } else {
      pipe.consumer_wait();
      pipe.consumer_release();
    }
  if (pipe.quit())
    atomicAdd(out, 1);
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
  leavesAtOnce<<<1, 96>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 96; ++t)
    require(out[t] == 95 - t);
  older<<<1, 64>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 64; ++t)
    require(out[t] == (t + 33) % 64 * 3);

  severalPhases<<<1, 32>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 32; ++t)
    require(out[t] == 2 + 8 + 16 * 8 + 1024);
  tracked<<<1, 64>>>(in, out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < 64; ++t)
    require(out[t] == in[(t + 1) % 64]);
  require(std::memcmp(out + 64, in, 18) == 0 && out[64 + 5] == -1);
  out[0] = 0;
  quitters<<<1, 96>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(out[0] == 1);

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
