// What kernels can be: templates, lambdas, device variables, big parameters, cooperative groups.
#include "check.h"

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include <type_traits>

namespace cg = cooperative_groups;

__constant__ int table[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__constant__ float scale;
__device__ int counter = 40;
__device__ int grid[4][8];
__device__ const int *cursor;

__global__ void variables(int *out) {
  int t = threadIdx.x;
  out[t] = table[t % 8] * 10 + int(scale * t);
  if (t < 32)
    grid[t % 4][t / 4] = t;
  atomicAdd(&counter, 1);
  if (t == 0)
    cursor = table + 3;
}
__global__ void readVariables(int *out) { out[threadIdx.x] = grid[threadIdx.x % 4][3] + *cursor; }

struct Big {
  int values[1500]; // more than 4 KB
  double last;
};
__global__ void bigParameter(Big big, int *out) {
  int t = threadIdx.x;
  if (t % 2)
    big.values[t] = -1; // a thread's own copy
  out[t] = big.values[t] + big.values[1499 - t] + int(big.last);
}

struct Few {
  int values[4];
  __host__ __device__ int change(int t) {
    values[t % 4] += t;
    values[(t + 1) % 4] *= 2;
    return values[t % 4] * 1000 + values[(t + 1) % 4];
  }
};
// All threads change other places of their own copies.
__global__ void writtenParameter(Few few, int *out) { out[threadIdx.x] = few.change(threadIdx.x); }

template <int N, class T> __device__ T power(T v) {
  if constexpr (N == 0)
    return T(1);
  else
    return v * power<N - 1>(v);
}
template <class T, class F> __global__ void apply(T *out, F f) {
  out[threadIdx.x] = f(T(threadIdx.x));
}

constexpr int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
struct Counter {
  int value;
  __device__ Counter &operator+=(int by) {
    value += by;
    return *this;
  }
  __device__ operator int() const { return value; }
};
__global__ void classes(int *out) {
  constexpr int f = fibonacci(12);
  Counter c{int(threadIdx.x)};
  for (unsigned i = 0; i < threadIdx.x % 5; ++i)
    c += f;
  out[threadIdx.x] = c;
}

__global__ void tiles(int *out) {
  cg::thread_block block = cg::this_thread_block();
  auto eight = cg::tiled_partition<8>(block);
  auto four = cg::tiled_partition<4>(block);
  auto warp = cg::tiled_partition<32>(block);
  int t = threadIdx.x, sum = t;
  for (int distance = 4; distance > 0; distance /= 2)
    sum += eight.shfl_down(sum, distance);
  sum = eight.shfl(sum, 0);
  int most = cg::reduce(four, t * 7 % 32, cg::greater<int>());
  unsigned ballot = four.ballot(t % 3 == 0);
  out[t] = sum + most * 1000 + int(ballot) * 100000 + (warp.any(t == 5) ? 10000000 : 0);
  // The threads that are together here count themselves.
  if (t % 3 == 0) {
    cg::coalesced_group active = cg::coalesced_threads();
    out[t + 64] = int(active.size() * 100 + active.thread_rank());
  }
  block.sync();
}
int tilesReference(int t) {
  int first = t & ~7, sum = 0, most = 0, ballot = 0;
  for (int i = 0; i < 8; ++i)
    sum += first + i;
  for (int i = 0; i < 4; ++i) {
    int other = (t & ~3) + i;
    most = other * 7 % 32 > most ? other * 7 % 32 : most;
    ballot |= (other % 3 == 0) << i;
  }
  return sum + most * 1000 + ballot * 100000 + (t < 32 ? 10000000 : 0);
}

template <class Reference> void compare(const char *name, const int *out, int n, Reference wanted) {
  CHECK_CUDA(cudaDeviceSynchronize());
  bool same = true;
  for (int i = 0; i < n && same; ++i)
    if (out[i] != wanted(i)) {
      std::printf("FAIL %s: thread %d: %d is not %d\n", name, i, out[i], wanted(i));
      same = false;
    }
  require(same);
}

// Traits ask about calls without calling: who may call what does not matter to them, on either
// side.
struct OnDevice {
  __device__ int operator()(int v) const { return v + int(blockDim.x); }
};
struct OnHost {
  int operator()(int v, int w = 0) const { return v + w; }
};
template <class F> void checkTraits(F) {
  static_assert(std::is_invocable<F, int>::value, "");
  static_assert(std::is_invocable_r<long, F, int>::value, "");
  static_assert(std::is_same<std::invoke_result_t<F, int>, int>::value, "");
  static_assert(!std::is_invocable<F>::value, "");
  static_assert(!std::is_invocable<F, int, int, int>::value, "");
  static_assert(!std::is_invocable<F, const char *>::value, "");
}
template <class F, class = std::enable_if_t<std::is_invocable_v<F, int>>>
__global__ void applyInvocable(int *out, F f) {
  static_assert(std::is_invocable<F, int>::value, "");
  out[threadIdx.x] = f(int(threadIdx.x));
}
template <class F> void launchInvocable(int *out, F f) {
  checkTraits(f);
  applyInvocable<<<1, 40>>>(out, f);
}

// What Clang alone would refuse.
#define SUFFIX "b"
#define UNROLLED #pragma unroll
__device__ volatile int watched = 5;
int unknown(int v) { return v + 1; }
constexpr int notConstant(int v) { return unknown(v); }
template <class T> struct Half {
  static const T value = static_cast<T>(0.5);
};
// Of the side that is compiled, which nvcc lets functions of the host call in its device pass.
#ifdef __CUDA_ARCH__
#define SIDE __device__
#else
#define SIDE __host__ __device__
#endif
SIDE int doubled(int v);
SIDE inline int doubled(int v) { return 2 * v; }
template <class T> SIDE T increase(T &v, T by) { return v += by; }
struct Steps {
  int count = 0;
  SIDE void step() { increase(count, doubled(1)); }
  SIDE friend Steps operator+(Steps left, int more) {
    left.step();
    left.count += more;
    return left;
  }
};
int onHost(Steps counter) {
  counter.step();
  return (counter + doubled(3)).count;
}
#pragma unroll
__global__ void lenient(int *out, const int *const *where) {
  register int t = threadIdx.x;
  const char text[] = "a" SUFFIX;
  unsigned char narrowed[] = {t};
#pragma unroll
  int sum = narrowed[0] + text[1] + watched;
#pragma unroll 0
  for (int i = 0; i < 2; ++i)
    sum += i;
  UNROLLED
  for (int i = 0; i < 4; ++i)
    sum += i;
  out[t] = sum + int(Half<float>::value * 2) - 1 + (Steps() + doubled(t)).count - 2 - 2 * t;
#pragma unroll
}
void checkLenient(int *out) {
  const int *unchanging = nullptr, **where = nullptr;
  CHECK_CUDA(cudaMalloc(&unchanging, 4));
  CHECK_CUDA(cudaMallocManaged(&where, sizeof(*where)));
  *where = unchanging;
  int more = 0;
  CHECK_CUDA(cudaMemcpyFromSymbol(&more, watched, sizeof(more)));
  require(more == 5 && notConstant(more) == 6 && onHost({}) == 10);
  more = 7;
  CHECK_CUDA(cudaMemcpyToSymbol(watched, &more, sizeof(more)));
  lenient<<<1, 40>>>(out, where);
  compare("lenient", out, 40, [](int t) { return t + 'b' + 7 + 1 + 6; });
}

// Variables that only this file can name are the host's too: of an unnamed type, and in an unnamed
// namespace.
__constant__ struct {
  int factor, summand;
} settings;
namespace {
__device__ int hidden = 3;
}
__global__ void readHidden(int *out) {
  out[threadIdx.x] = settings.factor * int(threadIdx.x) + settings.summand + hidden;
}
void checkHidden(int *out) {
  const int values[] = {5, 7};
  CHECK_CUDA(cudaMemcpyToSymbol(settings, values, sizeof values));
  int more = 0;
  CHECK_CUDA(cudaMemcpyFromSymbol(&more, hidden, sizeof more));
  require(more == 3);
  more = 100;
  CHECK_CUDA(cudaMemcpyToSymbol(hidden, &more, sizeof more));
  readHidden<<<1, 40>>>(out);
  compare("hidden", out, 40, [](int t) { return 5 * t + 107; });
}

int main() {
  int *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&out, 256 * sizeof(int)));
  const float half = 0.5f;
  const int primes[] = {2, 3, 5, 7, 11, 13, 17, 19};
  CHECK_CUDA(cudaMemcpyToSymbol(scale, &half, sizeof(half)));
  variables<<<1, 64>>>(out);
  compare("variables", out, 64, [&](int t) { return primes[t % 8] * 10 + t / 2; });
  int count = 0;
  CHECK_CUDA(cudaMemcpyFromSymbol(&count, counter, sizeof(count)));
  require(count == 104);
  readVariables<<<1, 64>>>(out);
  compare("readVariables", out, 64, [](int t) { return 12 + t % 4 + 7; });
  const Few few{{1, 2, 3, 4}};
  writtenParameter<<<1, 100>>>(few, out);
  compare("writtenParameter", out, 100, [&](int t) { return Few(few).change(t); });
  Big big = {};
  for (int i = 0; i < 1500; ++i)
    big.values[i] = i * 2;
  big.last = 5.5;
  bigParameter<<<1, 100>>>(big, out);
  compare("bigParameter", out, 100,
          [](int t) { return (t % 2 ? -1 : 2 * t) + 2 * (1499 - t) + 5; });
  int offset = 3;
  apply<<<1, 40>>>(out, [=] __device__(int v) { return power<3>(v) + offset; });
  compare("apply", out, 40, [](int t) { return t * t * t + 3; });
  launchInvocable(out, [=] __device__(int v) { return v * offset + int(threadIdx.x); });
  compare("launchInvocable", out, 40, [](int t) { return t * 4; });
  launchInvocable(out, OnDevice());
  compare("launchInvocable of a class", out, 40, [](int t) { return t + 40; });
  checkTraits(OnHost());
  classes<<<1, 40>>>(out);
  compare("classes", out, 40, [](int t) { return t + t % 5 * 144; });
  CHECK_CUDA(cudaMemset(out, 0, 256 * sizeof(int)));
  tiles<<<1, 64>>>(out);
  compare("tiles", out, 64, tilesReference);
  int inFirst = 0;
  compare("coalesced", out + 64, 64, [&](int t) {
    inFirst = t == 0 || t == 32 ? 0 : inFirst;
    return t % 3 ? 0 : (t < 32 ? 1100 : 1100) + inFirst++;
  });
  checkLenient(out);
  checkHidden(out);
  CHECK_CUDA(cudaFree(out));
  return finish();
}
