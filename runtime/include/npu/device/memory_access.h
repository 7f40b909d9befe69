// Loads and stores with a caching hint. The hint has no meaning on these devices: plain accesses.
#ifndef NPU_DEVICE_MEMORY_ACCESS_H
#define NPU_DEVICE_MEMORY_ACCESS_H

#include "npu/device/attributes.h"

// Replaced by the device compiler: see the pass shared-windows.
extern "C" NPU_DEVICE __attribute__((const)) unsigned int __npu_shared_handle(const char *address);
extern "C" NPU_DEVICE __attribute__((const)) char __attribute__((address_space(3))) *
    __npu_shared_address(unsigned int handle);

namespace npu {

// Read-only data, streamed data, data used once, data that others wrote.
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadReadOnly(const T *address) {
  return *address;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadCached(const T *address) {
  return *address;
}
namespace detail {
// A struct's copy knows nothing of volatile: its parts are accessed, of the size that it is aligned
// to.
template <int alignment> struct Part {
  using type = unsigned char;
};
template <> struct Part<2> {
  using type = unsigned short;
};
template <> struct Part<4> {
  using type = unsigned int;
};
template <class T, bool isClass = __is_class(T)> struct VolatileAccess {
  static NPU_DEVICE NPU_FORCEINLINE void copy(volatile T *to, T value) { *to = value; }
  static NPU_DEVICE NPU_FORCEINLINE T load(const volatile T *from) { return *from; }
};
template <class T> struct VolatileAccess<T, true> {
  using Word = typename Part<(alignof(T) > 4 ? 4 : alignof(T))>::type;
  static constexpr int count = sizeof(T) / sizeof(Word);
  static NPU_DEVICE NPU_FORCEINLINE void copy(volatile T *to, T value) {
    Word words[count];
    __builtin_memcpy(words, &value, sizeof(T));
    for (int i = 0; i < count; ++i)
      ((volatile Word *)to)[i] = words[i];
  }
  static NPU_DEVICE NPU_FORCEINLINE T load(const volatile T *from) {
    Word words[count];
    for (int i = 0; i < count; ++i)
      words[i] = ((const volatile Word *)from)[i];
    T value;
    __builtin_memcpy(&value, words, sizeof(T));
    return value;
  }
};
} // namespace detail
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadVolatile(const T *address) {
  return detail::VolatileAccess<T>::load(address);
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE void storeCached(T *address, T value) {
  *address = value;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE void storeVolatile(T *address, T value) {
  detail::VolatileAccess<T>::copy(address, value);
}

// Which memory an address is in.
static NPU_DEVICE NPU_FORCEINLINE bool isGlobal(const void *address) {
  return __nvvm_isspacep_global(address);
}
static NPU_DEVICE NPU_FORCEINLINE bool isShared(const void *address) {
  return __nvvm_isspacep_shared(address);
}
static NPU_DEVICE NPU_FORCEINLINE bool isConstant(const void *address) {
  return __nvvm_isspacep_const(address);
}
static NPU_DEVICE NPU_FORCEINLINE bool isLocal(const void *address) {
  return __nvvm_isspacep_local(address);
}

// Addresses as numbers that inline assembly takes. A shared one is an offset into the block's
// shared memory and fits 32 bits; others are the pointer's own.
static NPU_DEVICE NPU_FORCEINLINE size_t sharedHandle(const void *address) {
  return __npu_shared_handle(static_cast<const char *>(address));
}
static NPU_DEVICE NPU_FORCEINLINE void *sharedPointer(size_t handle) {
  return (void *)__npu_shared_address((unsigned int)handle);
}
static NPU_DEVICE NPU_FORCEINLINE size_t otherHandle(const void *address) {
  return (size_t)address;
}
static NPU_DEVICE NPU_FORCEINLINE void *otherPointer(size_t handle) { return (void *)handle; }

} // namespace npu

#endif
