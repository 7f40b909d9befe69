// Where a thread is: npu::threadIdx, blockIdx, blockDim, gridDim, warpSize. Each component is a
// property that reads the special register; the device pipeline turns the reads into work-item
// queries. The variables have no storage and cannot be assigned or have their address taken.
#ifndef NPU_DEVICE_BUILTIN_VARIABLES_H
#define NPU_DEVICE_BUILTIN_VARIABLES_H

#include "npu/vector_types.h"

#define NPU_COMPONENT(field, builtin)                                                              \
  __declspec(property(get = get_##field)) unsigned int field;                                      \
  static inline __attribute__((always_inline, device)) unsigned int get_##field() {                \
    return builtin();                                                                              \
  }
#define NPU_BUILTIN_VARIABLE(name, prefix)                                                         \
  struct name##_t {                                                                                \
    NPU_COMPONENT(x, prefix##_x)                                                                   \
    NPU_COMPONENT(y, prefix##_y)                                                                   \
    NPU_COMPONENT(z, prefix##_z)                                                                   \
    NPU_DEVICE operator npuDim3() const { return npuDim3(get_x(), get_y(), get_z()); }             \
    NPU_DEVICE operator uint3() const { return uint3{get_x(), get_y(), get_z()}; }                 \
    NPU_DEVICE name##_t() = delete;                                                                \
    NPU_DEVICE name##_t(const name##_t &) = delete;                                                \
    NPU_DEVICE void operator=(const name##_t &) const = delete;                                    \
                                                                                                   \
  private:                                                                                         \
    NPU_DEVICE name##_t *operator&() const;                                                        \
  };

namespace npu {
namespace detail {
NPU_BUILTIN_VARIABLE(threadIdx, __nvvm_read_ptx_sreg_tid)
NPU_BUILTIN_VARIABLE(blockIdx, __nvvm_read_ptx_sreg_ctaid)
NPU_BUILTIN_VARIABLE(blockDim, __nvvm_read_ptx_sreg_ntid)
NPU_BUILTIN_VARIABLE(gridDim, __nvvm_read_ptx_sreg_nctaid)
} // namespace detail

extern const NPU_DEVICE __attribute__((weak)) detail::threadIdx_t threadIdx;
extern const NPU_DEVICE __attribute__((weak)) detail::blockIdx_t blockIdx;
extern const NPU_DEVICE __attribute__((weak)) detail::blockDim_t blockDim;
extern const NPU_DEVICE __attribute__((weak)) detail::gridDim_t gridDim;
// A constant expression on both sides, as array sizes need it.
NPU_DEVICE constexpr int warpSize = 32;
} // namespace npu

#undef NPU_BUILTIN_VARIABLE
#undef NPU_COMPONENT

#endif
