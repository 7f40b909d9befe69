// Barriers of threads of a block that are words in shared memory (npu/phase_barrier.h), as C has
// them.
#ifndef NPU_CUDA_AWBARRIER_PRIMITIVES_H
#define NPU_CUDA_AWBARRIER_PRIMITIVES_H

#include "cuda_runtime.h"

#if defined(__CUDA__) && defined(__clang__)
#include "npu/concurrency.h"

typedef unsigned long __mbarrier_t;
typedef unsigned long __mbarrier_token_t;

namespace npu {
namespace concurrency {
static __device__ __forceinline__ PhaseWord::Token arriveAt(PhaseWord::Token *word,
                                                            unsigned int dropped) {
  NoCompletion nothing;
  return PhaseWord::arrive(word, 1, dropped, nothing);
}
} // namespace concurrency
} // namespace npu

static __device__ __forceinline__ unsigned int __mbarrier_maximum_count() { return 0xfffff; }
static __device__ __forceinline__ void __mbarrier_init(__mbarrier_t *barrier,
                                                       unsigned int expected) {
  npu::concurrency::PhaseWord::start(barrier, expected);
}
static __device__ __forceinline__ void __mbarrier_inval(__mbarrier_t *) {}
static __device__ __forceinline__ __mbarrier_token_t __mbarrier_arrive(__mbarrier_t *barrier) {
  return npu::concurrency::arriveAt(barrier, 0);
}
static __device__ __forceinline__ __mbarrier_token_t
__mbarrier_arrive_and_drop(__mbarrier_t *barrier) {
  return npu::concurrency::arriveAt(barrier, 1);
}
static __device__ __forceinline__ bool __mbarrier_test_wait(__mbarrier_t *barrier,
                                                            __mbarrier_token_t token) {
  return npu::concurrency::PhaseWord::hasPassed(barrier, token);
}
static __device__ __forceinline__ bool __mbarrier_test_wait_parity(__mbarrier_t *barrier,
                                                                   bool parity) {
  return npu::concurrency::PhaseWord::hasPassedParity(barrier, parity);
}
// The time is a hint that is not taken: one try.
static __device__ __forceinline__ bool __mbarrier_try_wait(__mbarrier_t *barrier,
                                                           __mbarrier_token_t token, unsigned int) {
  return __mbarrier_test_wait(barrier, token);
}
static __device__ __forceinline__ bool __mbarrier_try_wait_parity(__mbarrier_t *barrier,
                                                                  bool parity, unsigned int) {
  return __mbarrier_test_wait_parity(barrier, parity);
}
static __device__ __forceinline__ unsigned int
__mbarrier_token_pending_count(__mbarrier_token_t token) {
  return (unsigned int)npu::concurrency::PhaseWord::missing(token);
}
#endif

#endif
