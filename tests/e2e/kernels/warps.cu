// Warp operations against a plain model of a warp: 32 values, a mask of the lanes that take part.
#include "check.h"

constexpr int kLanes = 32;

__host__ __device__ inline unsigned valueOf(int lane, int seed) {
  unsigned v = unsigned(lane + 1) * 2654435761u + unsigned(seed) * 40503u;
  return v ^ v >> 15;
}

template <class Kernel, class Reference>
void check(const char *name, Kernel kernel, Reference reference, int words, int threads = kLanes) {
  std::vector<unsigned> got(size_t(kLanes) * words), expected(got.size(), 0xffffffffu);
  unsigned *out = nullptr;
  CHECK_CUDA(cudaMalloc(&out, got.size() * 4));
  CHECK_CUDA(cudaMemset(out, 0xff, got.size() * 4));
  kernel<<<1, threads>>>(out);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), out, got.size() * 4, cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(out));
  reference(expected.data());
  bool same = true;
  for (size_t i = 0; i < got.size() && same; ++i)
    if (got[i] != expected[i]) {
      std::printf("FAIL %s: word %zu of lane %zu: 0x%x is not 0x%x\n", name, i / kLanes, i % kLanes,
                  got[i], expected[i]);
      same = false;
    }
  require(same);
}

// PTX ISA, "shfl", in CUDA's terms.
enum Mode { Index, Up, Down, Xor };
int sourceOf(Mode mode, int lane, int b, int width) {
  int first = lane & ~(width - 1), last = first + width - 1, from;
  switch (mode) {
  case Index:
    return first + (b & (width - 1));
  case Up:
    from = lane - (b & 31);
    return from >= first ? from : lane;
  case Down:
    from = lane + (b & 31);
    return from <= last ? from : lane;
  default:
    from = lane ^ (b & 31);
    return from <= last ? from : lane;
  }
}

constexpr int kWidths[] = {1, 2, 4, 8, 16, 32};
constexpr int kDistances[] = {0, 1, 3, 16, 31, 40};

template <int Width> __device__ unsigned *shuffleAll(unsigned *out) {
  int lane = threadIdx.x;
  unsigned v = valueOf(lane, 1);
  for (int distance : {0, 1, 3, 16, 31, 40}) {
    out[lane] = __shfl_sync(0xffffffffu, v, distance, Width);
    out[lane + 32] = __shfl_up_sync(0xffffffffu, v, distance, Width);
    out[lane + 64] = __shfl_down_sync(0xffffffffu, v, distance, Width);
    out[lane + 96] = __shfl_xor_sync(0xffffffffu, v, distance, Width);
    out += 128;
  }
  return out;
}
__global__ void shuffles(unsigned *out) {
  out = shuffleAll<1>(out);
  out = shuffleAll<2>(out);
  out = shuffleAll<4>(out);
  out = shuffleAll<8>(out);
  out = shuffleAll<16>(out);
  out = shuffleAll<32>(out);
}
void shufflesReference(unsigned *out) {
  for (int width : kWidths)
    for (int distance : kDistances)
      for (Mode mode : {Index, Up, Down, Xor}) {
        for (int lane = 0; lane < kLanes; ++lane)
          out[lane] = valueOf(sourceOf(mode, lane, distance, width), 1);
        out += 32;
      }
}

