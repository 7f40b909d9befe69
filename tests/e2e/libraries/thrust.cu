// Thrust's algorithms, containers and iterators against the standard library's.
#include "../kernels/check.h"

#include <thrust/count.h>
#include <thrust/device_ptr.h>
#include <thrust/device_vector.h>
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/gather.h>
#include <thrust/host_vector.h>
#include <thrust/iterator/constant_iterator.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/reduce.h>
#include <thrust/remove.h>
#include <thrust/scan.h>
#include <thrust/scatter.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/transform.h>
#include <thrust/transform_reduce.h>
#include <thrust/tuple.h>

#include <algorithm>
#include <numeric>

namespace {

// Device functors: no host form exists.
struct Square {
  __device__ int operator()(int x) const { return x * x; }
};
struct IsOdd {
  __device__ bool operator()(int x) const { return x & 1; }
};
struct ByTens { // many equal elements, so that stability shows
  __host__ __device__ bool operator()(int a, int b) const { return a / 10 > b / 10; }
};
struct AddPair {
  int *sums;
  template <class Tuple> __device__ void operator()(const Tuple &pair) const {
    sums[thrust::get<0>(pair)] = thrust::get<0>(pair) + thrust::get<1>(pair);
  }
};

std::vector<int> numbers(unsigned count) {
  std::vector<int> result(count);
  unsigned state = count;
  for (int &value : result) {
    state = state * 1664525u + 1013904223u;
    value = int(state >> 22);
  }
  return result;
}

void same(const char *what, const thrust::device_vector<int> &got,
          const std::vector<int> &expected) {
  thrust::host_vector<int> here = got;
  bool holds =
      here.size() == expected.size() && std::equal(expected.begin(), expected.end(), here.begin());
  if (!holds)
    std::printf("FAIL: %s of %zu\n", what, expected.size());
  require(holds);
}

void elementwise(const std::vector<int> &in) {
  const int n = int(in.size());
  thrust::device_vector<int> source(in.begin(), in.end()), result(n);
  std::vector<int> expected(n);
  thrust::transform(source.begin(), source.end(), result.begin(), Square());
  std::transform(in.begin(), in.end(), expected.begin(), [](int x) { return x * x; });
  same("transform", result, expected);
  thrust::sequence(thrust::device, result.begin(), result.end(), 5);
  std::iota(expected.begin(), expected.end(), 5);
  same("sequence", result, expected);
  auto indices = thrust::make_counting_iterator(0);
  auto pairs = thrust::make_zip_iterator(thrust::make_tuple(indices, source.begin()));
  thrust::for_each(pairs, pairs + n, AddPair{thrust::raw_pointer_cast(result.data())});
  for (int i = 0; i < n; ++i)
    expected[i] = i + in[i];
  same("for_each over zip", result, expected);
  // The permutation i -> n-1-i, there and back.
  auto reversed = thrust::make_transform_iterator(indices, n - 1 - thrust::placeholders::_1);
  thrust::gather(reversed, reversed + n, source.begin(), result.begin());
  same("gather", result, std::vector<int>(in.rbegin(), in.rend()));
  thrust::device_vector<int> back(n);
  thrust::scatter(result.begin(), result.end(), reversed, back.begin());
  same("scatter", back, in);
}

void reductions(const std::vector<int> &in) {
  thrust::device_vector<int> source(in.begin(), in.end());
  require(thrust::reduce(source.begin(), source.end()) == std::accumulate(in.begin(), in.end(), 0));
  require(
      thrust::transform_reduce(source.begin(), source.end(), Square(), 0, thrust::plus<int>()) ==
      std::inner_product(in.begin(), in.end(), in.begin(), 0));
  require(thrust::count_if(source.begin(), source.end(), IsOdd()) ==
          std::count_if(in.begin(), in.end(), [](int x) { return x & 1; }));
  thrust::device_vector<int> result(in.size());
  std::vector<int> expected(in.size());
  thrust::inclusive_scan(source.begin(), source.end(), result.begin());
  std::partial_sum(in.begin(), in.end(), expected.begin());
  same("inclusive_scan", result, expected);
}

void sorting(const std::vector<int> &in) {
  const int n = int(in.size());
  thrust::device_vector<int> keys(in.begin(), in.end()), order(n);
  std::vector<int> sorted = in, expectedOrder(n);
  std::iota(expectedOrder.begin(), expectedOrder.end(), 0);
  std::stable_sort(expectedOrder.begin(), expectedOrder.end(),
                   [&](int a, int b) { return ByTens()(in[a], in[b]); });
  std::stable_sort(sorted.begin(), sorted.end(), ByTens());
  thrust::sequence(order.begin(), order.end());
  thrust::stable_sort_by_key(keys.begin(), keys.end(), order.begin(), ByTens());
  same("stable_sort_by_key, keys", keys, sorted);
  same("stable_sort_by_key, values", order, expectedOrder);
  // Plain numbers in their own order go through cub::DeviceRadixSort, which cub.cu has.
}

void selecting(const std::vector<int> &in) {
  thrust::device_vector<int> source(in.begin(), in.end());
  auto end = thrust::remove_if(source.begin(), source.end(), IsOdd());
  source.erase(end, source.end());
  std::vector<int> expected = in;
  expected.erase(std::remove_if(expected.begin(), expected.end(), [](int x) { return x & 1; }),
                 expected.end());
  same("remove_if", source, expected);
  // Runs of equal keys, counted.
  std::vector<int> sorted = in;
  std::sort(sorted.begin(), sorted.end());
  thrust::device_vector<int> keys(sorted.begin(), sorted.end()), found(in.size()),
      counts(in.size());
  auto ends = thrust::reduce_by_key(keys.begin(), keys.end(), thrust::make_constant_iterator(1),
                                    found.begin(), counts.begin());
  found.erase(ends.first, found.end());
  counts.erase(ends.second, counts.end());
  std::vector<int> expectedKeys = sorted, expectedCounts;
  expectedKeys.erase(std::unique(expectedKeys.begin(), expectedKeys.end()), expectedKeys.end());
  for (int key : expectedKeys)
    expectedCounts.push_back(int(std::count(sorted.begin(), sorted.end(), key)));
  same("reduce_by_key, keys", found, expectedKeys);
  same("reduce_by_key, values", counts, expectedCounts);
}

// A stream's work, given by policy, comes after what the stream already holds.
__global__ void addOne(int *values, int count) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] += 1;
}

