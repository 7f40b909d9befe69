// Cooperative groups: what they compute, against plain loops on the host.
#include "check.h"

#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda/atomic>

namespace cg = cooperative_groups;

constexpr unsigned kThreads = 256;

__host__ __device__ int valueOf(unsigned t) { return int(t * 2654435761u >> 20) - 1500; }

// One word per thread; the reference computes it from the thread's number.
template <class Kernel, class Reference>
void check(const char *name, Kernel kernel, Reference reference) {
  std::vector<int> got(kThreads);
  int *out = nullptr;
  CHECK_CUDA(cudaMalloc(&out, kThreads * sizeof(int)));
  CHECK_CUDA(cudaMemset(out, 0xff, kThreads * sizeof(int)));
  kernel<<<1, kThreads>>>(out);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), out, kThreads * sizeof(int), cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(out));
  for (unsigned t = 0; t < kThreads; ++t)
    if (got[t] != reference(t)) {
      std::printf("FAIL %s: thread %u: %d is not %d\n", name, t, got[t], reference(t));
      return require(false);
    }
  require(true);
}

template <unsigned Size> __global__ void tileSums(int *out) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<Size> tile = cg::tiled_partition<Size>(block);
  unsigned t = block.thread_rank();
  int sum = cg::reduce(tile, valueOf(t), cg::plus<int>());
  int most = cg::reduce(tile, valueOf(t), cg::greater<int>());
  int scan = cg::inclusive_scan(tile, valueOf(t) & 15);
  int before = cg::exclusive_scan(tile, valueOf(t) & 15, cg::plus<int>());
  int any = tile.any(t == 70), all = tile.all(t < 200);
  out[t] = sum * 3 + most * 5 + scan * 7 + before * 11 + any * 13 + all * 17 +
           int(tile.thread_rank()) + int(tile.meta_group_rank() * 100 + tile.meta_group_size());
}
template <unsigned Size> int tileReference(unsigned t) {
  unsigned first = t / Size * Size;
  int sum = 0, most = -(1 << 30), scan = 0, any = 0, all = 1;
  for (unsigned i = first; i < first + Size; ++i) {
    sum += valueOf(i);
    most = most > valueOf(i) ? most : valueOf(i);
    scan += i <= t ? valueOf(i) & 15 : 0;
    any |= i == 70, all &= i < 200;
  }
  return sum * 3 + most * 5 + scan * 7 + (scan - (valueOf(t) & 15)) * 11 + any * 13 + all * 17 +
         int(t - first) + int(t / Size * 100 + (kThreads + Size - 1) / Size);
}

__device__ int sumOf(cg::thread_group group, int *words, int value) {
  unsigned rank = group.thread_rank();
  for (unsigned half = group.size() / 2; half > 0; half /= 2) {
    words[rank] = value;
    group.sync();
    if (rank < half)
      value += words[rank + half];
    cg::sync(group);
  }
  return value;
}
__global__ void erased(int *out) {
  __shared__ int words[kThreads];
  auto block = cg::this_thread_block();
  int whole = sumOf(block, words, 1);
  cg::thread_group tile = cg::tiled_partition(block, 16);
  int part = sumOf(tile, words + threadIdx.x / 16 * 16, int(threadIdx.x));
  out[threadIdx.x] = threadIdx.x == 0 ? whole : tile.thread_rank() == 0 ? part : -2;
}
int erasedReference(unsigned t) { return t == 0 ? 256 : t % 16 == 0 ? int(t * 16 + 120) : -2; }

