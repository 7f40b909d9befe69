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
    arrival_token() = default;
    __device__ unsigned int pending_count() const { return __mbarrier_token_pending_count(word); }

  private:
    friend class awbarrier;
    __device__ explicit arrival_token(__mbarrier_token_t word) : word(word) {}
    __mbarrier_token_t word;
  };

  awbarrier() = default;
  awbarrier(const awbarrier &) = delete;
  awbarrier &operator=(const awbarrier &) = delete;

  __device__ __forceinline__ arrival_token arrive() {
    return arrival_token(__mbarrier_arrive(&word));
  }
  __device__ __forceinline__ arrival_token arrive_and_drop() {
    return arrival_token(__mbarrier_arrive_and_drop(&word));
  }
  __device__ __forceinline__ bool try_wait(arrival_token token, unsigned int) {
    return __mbarrier_test_wait(&word, token.word);
  }
  __device__ __forceinline__ bool timed_wait(arrival_token token, unsigned int nanoseconds) {
    return try_wait(token, nanoseconds);
  }
  __device__ __forceinline__ bool timed_wait_parity(bool parity, unsigned int) {
    return __mbarrier_test_wait_parity(&word, parity);
  }
  __device__ __forceinline__ void wait(arrival_token token) {
    while (!try_wait(token, 0)) {
    }
  }
  __device__ __forceinline__ void arrive_and_wait() { wait(arrive()); }
  __host__ __device__ static constexpr unsigned int max() { return 0xfffff; }

  friend __device__ __forceinline__ void init(awbarrier *barrier, unsigned int expected) {
    __mbarrier_init(&barrier->word, expected);
  }

private:
  __mbarrier_t word;
};

} // namespace experimental
} // namespace nvcuda
#endif

#endif
