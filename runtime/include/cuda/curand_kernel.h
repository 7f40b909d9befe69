// CUDA's random numbers in kernels: the dialect's (npu/random_kernel.h) under cuRAND's names.
#ifndef NPU_CUDA_CURAND_KERNEL_H
#define NPU_CUDA_CURAND_KERNEL_H
#define CURAND_KERNEL_H_

#include "npu/api/hold_macros.def"

#include "curand.h"
#include "npu/random_kernel.h"

#define RANDOM_TYPE(cuda, neutral) typedef neutral cuda;
#include "npu/api/random_kernel.def"
#undef RANDOM_TYPE

// A state is passed on as it is; every other argument converts as in a direct call.
#define RANDOM(cuda, neutral)                                                                      \
  template <class... Arguments>                                                                    \
  static inline NPU_HOST_DEVICE auto cuda(Arguments... arguments)                                  \
      ->decltype(neutral(arguments...)) {                                                          \
    return neutral(arguments...);                                                                  \
  }
#include "npu/api/random_kernel.def"
#undef RANDOM

#include "npu/api/release_macros.def"

#endif
