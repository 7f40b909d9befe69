// Loads and stores with a caching hint. The hint has no meaning on these devices: plain accesses.
#ifndef NPU_DEVICE_MEMORY_ACCESS_H
#define NPU_DEVICE_MEMORY_ACCESS_H

#include "npu/device/attributes.h"

namespace npu {

// Read-only data, streamed data, data used once, data that others wrote.
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadReadOnly(const T *address) {
  return *address;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadCached(const T *address) {
  return *address;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE T loadVolatile(const T *address) {
  return *(const volatile T *)address;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE void storeCached(T *address, T value) {
  *address = value;
}
template <class T> static NPU_DEVICE NPU_FORCEINLINE void storeVolatile(T *address, T value) {
  *(volatile T *)address = value;
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

} // namespace npu

#endif
