// The forerunner of <cuda/barrier>: a barrier of a block that is an object in shared memory.
#ifndef NPU_CUDA_AWBARRIER_H
#define NPU_CUDA_AWBARRIER_H

#include "cuda_awbarrier_primitives.h"

#if defined(__CUDA__) && defined(__clang__)
namespace nvcuda {
namespace experimental {

class awbarrier {
public:
  class arrival_token {
  public:
    __device__ unsigned int pending_count() const { return 0; }
  };

  awbarrier() = default;
  awbarrier(const awbarrier &) = delete;
  awbarrier &operator=(const awbarrier &) = delete;

  __device__ __forceinline__ arrival_token arrive() { return {}; }
  __device__ __forceinline__ arrival_token arrive_and_drop() {
    npu::concurrency::unsupported::waitOfSomeThreads();
    return {};
  }
  __device__ __forceinline__ bool timed_wait(arrival_token, unsigned int) {
    __syncthreads();
    return true;
  }
  __device__ __forceinline__ bool timed_wait_parity(bool, unsigned int) {
    __syncthreads();
    return true;
  }
  __device__ __forceinline__ void wait(arrival_token) { __syncthreads(); }
  __device__ __forceinline__ void arrive_and_wait() { __syncthreads(); }
  __device__ __forceinline__ bool try_wait(arrival_token, unsigned int) {
    __syncthreads();
    return true;
  }
  __host__ __device__ static constexpr unsigned int max() { return 0xfffff; }

  friend __device__ __forceinline__ void init(awbarrier *barrier, unsigned int expected) {
    barrier->expected = expected;
  }

private:
  unsigned long long expected;
};

} // namespace experimental
} // namespace nvcuda
#endif

#endif
