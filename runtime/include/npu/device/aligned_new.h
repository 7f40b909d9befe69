// new and delete of types that need more than malloc's 16 bytes of alignment, in device code. The
// pointer that malloc gave lies just before the object. Clang's wrapper of <new> has the other
// forms.
#ifndef NPU_DEVICE_ALIGNED_NEW_H
#define NPU_DEVICE_ALIGNED_NEW_H

#include "npu/device/attributes.h"

#include <new>

#ifdef __cpp_aligned_new
NPU_DEVICE inline void *operator new(size_t bytes, std::align_val_t alignment) {
  char *whole = static_cast<char *>(::malloc(bytes + size_t(alignment) + sizeof(void *)));
  if (!whole)
    return nullptr;
  size_t start = (reinterpret_cast<size_t>(whole) + sizeof(void *) + size_t(alignment) - 1) &
                 ~(size_t(alignment) - 1);
  reinterpret_cast<void **>(start)[-1] = whole;
  return reinterpret_cast<void *>(start);
}
NPU_DEVICE inline void *operator new[](size_t bytes, std::align_val_t alignment) {
  return ::operator new(bytes, alignment);
}
NPU_DEVICE inline void operator delete(void *pointer, std::align_val_t) noexcept {
  if (pointer)
    ::free(static_cast<void **>(pointer)[-1]);
}
NPU_DEVICE inline void operator delete[](void *pointer, std::align_val_t alignment) noexcept {
  ::operator delete(pointer, alignment);
}
NPU_DEVICE inline void operator delete(void *pointer, size_t, std::align_val_t alignment) noexcept {
  ::operator delete(pointer, alignment);
}
NPU_DEVICE inline void operator delete[](void *pointer, size_t,
                                         std::align_val_t alignment) noexcept {
  ::operator delete(pointer, alignment);
}
#endif

#endif
