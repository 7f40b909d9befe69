// Warps of a block that wait for one another otherwise than all at one barrier, blocks that wait
// for one another, and grids that synchronise. What each thread must find is computed on the host.
#include "check.h"

#include <cooperative_groups.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace cg = cooperative_groups;

struct Managed {
  explicit Managed(unsigned count) : count(count) {
    CHECK_CUDA(cudaMallocManaged(&words, count * sizeof(int)));
    CHECK_CUDA(cudaMemset(words, 0, count * sizeof(int)));
  }
  ~Managed() { cudaFree(words); }
  template <class Reference> void check(const char *name, Reference reference) const {
    CHECK_CUDA(cudaGetLastError());
    CHECK_CUDA(cudaDeviceSynchronize());
    for (unsigned i = 0; i < count; ++i)
      if (words[i] != reference(i)) {
        std::printf("FAIL %s: word %u: %d is not %d\n", name, i, words[i], reference(i));
        return require(false);
      }
    require(true);
  }
  int *words = nullptr;
  unsigned count;
};

// --- Barriers on both sides of a condition ---

__global__ void bothSides(int *out) {
  __shared__ int a[64];
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int *mine = out + blockIdx.x * 64;
  if (warp == 0) {
    a[lane] = int(lane * 3 + blockIdx.x);
    __syncthreads();
    mine[lane] = a[32 + lane];
    __syncthreads();
    a[lane] = mine[lane] + 1;
    __syncthreads();
  } else {
    a[32 + lane] = int(1000 + lane);
    __syncthreads();
    int value = a[lane];
    __syncthreads();
    __syncthreads();
    mine[32 + lane] = value + a[lane];
  }
}

// A producer and several consumers meet in loops of their own.
__global__ void producer(int *out, int rounds) {
  __shared__ int box[32];
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (warp == 0) {
    for (int i = 0; i < rounds; ++i) {
      box[lane] = int(lane) * i;
      __syncthreads();
      __syncthreads();
    }
  } else {
    int sum = 0;
    for (int i = 0; i < rounds; ++i) {
      __syncthreads();
      sum += box[31 - lane] * int(warp);
      __syncthreads();
    }
    out[threadIdx.x] = sum;
  }
}

// Warps go round different loops with barriers, so they take turns. Word `words` of shared memory
// is the first behind it; GPUs round what a block gets up, and programs rely on that.
__global__ void wordTooFar(int *out, int words) {
  extern __shared__ int box[];
  int sum = 0;
  for (int i = int(threadIdx.x / 32); i < int(blockDim.x / 32); ++i) {
    __syncthreads();
    sum += i;
  }
  if (threadIdx.x != 0)
    return;
  box[words] = int(blockIdx.x) + sum;
  __threadfence_block();
  out[blockIdx.x] = box[words];
}

// --- Named barriers ---

__global__ void named(int *out, int rounds) {
  __shared__ int box[2][32];
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  // Warp 2w produces for warp 2w + 1 through barriers of their own.
  int full = 1 + int(warp / 2) * 2, empty = full + 1;
  int *mine = box[warp / 2];
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    if (warp % 2 == 0) {
      mine[lane] = i * int(lane + 1 + warp);
      asm volatile("bar.arrive %0, %1;" ::"r"(full), "n"(64) : "memory");
      asm volatile("bar.sync %0, %1;" ::"r"(empty), "n"(64) : "memory");
    } else {
      asm volatile("barrier.sync %0, %1;" ::"r"(full), "n"(64) : "memory");
      sum += mine[31 - lane];
      asm volatile("bar.arrive %0, %1;" ::"r"(empty), "n"(64) : "memory");
    }
  }
  out[threadIdx.x] = sum;
}
int namedReference(unsigned t, int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i)
    sum += t / 32 % 2 ? i * int(31 - t % 32 + 1 + t / 32 - 1) : 0;
  return sum;
}

// Warp 0 has both locks and waits for a flag; warp 1 tries one lock after the other; warp 2 sets
// the flag. Warp 1 must give way although it waits at no one place.
__global__ void tryElsewhere(int *out, unsigned *locks, volatile int *flag) {
  unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (warp == 0) {
    if (lane == 0) {
      atomicOr(locks, 0x80000000u);
      atomicOr(locks + 1, 0x80000000u);
    }
    while (*flag == 0)
      ;
    if (lane == 0) {
      atomicAnd(locks, 0x7fffffffu);
      atomicAnd(locks + 1, 0x7fffffffu);
    }
  } else if (warp == 1) {
    unsigned next = 0, work = 3;
    while (__ballot_sync(~0u, work != 0)) {
      bool isLocked = false;
      if (lane == 1)
        isLocked = (atomicOr(locks + next, 0x80000000u) & 0x80000000u) != 0;
      if (__shfl_sync(~0u, isLocked, 1)) {
        next = 1 - next;
        continue;
      }
      if (lane == 1)
        atomicAnd(locks + next, 0x7fffffffu);
      work >>= 1;
    }
  } else {
    *flag = 1;
  }
  out[threadIdx.x] = int(warp);
}

