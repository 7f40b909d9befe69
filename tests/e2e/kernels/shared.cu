// Shared memory and barriers, with early returns and conditions around them.
#include "check.h"

constexpr unsigned kThreads = 96, kBlocks = 3;

template <class Kernel, class Reference>
void check(const char *name, Kernel kernel, Reference reference, unsigned threads = kThreads,
           unsigned sharedBytes = 0) {
  std::vector<int> got(threads * kBlocks), expected(threads * kBlocks, -1);
  int *out = nullptr;
  CHECK_CUDA(cudaMalloc(&out, got.size() * sizeof(int)));
  CHECK_CUDA(cudaMemset(out, 0xff, got.size() * sizeof(int)));
  kernel<<<kBlocks, threads, sharedBytes>>>(out, int(threads));
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), out, got.size() * sizeof(int), cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(out));
  bool same = true;
  for (unsigned block = 0; block < kBlocks; ++block)
    for (unsigned t = 0; t < threads && same; ++t) {
      unsigned i = block * threads + t;
      int wanted = reference(int(block), int(t), int(threads));
      if (got[i] != wanted) {
        std::printf("FAIL %s, %u threads: block %u, thread %u: %d is not %d\n", name, threads,
                    block, t, got[i], wanted);
        same = false;
      }
    }
  require(same);
}

__global__ void reverse(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  values[t] = t * 3 + blockIdx.x;
  __syncthreads();
  out[blockIdx.x * n + t] = values[n - 1 - t];
}

// Several arrays, one of them dynamic, one in a function.
__device__ int throughFunction(int v, int n) {
  __shared__ int own[1024];
  own[threadIdx.x] = v;
  __syncthreads();
  return own[(threadIdx.x + 1) % n];
}
extern __shared__ int dynamicWords[];
__global__ void severalArrays(int *out, int n) {
  __shared__ short halves[1024];
  __shared__ double wide[2][512];
  int t = threadIdx.x;
  dynamicWords[t] = t;
  halves[t] = short(-t);
  wide[t & 1][t >> 1] = t * 0.5;
  __syncthreads();
  int other = (t + 7) % n;
  int sum = dynamicWords[other] * 1000 + halves[other] + int(wide[other & 1][other >> 1] * 2);
  out[blockIdx.x * n + t] = throughFunction(sum, n);
}
int severalReference(int, int t, int n) {
  int other = ((t + 1) % n + 7) % n;
  return other * 1000;
}

// Dynamic arrays are names of one place, whatever their types want.
struct alignas(128) Line {
  int words[32];
};
extern __shared__ char dynamicBytes[];
extern __shared__ Line dynamicLines[];
__global__ void dynamicNames(int *out, int n) {
  __shared__ int first[3];
  int t = threadIdx.x;
  dynamicWords[t] = t * 257;
  first[t % 3] = t % 3;
  __syncthreads();
  int other = (t + 7) % n;
  int sum = dynamicLines[other / 32].words[other % 32] + dynamicBytes[other * 4];
  out[blockIdx.x * n + t] = sum + first[t % 3];
}
int dynamicNamesReference(int, int t, int n) {
  int other = (t + 7) % n;
  return other * 257 + (signed char)(other * 257) + t % 3;
}

// A tree whose barrier is in a loop; only some threads work.
__global__ void treeSum(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  values[t] = t + 1;
  __syncthreads();
  for (int distance = 1; distance < n; distance *= 2) {
    if (t % (2 * distance) == 0 && t + distance < n)
      values[t] += values[t + distance];
    __syncthreads();
  }
  out[blockIdx.x * n + t] = values[0];
}

__global__ void prefixSum(int *out, int n) {
  __shared__ int values[2][1024];
  int t = threadIdx.x, from = 0;
  values[0][t] = t % 5;
  __syncthreads();
  for (int distance = 1; distance < n; distance *= 2) {
    values[1 - from][t] =
        t >= distance ? values[from][t] + values[from][t - distance] : values[from][t];
    from = 1 - from;
    __syncthreads();
  }
  out[blockIdx.x * n + t] = values[from][t];
}
int prefixReference(int, int t, int) {
  int sum = 0;
  for (int i = 0; i <= t; ++i)
    sum += i % 5;
  return sum;
}

__global__ void uniformIf(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  values[t] = t;
  if (blockIdx.x == 1) {
    __syncthreads();
    int v = values[n - 1 - t];
    __syncthreads();
    values[t] = v * 2;
  }
  __syncthreads();
  out[blockIdx.x * n + t] = values[t ^ (n % 2 ? 0 : 1)];
}
int uniformIfReference(int block, int t, int n) {
  int other = t ^ (n % 2 ? 0 : 1);
  return block == 1 ? (n - 1 - other) * 2 : other;
}