__global__ void coalesced(int *out) {
  unsigned t = threadIdx.x;
  out[t] = 0;
  if (t % 3 == 1) {
    cg::coalesced_group active = cg::coalesced_threads();
    int sum = cg::reduce(active, int(t), cg::plus<int>());
    int up = active.shfl_up(int(t), 1), down = active.shfl_down(int(t), 2);
    int third = active.shfl(int(t), 3);
    unsigned odd = active.ballot(t & 1);
    int scan = cg::exclusive_scan(active, int(t));
    auto half = cg::tiled_partition(active, 4);
    out[t] = sum + up * 3 + down * 5 + third * 7 + int(odd) * 11 + scan * 13 +
             int(half.thread_rank() * 17 + half.size() * 19 + half.meta_group_rank() * 23);
  }
}
int coalescedReference(unsigned t) {
  if (t % 3 != 1)
    return 0;
  std::vector<unsigned> members;
  unsigned rank = 0;
  for (unsigned i = t / 32 * 32; i < t / 32 * 32 + 32; ++i)
    if (i % 3 == 1) {
      rank = i == t ? unsigned(members.size()) : rank;
      members.push_back(i);
    }
  int sum = 0, scan = 0;
  unsigned odd = 0, count = unsigned(members.size());
  for (unsigned r = 0; r < count; ++r) {
    sum += int(members[r]);
    scan += r < rank ? int(members[r]) : 0;
    odd |= (members[r] & 1) << r;
  }
  unsigned first = rank / 4 * 4;
  return sum + int(members[rank ? rank - 1 : 0]) * 3 +
         int(members[rank + 2 < count ? rank + 2 : rank]) * 5 + int(members[3]) * 7 +
         int(odd) * 11 + scan * 13 +
         int((rank - first) * 17 + (first + 4 < count ? 4 : count - first) * 19 + rank / 4 * 23);
}

__global__ void partitions(int *out) {
  unsigned t = threadIdx.x;
  auto tile = cg::tiled_partition<32>(cg::this_thread_block());
  auto same = cg::labeled_partition(tile, valueOf(t) % 5);
  auto truth = cg::binary_partition(tile, valueOf(t) & 1);
  int sum = cg::reduce(same, int(t), cg::plus<int>());
  int bits = cg::reduce(truth, int(t), cg::bit_xor<int>());
  out[t] = sum * 7 + int(same.thread_rank()) + bits * 3 + int(truth.size()) * 5;
}
int partitionsReference(unsigned t) {
  int sum = 0, bits = 0, count = 0, rank = 0;
  for (unsigned i = t / 32 * 32; i < t / 32 * 32 + 32; ++i) {
    if (valueOf(i) % 5 == valueOf(t) % 5)
      sum += int(i), rank += i < t;
    if ((valueOf(i) & 1) == (valueOf(t) & 1))
      bits ^= int(i), ++count;
  }
  return sum * 7 + rank + bits * 3 + count * 5;
}

__device__ int copied[kThreads];
__global__ void copies(int *out) {
  __shared__ int words[kThreads];
  auto block = cg::this_thread_block();
  copied[threadIdx.x] = valueOf(threadIdx.x);
  block.sync();
  cg::memcpy_async(block, words, copied, sizeof words);
  cg::wait(block);
  auto token = block.barrier_arrive();
  block.barrier_wait(static_cast<decltype(token) &&>(token));
  int once =
      cg::invoke_one_broadcast(cg::coalesced_threads(), [=] __device__() { return words[0] + 1; });
  out[threadIdx.x] = words[kThreads - 1 - threadIdx.x] + once;
}