// Source lanes that differ from lane to lane, values of other types.
__global__ void variableShuffles(unsigned *out) {
  int lane = threadIdx.x, from = (lane * 7 + 3) & 63;
  out[lane] = unsigned(__shfl_sync(0xffffffffu, int(valueOf(lane, 2)), from));
  out[lane + 32] = __shfl_sync(0xffffffffu, valueOf(lane, 2), from, 8);
  unsigned long long wide = (unsigned long long)valueOf(lane, 3) << 32 | valueOf(lane, 4);
  unsigned long long other = __shfl_xor_sync(0xffffffffu, wide, 5);
  out[lane + 64] = unsigned(other);
  out[lane + 96] = unsigned(other >> 32);
  double d = __shfl_down_sync(0xffffffffu, lane * 1.5, 3);
  out[lane + 128] = unsigned(d * 2);
  float f = __shfl_up_sync(0xffffffffu, float(lane), 2, 16);
  out[lane + 160] = unsigned(f);
  out[lane + 192] = __shfl(valueOf(lane, 5), 31 - lane);
  out[lane + 224] = unsigned(__shfl_down(lane, 1));
}
void variableReference(unsigned *out) {
  for (int lane = 0; lane < kLanes; ++lane) {
    int from = (lane * 7 + 3) & 63;
    out[lane] = valueOf(sourceOf(Index, lane, from, 32), 2);
    out[lane + 32] = valueOf(sourceOf(Index, lane, from, 8), 2);
    out[lane + 64] = valueOf(lane ^ 5, 4);
    out[lane + 96] = valueOf(lane ^ 5, 3);
    out[lane + 128] = 3 * sourceOf(Down, lane, 3, 32);
    out[lane + 160] = sourceOf(Up, lane, 2, 16);
    out[lane + 192] = valueOf(31 - lane, 5);
    out[lane + 224] = sourceOf(Down, lane, 1, 32);
  }
}

__global__ void votes(unsigned *out) {
  int lane = threadIdx.x;
  bool p = valueOf(lane, 7) & 1;
  out[lane] = __ballot_sync(0xffffffffu, p);
  out[lane + 32] = __any_sync(0xffffffffu, lane == 9) * 2 + __any_sync(0xffffffffu, lane > 40);
  out[lane + 64] = __all_sync(0xffffffffu, lane < 32) * 2 + __all_sync(0xffffffffu, p);
  // Two sides of a branch vote each for themselves.
  if (lane % 3 == 0) {
    out[lane + 96] = __activemask();
    out[lane + 128] = __ballot_sync(0x49249249u, p);
    if (lane > 10)
      out[lane + 160] = __ballot(1);
  } else {
    out[lane + 96] = __activemask();
    out[lane + 128] = __ballot_sync(0xb6db6db6u, !p);
    out[lane + 160] = __all_sync(0xb6db6db6u, lane != 0) + __any_sync(0xb6db6db6u, lane == 3) * 2;
  }
  out[lane + 192] = __activemask();
  // The mask of a loop that lanes leave one by one.
  unsigned masks = 0;
  for (int i = 0; i < lane; ++i)
    masks = masks * 3 + __activemask();
  out[lane + 224] = masks;
}
void votesReference(unsigned *out) {
  unsigned ballot = 0;
  for (int lane = 0; lane < kLanes; ++lane)
    ballot |= (valueOf(lane, 7) & 1) << lane;
  for (int lane = 0; lane < kLanes; ++lane) {
    unsigned third = 0x49249249u;
    bool mine = lane % 3 == 0;
    out[lane] = ballot;
    out[lane + 32] = 2;
    out[lane + 64] = 2 + (ballot == 0xffffffffu);
    out[lane + 96] = mine ? third : ~third;
    out[lane + 128] = mine ? ballot & third : ~ballot & ~third;
    if (!mine)
      out[lane + 160] = 1;
    else if (lane > 10)
      out[lane + 160] = third & 0xfffff800u;
    out[lane + 192] = 0xffffffffu;
    unsigned masks = 0;
    for (int i = 0; i < lane; ++i)
      masks = masks * 3 + ~((2u << i) - 1);
    out[lane + 224] = masks;
  }
}