#ifndef NO_DIVERGENT_BARRIERS
// Threads that have returned take no part in barriers.
__global__ void earlyReturn(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  if (t >= n - 5)
    return;
  values[t] = t * 2;
  __syncthreads();
  int v = values[n - 6 - t];
  __syncthreads();
  values[t] = v;
  __syncthreads();
  out[blockIdx.x * n + t] = values[(t + 1) % (n - 5)];
}
int earlyReturnReference(int, int t, int n) {
  return t >= n - 5 ? -1 : 2 * (n - 6 - (t + 1) % (n - 5));
}

// Whole warps return.
__global__ void warpsReturn(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  values[t] = 0;
  __syncthreads();
  if (t >= 32)
    return;
  values[t] = t;
  __syncthreads();
  int sum = 0;
  for (int i = 0; i < 32 && i < n; ++i)
    sum += values[i];
  out[blockIdx.x * n + t] = sum;
}
int warpsReturnReference(int, int t, int n) {
  int last = n < 32 ? n : 32;
  return t >= 32 ? -1 : last * (last - 1) / 2;
}

// The same condition around the barrier that all threads of a warp, but not all warps, take.
__global__ void laterWork(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x;
  bool active = t < n / 2;
  if (active)
    values[t] = t + 100;
  __syncthreads();
  int v = 0;
  if (active)
    v = values[n / 2 - 1 - t];
  __syncthreads();
  out[blockIdx.x * n + t] = active ? v : t / (n - n / 2);
}
int laterReference(int, int t, int n) { return t < n / 2 ? n / 2 - 1 - t + 100 : t / (n - n / 2); }
#endif

__global__ void countsAndVotes(int *out, int n) {
  int t = threadIdx.x;
  int count = __syncthreads_count(t % 3 == 0);
  int all = __syncthreads_and(t < n), notAll = __syncthreads_and(t != n - 1);
  int any = __syncthreads_or(t == n / 2), none = __syncthreads_or(t > n);
  out[blockIdx.x * n + t] =
      count * 16 + (all != 0) * 8 + (notAll != 0) * 4 + (any != 0) * 2 + (none != 0);
}
int countsReference(int, int, int n) { return (n + 2) / 3 * 16 + 8 + 2; }

// A loop that goes on while any thread of the block needs it.
__global__ void voteLoop(int *out, int n) {
  __shared__ int values[1024];
  int t = threadIdx.x, mine = t, turns = 0;
  values[t] = 0;
  while (__syncthreads_or(mine > 0)) {
    if (mine > 0) {
      mine -= 10;
      ++values[t];
    }
    ++turns;
  }
  out[blockIdx.x * n + t] = turns * 1000 + values[t];
}
int voteLoopReference(int, int t, int n) { return (n - 1 + 9) / 10 * 1000 + (t + 9) / 10; }

// Every thread writes one place: one of them wins, for all readers the same.
__global__ void sameAddress(int *out, int n) {
  __shared__ int winner;
  int t = threadIdx.x;
  winner = t;
  __syncthreads();
  out[blockIdx.x * n + t] = winner >= 0 && winner < n;
  __syncthreads();
  if (t == winner)
    winner = 5000;
  __syncthreads();
  out[blockIdx.x * n + t] += winner;
}

int main() {
  for (unsigned threads : {kThreads, 70u, 7u}) {
    check(
        "reverse", reverse, [](int b, int t, int n) { return (n - 1 - t) * 3 + b; }, threads);
    check("severalArrays", severalArrays, severalReference, threads, threads * 4);
    check("dynamicNames", dynamicNames, dynamicNamesReference, threads, threads * 4);
    check(
        "treeSum", treeSum, [](int, int, int n) { return n * (n + 1) / 2; }, threads);
    check("prefixSum", prefixSum, prefixReference, threads);
    check("uniformIf", uniformIf, uniformIfReference, threads);
#ifndef NO_DIVERGENT_BARRIERS
    check("earlyReturn", earlyReturn, earlyReturnReference, threads);
    check("warpsReturn", warpsReturn, warpsReturnReference, threads);
    check("laterWork", laterWork, laterReference, threads);
#endif
    check("countsAndVotes", countsAndVotes, countsReference, threads);
    check("voteLoop", voteLoop, voteLoopReference, threads);
    check(
        "sameAddress", sameAddress, [](int, int, int) { return 5001; }, threads);
  }
  return finish();
}
