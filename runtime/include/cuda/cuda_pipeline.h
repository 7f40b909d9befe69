// CUDA's pipeline primitives: copies are done at once, so that waiting for them is nothing.
#ifndef NPU_CUDA_PIPELINE_H
#define NPU_CUDA_PIPELINE_H

#include "cuda_runtime.h"
#include "npu/pipeline.h"

#if defined(__CUDA__) && defined(__clang__)
static NPU_DEVICE NPU_FORCEINLINE void __pipeline_memcpy_async(void *to, const void *from,
                                                               size_t bytes, size_t zeros = 0) {
  npu::pipelineCopy(to, from, bytes, zeros);
}
static NPU_DEVICE NPU_FORCEINLINE void __pipeline_commit() { npu::pipelineCommit(); }
static NPU_DEVICE NPU_FORCEINLINE void __pipeline_wait_prior(unsigned int count) {
  npu::pipelineWaitPrior(count);
}
#endif

#endif
