// CUB: collectives of warps and blocks inside kernels, and functions of a whole device.
#include "../kernels/check.h"

#include <cub/cub.cuh>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace {

constexpr int kThreads = 128, kItems = 4, kTile = kThreads * kItems, kBlocks = 3;

// One tile per block, sorted; its sum; each thread's prefix; its warp's largest first item.
__global__ void blockCollectives(const int *in, int *sorted, int *sums, int *prefixes,
                                 int *largest) {
  using Load = cub::BlockLoad<int, kThreads, kItems, cub::BLOCK_LOAD_TRANSPOSE>;
  using Store = cub::BlockStore<int, kThreads, kItems, cub::BLOCK_STORE_WARP_TRANSPOSE>;
  using Sort = cub::BlockRadixSort<int, kThreads, kItems>;
  using Reduce = cub::BlockReduce<int, kThreads, cub::BLOCK_REDUCE_WARP_REDUCTIONS>;
  using Scan = cub::BlockScan<int, kThreads>;
  using Warp = cub::WarpReduce<int>;
  __shared__ union {
    typename Load::TempStorage load;
    typename Store::TempStorage store;
    typename Sort::TempStorage sort;
    typename Reduce::TempStorage reduce;
    typename Scan::TempStorage scan;
    typename Warp::TempStorage warps[kThreads / 32];
  } shared;
  const int tile = blockIdx.x * kTile, thread = blockIdx.x * kThreads + threadIdx.x;
  int items[kItems];
  Load(shared.load).Load(in + tile, items);
  __syncthreads();
  int sum = Reduce(shared.reduce).Sum(items);
  if (threadIdx.x == 0)
    sums[blockIdx.x] = sum;
  __syncthreads();
  int prefix;
  Scan(shared.scan).ExclusiveSum(items[0], prefix);
  prefixes[thread] = prefix;
  __syncthreads();
  int most = Warp(shared.warps[threadIdx.x / 32]).Reduce(items[0], cub::Max());
  if (threadIdx.x % 32 == 0)
    largest[thread / 32] = most;
  __syncthreads();
  Sort(shared.sort).Sort(items);
  __syncthreads();
  Store(shared.store).Store(sorted + tile, items);
}

