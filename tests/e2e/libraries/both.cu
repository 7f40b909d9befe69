// A kernel with a CUB collective between Thrust's algorithms, in one stream: small, because this
// one is also translated.
#include <cub/block/block_reduce.cuh>
#include <cub/util_device.cuh>
#include <thrust/device_vector.h>
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/transform.h>

#include <cstdio>

constexpr int kThreads = 96, kBlocks = 5;

struct Square {
  __device__ float operator()(float x) const { return x * x; }
};

__global__ void sumOfBlock(const float *in, float *out) {
  using Reduce = cub::BlockReduce<float, kThreads>;
  __shared__ typename Reduce::TempStorage storage;
  float sum = Reduce(storage).Sum(in[blockIdx.x * kThreads + threadIdx.x]);
  if (threadIdx.x == 0)
    out[blockIdx.x] = sum;
}

int main() {
  thrust::device_vector<float> values(kThreads * kBlocks), squares(values.size()), sums(kBlocks);
  cudaStream_t stream;
  if (cudaStreamCreate(&stream) != cudaSuccess)
    return 2;
  thrust::fill(thrust::cuda::par.on(stream), values.begin(), values.end(), 3.0f);
  thrust::transform(thrust::cuda::par.on(stream), values.begin(), values.end(), squares.begin(),
                    Square());
  sumOfBlock<<<kBlocks, kThreads, 0, stream>>>(thrust::raw_pointer_cast(squares.data()),
                                               thrust::raw_pointer_cast(sums.data()));
  cudaError_t finished = cub::SyncStream(stream); // a library's error code
  if (finished != cudaSuccess || cudaStreamSynchronize(stream) != finished)
    return 2;
  int failures = 0;
  for (int block = 0; block < kBlocks; ++block)
    failures += sums[block] != 9.0f * kThreads;
  std::printf("%d of %d checks failed\n", failures, kBlocks);
  return failures != 0;
}
