// Copies from global to shared memory in stages. A copy is done when it is asked for: committing a
// stage and waiting for it are nothing.
#ifndef NPU_PIPELINE_H
#define NPU_PIPELINE_H

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {

// Copies 4, 8 or 16 bytes, of which the last `zeros` become 0.
static NPU_DEVICE NPU_FORCEINLINE void pipelineCopy(void *to, const void *from, size_t bytes,
                                                    size_t zeros = 0) {
  auto *target = static_cast<unsigned char *>(to);
  auto *source = static_cast<const unsigned char *>(from);
  if (zeros == 0 && bytes % 4 == 0) {
    for (size_t i = 0; i < bytes / 4; ++i)
      static_cast<unsigned int *>(to)[i] = static_cast<const unsigned int *>(from)[i];
    return;
  }
  for (size_t i = 0; i < bytes; ++i)
    target[i] = i + zeros < bytes ? source[i] : (unsigned char)0;
}
static NPU_DEVICE NPU_FORCEINLINE void pipelineCommit() {}
static NPU_DEVICE NPU_FORCEINLINE void pipelineWaitPrior(unsigned int) {}

} // namespace npu

#endif
#endif
