// Barriers of a block that are objects in shared memory, as C has them: arriving is nothing, and a
// test waits, which is a barrier of the whole block.
#ifndef NPU_CUDA_AWBARRIER_PRIMITIVES_H
#define NPU_CUDA_AWBARRIER_PRIMITIVES_H

#include "cuda_runtime.h"

#if defined(__CUDA__) && defined(__clang__)
#include "npu/concurrency.h"

typedef unsigned long long __mbarrier_t;
typedef unsigned long long __mbarrier_token_t;

static __device__ __forceinline__ unsigned int __mbarrier_maximum_count() { return 0xfffff; }
static __device__ __forceinline__ void __mbarrier_init(__mbarrier_t *barrier,
                                                       unsigned int expected) {
  *barrier = expected;
}
static __device__ __forceinline__ void __mbarrier_inval(__mbarrier_t *) {}
static __device__ __forceinline__ __mbarrier_token_t __mbarrier_arrive(__mbarrier_t *) { return 0; }
static __device__ __forceinline__ __mbarrier_token_t __mbarrier_arrive_and_drop(__mbarrier_t *) {
  npu::concurrency::unsupported::waitOfSomeThreads();
  return 0;
}
static __device__ __forceinline__ bool __mbarrier_test_wait(__mbarrier_t *, __mbarrier_token_t) {
  __syncthreads();
  return true;
}
static __device__ __forceinline__ bool __mbarrier_try_wait(__mbarrier_t *, __mbarrier_token_t,
                                                           unsigned int) {
  __syncthreads();
  return true;
}
static __device__ __forceinline__ unsigned int __mbarrier_token_pending_count(__mbarrier_token_t) {
  return 0;
}
#endif

#endif