__global__ void matchesAndReductions(unsigned *out) {
  int lane = threadIdx.x;
  int key = int(valueOf(lane, 8)) & 3, equal = -1;
  unsigned group = __match_any_sync(0xffffffffu, key);
  out[lane] = group;
  out[lane + 32] = __match_all_sync(0xffffffffu, 5, &equal) + unsigned(equal);
  out[lane + 64] = __match_all_sync(0xffffffffu, lane / 31, &equal) * 2 + unsigned(equal);
  int v = int(valueOf(lane, 9));
  out[lane + 96] = unsigned(__reduce_add_sync(0xffffffffu, v));
  out[lane + 128] = unsigned(__reduce_min_sync(0xffffffffu, v));
  // Several groups at once, each lane with its own members.
  out[lane + 32] += unsigned(__reduce_add_sync(group, v)) ^ unsigned(__reduce_max_sync(group, v));
  out[lane + 160] = __reduce_max_sync(0xffffffffu, unsigned(v));
  out[lane + 192] = __reduce_xor_sync(0xffffffffu, unsigned(v));
  if (lane & 1)
    out[lane + 224] = __reduce_and_sync(0xaaaaaaaau, unsigned(v) | 0xff) +
                      __match_any_sync(0xaaaaaaaau, (unsigned long long)key << 40);
  else
    out[lane + 224] = __reduce_or_sync(0x55555555u, unsigned(v) & 0xff00);
}
void matchesReference(unsigned *out) {
  int sum = 0, least = 0x7fffffff;
  unsigned greatest = 0, parity = 0, both = 0xffffffffu, either = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    int v = int(valueOf(lane, 9));
    sum = int(unsigned(sum) + unsigned(v));
    least = v < least ? v : least;
    greatest = unsigned(v) > greatest ? unsigned(v) : greatest;
    parity ^= unsigned(v);
    if (lane & 1)
      both &= unsigned(v) | 0xff;
    else
      either |= unsigned(v) & 0xff00;
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    unsigned same = 0;
    for (int other = 0; other < kLanes; ++other)
      same |= unsigned((valueOf(other, 8) & 3) == (valueOf(lane, 8) & 3)) << other;
    out[lane] = same;
    unsigned groupSum = 0;
    int groupMost = int(0x80000000u);
    for (int other = 0; other < kLanes; ++other)
      if (same >> other & 1) {
        int v = int(valueOf(other, 9));
        groupSum += unsigned(v);
        groupMost = v > groupMost ? v : groupMost;
      }
    out[lane + 32] = 0xffffffffu + 1u + (groupSum ^ unsigned(groupMost));
    out[lane + 64] = 0;
    out[lane + 96] = unsigned(sum);
    out[lane + 128] = unsigned(least);
    out[lane + 160] = greatest;
    out[lane + 192] = parity;
    out[lane + 224] = lane & 1 ? both + (same & 0xaaaaaaaau) : either;
  }
}

// Lockstep without any synchronisation, as old reductions are written.
__global__ void warpSynchronous(unsigned *out) {
  __shared__ volatile unsigned values[64];
  int lane = threadIdx.x;
  values[lane] = valueOf(lane, 10);
  values[lane + 32] = 0;
  values[lane] += values[lane + 16];
  values[lane] += values[lane + 8];
  values[lane] += values[lane + 4];
  values[lane] += values[lane + 2];
  values[lane] += values[lane + 1];
  out[lane] = values[0];
}
void warpSynchronousReference(unsigned *out) {
  unsigned sum = 0;
  for (int lane = 0; lane < kLanes; ++lane)
    sum += valueOf(lane, 10);
  for (int lane = 0; lane < kLanes; ++lane)
    out[lane] = sum;
}

// Shuffles in a loop whose trip count differs from warp to warp only, and under a condition.
__global__ void shuffleInLoop(unsigned *out) {
  int lane = threadIdx.x;
  unsigned v = valueOf(lane, 11), sum = v;
  for (int distance = 16; distance > 0; distance /= 2)
    sum += __shfl_xor_sync(0xffffffffu, sum, distance);
  out[lane] = sum;
  unsigned scan = v;
  for (int distance = 1; distance < 32; distance *= 2) {
    unsigned before = __shfl_up_sync(0xffffffffu, scan, distance);
    if (lane >= distance)
      scan += before;
  }
  out[lane + 32] = scan;
  if (lane < 16)
    out[lane + 64] = __shfl_down_sync(0xffffu, v, 1, 16);
}
void shuffleInLoopReference(unsigned *out) {
  unsigned total = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    total += valueOf(lane, 11);
    out[lane + 32] = total;
    if (lane < 16)
      out[lane + 64] = valueOf(lane < 15 ? lane + 1 : lane, 11);
  }
  for (int lane = 0; lane < kLanes; ++lane)
    out[lane] = total;
}