// --- Waits for later warps and blocks ---

__global__ void waitInShared(int *out) {
  __shared__ volatile int flags[32];
  unsigned warp = threadIdx.x / 32, last = blockDim.x / 32 - 1;
  if (threadIdx.x < 32)
    flags[threadIdx.x] = 0;
  __syncthreads();
  if (warp != last)
    while (flags[warp + 1] == 0)
      ;
  int value = warp == last ? 1 : flags[warp + 1] + 1;
  __syncwarp();
  if (threadIdx.x % 32 == 0)
    flags[warp] = value;
  out[threadIdx.x] = value;
}

// Each value follows from that of the next place, which another warp or block computes: work on
// what is ready, until all is.
__global__ void pollAll(volatile int *values, int count) {
  int first = blockIdx.x * blockDim.x + threadIdx.x, step = gridDim.x * blockDim.x;
  int missing;
  do {
    missing = 0;
    for (int i = first; i < count; i += step)
      if (values[i] == 0) {
        int next = i + 1 < count ? values[i + 1] : 1;
        if (next == 0)
          missing = 1;
        else
          values[i] = next % 1000 + 1;
      }
  } while (missing != 0);
}

__global__ void waitInGlobal(int *out, volatile int *flags) {
  unsigned blocks = gridDim.x, warps = blockDim.x / 32;
  unsigned place = blockIdx.x * warps + threadIdx.x / 32;
  int value = 1;
  if (place + 1 != blocks * warps) {
    while (flags[place + 1] == 0)
      ;
    value = flags[place + 1] + 1;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = value;
  __threadfence();
  if (threadIdx.x % 32 == 0)
    flags[place] = value;
}

// A barrier of the grid as programs write it.
__global__ void ownGridBarrier(int *out, int *count, int rounds) {
  __shared__ int seen;
  for (int round = 1; round <= rounds; ++round) {
    out[blockIdx.x * rounds + round - 1] = int(blockIdx.x) * round;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      atomicAdd(count, 1);
      while (atomicAdd(count, 0) < int(gridDim.x) * round)
        ;
      seen = out[(blockIdx.x + 1) % gridDim.x * rounds + round - 1];
    }
    __syncthreads();
    if (threadIdx.x == 40)
      out[gridDim.x * rounds + blockIdx.x * rounds + round - 1] = seen;
  }
}

// --- The grid ---

struct Factors {
  int factor[3];
};
__device__ int exchanged[2][4096];
__global__ void gridSum(int *out, int turns, Factors factors) {
  extern __shared__ int dynamicWords[];
  __shared__ int first;
  cg::grid_group grid = cg::this_grid();
  unsigned i = unsigned(grid.thread_rank()), n = unsigned(grid.size());
  int own[4] = {int(i), 1, 2, 3};
  dynamicWords[threadIdx.x] = int(i);
  if (threadIdx.x == 0)
    first = int(blockIdx.x + 10 * blockIdx.y);
  int value = int(i);
  for (int turn = 0; turn < turns; ++turn) {
    exchanged[turn & 1][i] = value;
    grid.sync();
    value = value * factors.factor[turn % 3] + exchanged[turn & 1][(i + 37) % n];
    own[(turn + i) % 4] += turn;
    if (blockIdx.x == 1 && turn == 2)
      __syncthreads();
  }
  if (threadIdx.x >= 40)
    return;
  __syncthreads();
  out[i] = value + dynamicWords[39 - threadIdx.x] + first + own[0] + own[1] + own[2] + own[3];
}

void checkGrid(dim3 blocks, unsigned threads, bool configured) {
  const unsigned count = blocks.x * blocks.y, n = count * threads;
  std::vector<int> value(n), next(n);
  Managed out(n);
  int turns = 4;
  Factors factors = {{3, 5, 7}};
  if (configured) {
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributeCooperative;
    attribute.val.cooperative = 1;
    cudaLaunchConfig_t configuration = {};
    configuration.gridDim = blocks, configuration.blockDim = dim3(threads);
    configuration.dynamicSmemBytes = threads * sizeof(int);
    configuration.attrs = &attribute, configuration.numAttrs = 1;
    CHECK_CUDA(cudaLaunchKernelEx(&configuration, gridSum, out.words, turns, factors));
  } else {
    void *arguments[] = {&out.words, &turns, &factors};
    CHECK_CUDA(cudaLaunchCooperativeKernel(gridSum, blocks, dim3(threads), arguments,
                                           threads * sizeof(int)));
  }
  for (unsigned i = 0; i < n; ++i)
    value[i] = int(i);
  for (int turn = 0; turn < turns; ++turn, value = next)
    for (unsigned i = 0; i < n; ++i)
      next[i] = value[i] * factors.factor[turn % 3] + value[(i + 37) % n];
  out.check("gridSum", [&](unsigned i) {
    unsigned block = i / threads, t = i % threads;
    return t >= 40 ? 0
                   : value[i] + int(block * threads + 39 - t) +
                         int(block % blocks.x + 10 * (block / blocks.x)) + int(i) + 12;
  });
}