// Every operation on every kind of type, in a tile of a warp, a larger tile and a coalesced group.
struct Pair {
  double first;
  int second;
  __device__ Pair operator+(const Pair &other) const {
    return {first + other.first, second + other.second};
  }
};
template <class T> struct Results {
  T sum, least, most, scan, before;
};
template <class T, unsigned Size> __global__ void ofType(Results<T> *out, bool coalesced) {
  auto tile = cg::tiled_partition<Size>(cg::this_thread_block());
  T value = T(valueOf(threadIdx.x) & 31);
  Results<T> &mine = out[threadIdx.x];
  if (!coalesced) {
    mine = {cg::reduce(tile, value, cg::plus<T>()), cg::reduce(tile, value, cg::less<T>()),
            cg::reduce(tile, value, cg::greater<T>()), cg::inclusive_scan(tile, value),
            cg::exclusive_scan(tile, value, cg::greater<T>())};
  } else if (threadIdx.x % 2 == 0) {
    auto active = cg::coalesced_threads();
    mine = {cg::reduce(active, value, cg::plus<T>()), cg::reduce(active, value, cg::less<T>()),
            cg::reduce(active, value, cg::greater<T>()), cg::inclusive_scan(active, value),
            cg::exclusive_scan(active, value, cg::greater<T>())};
  }
}
template <class T, unsigned Size> void checkType(bool coalesced) {
  Results<T> *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&out, kThreads * sizeof *out));
  ofType<T, Size><<<1, kThreads>>>(out, coalesced);
  CHECK_CUDA(cudaDeviceSynchronize());
  bool right = true;
  for (unsigned t = 0; t < kThreads; t += coalesced ? 2 : 1) {
    unsigned size = coalesced ? 32 : Size, first = t / size * size;
    int sum = 0, least = 31, most = 0, scan = 0, before = -1;
    for (unsigned i = first; i < first + size; i += coalesced ? 2 : 1) {
      int value = valueOf(i) & 31;
      sum += value, least = value < least ? value : least, most = value > most ? value : most;
      scan += i <= t ? value : 0, before = i < t && value > before ? value : before;
    }
    right &= out[t].sum == T(sum) && out[t].least == T(least) && out[t].most == T(most) &&
             out[t].scan == T(scan) && (t == first || out[t].before == T(before));
  }
  if (!right)
    std::printf("FAIL type of %zu bytes, tile %u, coalesced %d\n", sizeof(T), Size, coalesced);
  require(right);
  CHECK_CUDA(cudaFree(out));
}
template <class T> void checkTypes() {
  checkType<T, 4>(false);
  checkType<T, 128>(false);
  checkType<T, 32>(true);
}

__global__ void bitsAndPairs(int *out) {
  auto tile = cg::tiled_partition<16>(cg::this_thread_block());
  auto wide = cg::tiled_partition<64>(cg::this_thread_block());
  unsigned long long bit = 1ull << (threadIdx.x % 64);
  bool right = cg::reduce(wide, bit, cg::bit_or<unsigned long long>()) == ~0ull &&
               cg::reduce(wide, ~bit, cg::bit_and<unsigned long long>()) == 0 &&
               cg::reduce(wide, bit, cg::bit_xor<unsigned long long>()) == ~0ull;
  Pair pair = cg::reduce(tile, Pair{0.5, 1}, cg::plus<Pair>());
  Pair product = cg::reduce(tile, Pair{0.25, 2},
                            [] __device__(const Pair &a, const Pair &b) { return a + b; });
  cg::invoke_one(tile, [&] { out[threadIdx.x] = 0; });
  tile.sync();
  int leader = cg::invoke_one_broadcast(tile, [=] { return int(threadIdx.x); });
  out[threadIdx.x] =
      right && pair.first == 8 && pair.second == 16 && product.first == 4 && product.second == 32
          ? leader
          : -1;
}

// Tiles of several warps pass on one thread's value.
template <unsigned Size> __global__ void wideShuffles(int *out) {
  __shared__ cg::block_tile_memory<kThreads> memory;
  cg::thread_block block = cg::this_thread_block(memory);
  auto tile = cg::tiled_partition<Size>(block);
  unsigned t = block.thread_rank();
  double last = tile.shfl(valueOf(t) * 0.5, Size - 1);
  out[t] = tile.shfl(valueOf(t), Size / 2 + 5) * 3 + int(last * 2);
}
template <unsigned Size> int wideShuffleReference(unsigned t) {
  unsigned first = t / Size * Size;
  return valueOf(first + Size / 2 + 5) * 3 + valueOf(first + Size - 1);
}