template <class T> T *deviceCopy(const std::vector<T> &values) {
  T *result = nullptr;
  CHECK_CUDA(cudaMalloc(&result, values.size() * sizeof(T)));
  CHECK_CUDA(cudaMemcpy(result, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return result;
}

template <class T> void same(const char *what, const T *device, const std::vector<T> &expected) {
  std::vector<T> got(expected.size());
  CHECK_CUDA(cudaMemcpy(got.data(), device, got.size() * sizeof(T), cudaMemcpyDeviceToHost));
  if (got != expected)
    std::printf("FAIL: %s\n", what);
  require(got == expected);
}

std::vector<int> numbers(unsigned count) {
  std::vector<int> result(count);
  unsigned state = count;
  for (int &value : result) {
    state = state * 1664525u + 1013904223u;
    value = int(state >> 16) - 20000;
  }
  return result;
}

void inKernels() {
  const std::vector<int> in = numbers(kBlocks * kTile);
  std::vector<int> sorted = in, sums, prefixes, largest;
  for (int block = 0; block < kBlocks; ++block) {
    auto tile = sorted.begin() + block * kTile;
    sums.push_back(std::accumulate(tile, tile + kTile, 0));
    for (int thread = 0, sum = 0; thread < kThreads; ++thread) {
      prefixes.push_back(sum);
      sum += tile[thread * kItems];
      if (thread % 32 == 0)
        largest.push_back(tile[thread * kItems]);
      largest.back() = std::max(largest.back(), tile[thread * kItems]);
    }
    std::sort(tile, tile + kTile);
  }
  int *source = deviceCopy(in), *outSorted = deviceCopy(in), *outSums = deviceCopy(sums),
      *outPrefixes = deviceCopy(prefixes), *outLargest = deviceCopy(largest);
  for (int *out : {outSorted, outSums, outPrefixes, outLargest})
    CHECK_CUDA(cudaMemset(out, 0x55, kBlocks * sizeof(int)));
  blockCollectives<<<kBlocks, kThreads>>>(source, outSorted, outSums, outPrefixes, outLargest);
  CHECK_CUDA(cudaDeviceSynchronize());
  same("BlockRadixSort", outSorted, sorted);
  same("BlockReduce", outSums, sums);
  same("BlockScan", outPrefixes, prefixes);
  same("WarpReduce", outLargest, largest);
  for (int *memory : {source, outSorted, outSums, outPrefixes, outLargest})
    CHECK_CUDA(cudaFree(memory));
}

// Asks for the temporary storage, then runs.
template <class Function> void withStorage(Function function) {
  size_t bytes = 0;
  void *storage = nullptr;
  CHECK_CUDA(function(storage, bytes));
  CHECK_CUDA(cudaMalloc(&storage, bytes));
  CHECK_CUDA(function(storage, bytes));
  CHECK_CUDA(cudaFree(storage));
}

void ofTheDevice() {
  const int count = 10007;
  const std::vector<int> in = numbers(count);
  std::vector<int> expected(count);
  int *source = deviceCopy(in), *result = deviceCopy(expected), *one = deviceCopy(expected);
  withStorage([&](void *storage, size_t &bytes) {
    return cub::DeviceReduce::Sum(storage, bytes, source, one, count);
  });
  same("DeviceReduce", one, {std::accumulate(in.begin(), in.end(), 0)});
  withStorage([&](void *storage, size_t &bytes) {
    return cub::DeviceScan::ExclusiveSum(storage, bytes, source, result, count);
  });
  std::partial_sum(in.begin(), in.end() - 1, expected.begin() + 1);
  same("DeviceScan", result, expected);
  withStorage([&](void *storage, size_t &bytes) {
    return cub::DeviceRadixSort::SortKeysDescending(storage, bytes, source, result, count);
  });
  expected = in;
  std::sort(expected.rbegin(), expected.rend());
  same("DeviceRadixSort", result, expected);
  for (int *memory : {source, result, one})
    CHECK_CUDA(cudaFree(memory));
}

// So many runs in each tile that CUB would exchange them within the block.
template <class Item> void longerRuns(const char *name, int count) {
  std::vector<Item> items;
  for (int number : numbers(count))
    items.insert(items.end(), size_t(1 + std::abs(number) % 9), Item(number / 9 % 5));
  items.resize(size_t(count));
  std::vector<int> starts, lengths;
  for (int first = 0, end; first < count; first = end) {
    end = first + 1;
    while (end < count && items[size_t(end)] == items[size_t(first)])
      ++end;
    if (end - first > 1)
      starts.push_back(first), lengths.push_back(end - first);
  }
  const std::vector<int> zeros(items.size());
  Item *source = deviceCopy(items);
  int *gotStarts = deviceCopy(zeros), *gotLengths = deviceCopy(zeros), *runs = deviceCopy(zeros);
  withStorage([&](void *storage, size_t &bytes) {
    return cub::DeviceRunLengthEncode::NonTrivialRuns(storage, bytes, source, gotStarts, gotLengths,
                                                      runs, count);
  });
  same(name, runs, {int(starts.size())});
  same(name, gotStarts, starts);
  same(name, gotLengths, lengths);
  CHECK_CUDA(cudaFree(source));
  for (int *memory : {gotStarts, gotLengths, runs})
    CHECK_CUDA(cudaFree(memory));
}

// Bins whose width is no whole number, with samples of one byte and of more.
template <class Sample, class Level>
void evenHistogram(const char *name, Level lower, Level upper) {
  constexpr int kBins = 9;
  std::vector<Sample> samples;
  std::vector<int> expected(kBins), zeros(kBins);
  const long long low = static_cast<long long>(lower), range = static_cast<long long>(upper) - low;
  for (int number : numbers(5000)) {
    samples.push_back(static_cast<Sample>(number % 300));
    const Level sample = static_cast<Level>(samples.back());
    if (sample >= lower && sample < upper)
      ++expected[static_cast<size_t>((static_cast<long long>(sample) - low) * kBins / range)];
  }
  Sample *source = deviceCopy(samples);
  int *counts = deviceCopy(zeros);
  withStorage([&](void *storage, size_t &bytes) {
    return cub::DeviceHistogram::HistogramEven(storage, bytes, source, counts, kBins + 1, lower,
                                               upper, int(samples.size()));
  });
  same(name, counts, expected);
  CHECK_CUDA(cudaFree(source));
  CHECK_CUDA(cudaFree(counts));
}

void histograms() {
  evenHistogram<signed char, int>("histogram of signed bytes", -100, 100);
  evenHistogram<int, int>("histogram of int", -37, 200);
}

} // namespace

int main() {
  inKernels();
  ofTheDevice();
  histograms();
  longerRuns<short>("runs of short in one tile", 1440);
  longerRuns<short>("runs of short", 5003);
  longerRuns<double>("runs of double", 5003);
  return finish();
}