void checkLimits() {
  int blocks = 0;
  CHECK_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, gridSum, 64, 256));
  cudaDeviceProp properties;
  CHECK_CUDA(cudaGetDeviceProperties(&properties, 0));
  require(properties.cooperativeLaunch == 1);
  const unsigned most = unsigned(blocks * properties.multiProcessorCount);
  Managed out(most * 64);
  int turns = 0;
  Factors factors = {};
  void *arguments[] = {&out.words, &turns, &factors};
  require(cudaLaunchCooperativeKernel(gridSum, dim3(most), dim3(64), arguments, 256) ==
          cudaSuccess);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(cudaLaunchCooperativeKernel(gridSum, dim3(most + 1), dim3(64), arguments, 256) ==
          cudaErrorCooperativeLaunchTooLarge);
  cudaLaunchParams parameters = {};
  parameters.func = reinterpret_cast<void *>(gridSum);
  parameters.gridDim = dim3(2), parameters.blockDim = dim3(64), parameters.args = arguments;
  parameters.sharedMem = 256;
  require(cudaLaunchCooperativeKernelMultiDevice(&parameters, 1) == cudaSuccess);
  CHECK_CUDA(cudaDeviceSynchronize());
  cudaGetLastError();
}

// --- Programs that would hang or compute something else ---

__global__ void differentBarriers(int *out) {
  __shared__ int a[32];
  unsigned lane = threadIdx.x;
  if (lane % 2) {
    a[lane] = 1;
    __syncthreads();
    out[lane] = a[lane - 1];
  } else {
    a[lane] = 2;
    __syncthreads();
    out[lane] = a[lane + 1];
  }
}
__global__ void nobodyComes(int *out) {
  if (threadIdx.x < 32)
    asm volatile("bar.sync 3, 64;" ::: "memory");
  out[threadIdx.x] = 1;
}

// A failure stays, so each is in a process of its own. The code that it must end with.
template <class Launch> void checkFailure(const char *name, cudaError_t wanted, Launch launch) {
  std::fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    Managed out(4096);
    launch(out.words);
    cudaError_t got = cudaGetLastError();
    got = got == cudaSuccess ? cudaDeviceSynchronize() : got;
    std::_Exit(got == wanted ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    std::printf("FAIL %s: status %d\n", name, status);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main() {
  checkFailure("a barrier that nobody comes to", cudaErrorLaunchFailure,
               [](int *out) { nobodyComes<<<1, 64>>>(out); });
  checkFailure("a warp at two barriers", cudaErrorLaunchFailure,
               [](int *out) { differentBarriers<<<1, 32>>>(out); });
  checkFailure("a plain launch of a grid that synchronises", cudaErrorLaunchFailure,
               [](int *out) { gridSum<<<4, 64, 256>>>(out, 1, Factors{}); });
  {
    Managed out(64 * 50);
    bothSides<<<50, 64>>>(out.words);
    out.check("both sides", [](unsigned i) {
      unsigned lane = i % 32;
      return int(i % 64 < 32 ? 1000 + lane : lane * 3 + i / 64 + 1001 + lane);
    });
  }
  {
    Managed out(128);
    producer<<<1, 128>>>(out.words, 10);
    out.check("producer", [](unsigned t) { return int((31 - t % 32) * (t / 32) * 45); });
  }
  {
    Managed out(3000);
    wordTooFar<<<3000, 64, 256>>>(out.words, 64);
    out.check("a word too far", [](unsigned block) { return int(block) + 1; });
  }
  {
    Managed out(128);
    named<<<1, 128>>>(out.words, 9);
    out.check("named", [](unsigned t) { return namedReference(t, 9); });
  }
  {
    Managed out(96), words(3);
    tryElsewhere<<<1, 96>>>(out.words, reinterpret_cast<unsigned *>(words.words), words.words + 2);
    out.check("attempts at one place after the other", [](unsigned t) { return int(t / 32); });
  }
  {
    Managed out(256);
    waitInShared<<<1, 256>>>(out.words);
    out.check("wait in shared memory", [](unsigned t) { return int(8 - t / 32); });
  }
  {
    Managed out(64 * 40), flags(2 * 40);
    waitInGlobal<<<40, 64>>>(out.words, flags.words);
    out.check("wait in global memory", [](unsigned t) { return int(80 - t / 32); });
  }
  {
    Managed values(5000);
    pollAll<<<20, 64>>>(values.words, 5000);
    values.check("poll", [](unsigned i) { return int((5000 - i) % 1000 + 1); });
  }
  {
    Managed out(2 * 30 * 5), count(1);
    ownGridBarrier<<<30, 64>>>(out.words, count.words, 5);
    out.check("a grid barrier by hand", [](unsigned i) {
      unsigned block = i / 5 % 30;
      return int((i < 150 ? block : (block + 1) % 30) * (i % 5 + 1));
    });
  }
  checkGrid(dim3(9), 64, false);
  checkGrid(dim3(3, 5), 70, true);
  checkLimits();
  return finish();
}