// Members may be named that the warp does not have: the results are of those that are there.
constexpr int kFew = 5;
__global__ void fewThreads(unsigned *out) {
  int lane = threadIdx.x, equal = -1;
  unsigned v = valueOf(lane, 12);
  out[lane] = __match_all_sync(0xffffffffu, 7, &equal);
  out[lane + 32] = unsigned(equal) + __match_any_sync(0xffffffffu, lane / 3);
  out[lane + 64] = __ballot_sync(0xffffffffu, lane != 1) + unsigned(__all_sync(0xffffffffu, 1));
  out[lane + 96] = __reduce_add_sync(0xffffffffu, v);
}
void fewThreadsReference(unsigned *out) {
  unsigned sum = 0;
  for (int lane = 0; lane < kFew; ++lane)
    sum += valueOf(lane, 12);
  for (int lane = 0; lane < kFew; ++lane) {
    out[lane] = 0x1f;
    out[lane + 32] = 1 + (lane < 3 ? 0x07u : 0x18u);
    out[lane + 64] = 0x1d + 1;
    out[lane + 96] = sum;
  }
}

// All lanes read a structure before one of them writes its own, as the loads and stores of a GPU
// do.
template <int kBytes, class T> struct Packed {
  T part[kBytes / sizeof(T)];
};

template <class Structure> __device__ unsigned permute(Structure *all) {
  unsigned lane = threadIdx.x % kLanes, to = (lane * 7 + 3) % kLanes;
  unsigned char *mine = reinterpret_cast<unsigned char *>(&all[lane]);
  for (unsigned i = 0; i < sizeof(Structure); ++i)
    mine[i] = (unsigned char)(lane * 5 + i);
  __syncwarp();
  all[to] = all[lane];
  __syncwarp();
  unsigned hash = 0;
  for (unsigned i = 0; i < sizeof(Structure); ++i)
    hash = hash * 31 + mine[i];
  return hash;
}

__global__ void structures(unsigned *out) {
  __shared__ Packed<12, float> three[kLanes];
  __shared__ Packed<56, double> seven[kLanes];
  __shared__ Packed<7, char> odd[kLanes];
  __shared__ Packed<600, int> large[kLanes];
  out[threadIdx.x] = permute(three);
  out[threadIdx.x + 32] = permute(seven);
  out[threadIdx.x + 64] = permute(odd);
  out[threadIdx.x + 96] = permute(large);
}

void structuresReference(unsigned *out) {
  const unsigned bytes[] = {12, 56, 7, 600};
  for (unsigned word = 0; word < 4; ++word)
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned hash = 0;
      for (unsigned i = 0; i < bytes[word]; ++i)
        hash = hash * 31 + (unsigned char)(lane * 5 + i);
      out[(lane * 7 + 3) % kLanes + word * kLanes] = hash;
    }
}

// A warp whose first lane takes work for all, and counts behind it what was done: the same
// condition ends a round and starts the next.
__device__ unsigned next;
__global__ void takeForAll(unsigned *out) {
  const unsigned lane = threadIdx.x % kLanes;
  out[threadIdx.x] = out[threadIdx.x + kLanes] = 0;
  while (true) { // no value goes from round to round
    unsigned item = 0;
    if (lane == 0)
      item = atomicAdd(&next, 1);
    item = __shfl_sync(~0u, item, 0);
    if (item >= 50)
      break;
    out[threadIdx.x] += __reduce_add_sync(~0u, item * lane);
    if (lane == 0)
      atomicAdd(&out[kLanes], item & 1);
  }
  if (lane == 0)
    next = 0;
}
void takeForAllReference(unsigned *out) {
  unsigned sum = 0;
  for (unsigned item = 0; item < 50; ++item)
    sum += item * (kLanes * (kLanes - 1) / 2);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    out[lane] = sum;
    out[lane + kLanes] = lane == 0 ? 25 : 0;
  }
}

int main() {
  check("shuffles", shuffles, shufflesReference, 6 * 6 * 4);
  check("variableShuffles", variableShuffles, variableReference, 8);
  check("votes", votes, votesReference, 8);
  check("matchesAndReductions", matchesAndReductions, matchesReference, 8);
  check("warpSynchronous", warpSynchronous, warpSynchronousReference, 1);
  check("shuffleInLoop", shuffleInLoop, shuffleInLoopReference, 3);
  check("fewThreads", fewThreads, fewThreadsReference, 4, kFew);
  check("structures", structures, structuresReference, 4);
  check("takeForAll", takeForAll, takeForAllReference, 2);
  return finish();
}
