// The operations that both 16-bit types have under one name. Part of cuda_fp16.h and cuda_bf16.h.
#ifndef NPU_CUDA_SMALL_FLOATS_H
#define NPU_CUDA_SMALL_FLOATS_H

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

#endif
