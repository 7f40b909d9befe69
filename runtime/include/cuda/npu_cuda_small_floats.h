// The operations that both 16-bit types have under one name. Part of cuda_fp16.h and cuda_bf16.h.
#ifndef NPU_CUDA_SMALL_FLOATS_H
#define NPU_CUDA_SMALL_FLOATS_H

#include "npu/api/hold_macros.def"

#include "npu/bfloat16.h"
#include "npu/float16.h"

// Both types' functions precede this: a qualified name is looked up here, not where it is used.
#define NPU_FORWARD(cuda, neutral)                                                                 \
  template <class... Arguments>                                                                    \
  static inline NPU_HOST_DEVICE auto cuda(Arguments... arguments)                                  \
      ->decltype(neutral(arguments...)) {                                                          \
    return neutral(arguments...);                                                                  \
  }
#define HALF(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/small_floats.def"
#undef HALF
NPU_FORWARD(__hadd, npu::hadd)

// The forwarding templates of the dialect precede these types' functions.
#if defined(__CUDA__) && defined(__clang__)
#define NPU_FORWARD_SHUFFLE(cuda, neutral, laneType, type)                                         \
  static NPU_DEVICE NPU_FORCEINLINE type cuda(unsigned int mask, type value, laneType lane,        \
                                              int width = 32) {                                    \
    return neutral(mask, value, lane, width);                                                      \
  }
#define NPU_FORWARD_ADD(cuda, neutral, type)                                                       \
  static NPU_DEVICE NPU_FORCEINLINE type cuda(type *address, type value) {                         \
    return neutral(address, value);                                                                \
  }
#define NPU_FORWARD_BETWEEN_THREADS(type)                                                          \
  NPU_FORWARD_SHUFFLE(__shfl_sync, npu::shuffle, int, type)                                        \
  NPU_FORWARD_SHUFFLE(__shfl_up_sync, npu::shuffleUp, unsigned int, type)                          \
  NPU_FORWARD_SHUFFLE(__shfl_down_sync, npu::shuffleDown, unsigned int, type)                      \
  NPU_FORWARD_SHUFFLE(__shfl_xor_sync, npu::shuffleXor, int, type)                                 \
  NPU_FORWARD_ADD(atomicAdd, npu::atomicAdd, type)                                                 \
  NPU_FORWARD_ADD(atomicAdd_block, npu::atomicAddBlock, type)                                      \
  NPU_FORWARD_ADD(atomicAdd_system, npu::atomicAddSystem, type)
#else
#define NPU_FORWARD_BETWEEN_THREADS(type)
#endif

#include "npu/api/release_macros.def"

#endif
