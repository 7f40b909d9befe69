// CUDA's device language on the kernel dialect: one forwarding function, or using-declaration, per
// row of npu/api/dialect.def. Included by cuda_runtime.h in CUDA mode. Forwarding through a
// template keeps the overload set, the conversions and the default arguments of the neutral
// function.
#ifndef NPU_CUDA_DIALECT_H
#define NPU_CUDA_DIALECT_H

#include "npu/api/hold_macros.def"

#include "npu/kernel.h"

#define NPU_SPELL_Macro(cuda, neutral)
#define NPU_SPELL_Type(cuda, neutral)
#define NPU_SPELL_Variable(cuda, neutral) using neutral;
#define NPU_SPELL_Function(cuda, neutral)                                                          \
  template <class... Arguments>                                                                    \
  static NPU_DEVICE NPU_FORCEINLINE auto cuda(Arguments... arguments)                              \
      ->decltype(neutral(arguments...)) {                                                          \
    return neutral(arguments...);                                                                  \
  }

#define DIALECT(cuda, neutral, kind) NPU_SPELL_##kind(cuda, neutral)
#define DIALECT_ELSEWHERE(cuda, neutral)
#define NUMBER(name)
#define DIALECT_WITHOUT_SMALL_FLOATS
#include "npu/api/dialect.def"
#undef DIALECT_WITHOUT_SMALL_FLOATS

// Arguments of __nv_atomic_*.
#define __NV_ATOMIC_RELAXED NPU_ATOMIC_RELAXED
#define __NV_ATOMIC_CONSUME NPU_ATOMIC_CONSUME
#define __NV_ATOMIC_ACQUIRE NPU_ATOMIC_ACQUIRE
#define __NV_ATOMIC_RELEASE NPU_ATOMIC_RELEASE
#define __NV_ATOMIC_ACQ_REL NPU_ATOMIC_ACQ_REL
#define __NV_ATOMIC_SEQ_CST NPU_ATOMIC_SEQ_CST
#define __NV_THREAD_SCOPE_THREAD NPU_THREAD_SCOPE_THREAD
#define __NV_THREAD_SCOPE_BLOCK NPU_THREAD_SCOPE_BLOCK
#define __NV_THREAD_SCOPE_CLUSTER NPU_THREAD_SCOPE_CLUSTER
#define __NV_THREAD_SCOPE_DEVICE NPU_THREAD_SCOPE_DEVICE
#define __NV_THREAD_SCOPE_SYSTEM NPU_THREAD_SCOPE_SYSTEM

// Address spaces: functions of numbers and pointers, which other forms cast to.
#define NPU_SPACE(space, neutral)                                                                  \
  static NPU_DEVICE NPU_FORCEINLINE size_t __cvta_generic_to_##space(const void *address) {        \
    return npu::neutral##Handle(address);                                                          \
  }                                                                                                \
  static NPU_DEVICE NPU_FORCEINLINE void *__cvta_##space##_to_generic(size_t handle) {             \
    return npu::neutral##Pointer(handle);                                                          \
  }
NPU_SPACE(shared, shared)
NPU_SPACE(global, other)
NPU_SPACE(local, other)
NPU_SPACE(constant, other)
#undef NPU_SPACE

#undef NPU_SPELL_Macro
#undef NPU_SPELL_Type
#undef NPU_SPELL_Variable
#undef NPU_SPELL_Function

#include "npu/api/release_macros.def"

#endif