void streamsAndPointers() {
  constexpr int kCount = 5000;
  cudaStream_t stream;
  CHECK_CUDA(cudaStreamCreate(&stream));
  int *raw = nullptr;
  CHECK_CUDA(cudaMalloc(&raw, kCount * sizeof(int)));
  thrust::device_ptr<int> values(raw);
  thrust::fill(thrust::cuda::par.on(stream), values, values + kCount, 3);
  addOne<<<4, 128, 0, stream>>>(raw, kCount);
  int sum = thrust::reduce(thrust::cuda::par.on(stream), values, values + kCount);
  require(sum == 4 * kCount);
  CHECK_CUDA(cudaFree(raw));
  CHECK_CUDA(cudaStreamDestroy(stream));
}

void lists() {
  thrust::device_vector<int> values{4, 5, 6}, sized(4, 5);
  thrust::host_vector<float> host{1.5f, 2.5f};
  require(values.size() == 3 && values[2] == 6 && sized.size() == 4 && sized[3] == 5);
  values = {7, 8};
  require(values.size() == 2 && values[1] == 8);
  host = {3.5f, 4.5f, 5.5f};
  thrust::device_vector<float> copied = host;
  require(host.size() == 3 && copied[2] == 5.5f);
}

} // namespace

int main() {
  for (unsigned count : {1u, 37u, 40000u}) {
    const std::vector<int> in = numbers(count);
    elementwise(in);
    reductions(in);
    sorting(in);
    selecting(in);
  }
  streamsAndPointers();
  lists();
  return finish();
}