// Reductions into variables: one update by each group.
__global__ void updates(int *out) {
  using Atomic = cuda::atomic<int, cuda::thread_scope_block>;
  using Ref = cuda::atomic_ref<int, cuda::thread_scope_block>;
  __shared__ Atomic sum, most, stored;
  __shared__ int bits, plain;
  __shared__ cuda::atomic<float, cuda::thread_scope_block> product;
  unsigned t = threadIdx.x;
  if (t == 0)
    sum = 1, most = -9999, stored = 0, product = 1, bits = 0, plain = 0;
  __syncthreads();
  auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  auto half = cg::tiled_partition<128>(cg::this_thread_block());
  cg::reduce_update_async(warp, sum, int(t), cg::plus<int>());
  cg::reduce_update_async(half, sum, int(t), cg::plus<int>());
  cg::reduce_update_async(warp, Ref(bits), 1 << t % 31, cg::bit_or<int>());
  cg::reduce_update_async(warp, product, t % 32 == 7 ? 2.0f : 1.0f,
                          [] __device__(float a, float b) { return a * b; });
  if (t % 2) {
    auto odd = cg::coalesced_threads();
    cg::reduce_update_async(odd, most, valueOf(t), cg::greater<int>());
  }
  if (t < 32) {
    cg::reduce_store_async(warp, stored, int(t), cg::greater<int>());
    cg::reduce_store_async(warp, Ref(plain), int(t), cg::plus<int>());
  }
  __syncthreads();
  bool right = sum == 1 + 2 * (kThreads * (kThreads - 1) / 2) && bits == 0x7fffffff &&
               product == 256 && stored == 31 && plain == 496;
  out[t] = right ? int(most) : -1;
}
int updatesReference(unsigned) {
  int most = -9999;
  for (unsigned t = 1; t < kThreads; t += 2)
    most = valueOf(t) > most ? valueOf(t) : most;
  return most;
}

// A grid's ranks need no barrier.
__global__ void ranks(int *out) {
  cg::grid_group grid = cg::this_grid();
  cg::thread_block block = cg::this_thread_block();
  dim3 index = block.thread_index(), group = block.group_index(), size = block.dim_threads();
  bool right = grid.thread_rank() == threadIdx.x && grid.size() == kThreads &&
               grid.num_blocks() == 1 && grid.block_rank() == 0 && grid.dim_blocks().x == 1 &&
               index.x == threadIdx.x && group.x == blockIdx.x && size.x == kThreads &&
               block.num_threads() == kThreads && cg::group_size(block) == kThreads;
  out[threadIdx.x] = right ? int(cg::thread_rank(block)) : -1;
}

int main() {
  check("tile 1", tileSums<1>, tileReference<1>);
  check("tile 8", tileSums<8>, tileReference<8>);
  check("tile 32", tileSums<32>, tileReference<32>);
  check("tile 64", tileSums<64>, tileReference<64>);
  check("tile 256", tileSums<256>, tileReference<256>);
  check("erased", erased, erasedReference);
  check("coalesced", coalesced, coalescedReference);
  check("partitions", partitions, partitionsReference);
  check("copies", copies, [](unsigned t) { return valueOf(kThreads - 1 - t) + valueOf(0) + 1; });
  checkTypes<int>();
  checkTypes<unsigned long long>();
  checkTypes<float>();
  checkTypes<double>();
  checkTypes<unsigned char>();
  check("bits and pairs", bitsAndPairs, [](unsigned t) { return int(t / 16 * 16); });
  check("shuffles of 64", wideShuffles<64>, wideShuffleReference<64>);
  check("shuffles of 128", wideShuffles<128>, wideShuffleReference<128>);
  check("updates", updates, updatesReference);
  check("ranks", ranks, [](unsigned t) { return int(t); });
  return finish();
}
