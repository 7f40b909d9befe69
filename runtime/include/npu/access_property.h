// libcu++'s hints of how memory is accessed, in namespace npu::concurrency: pointers that carry
// one, and functions that give one. They have no effect.
#ifndef NPU_ACCESS_PROPERTY_H
#define NPU_ACCESS_PROPERTY_H

#include "npu/api/hold_macros.def"

#include "npu/concurrency.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace concurrency {

#define NPU_MEMBER NPU_HOST_DEVICE constexpr

class access_property {
public:
  struct shared {};
  struct global {};
  struct persisting {};
  struct normal {};
  struct streaming {};

  NPU_MEMBER access_property() noexcept {}
  NPU_MEMBER access_property(global) noexcept {}
  NPU_MEMBER access_property(normal) noexcept {}
  NPU_MEMBER access_property(streaming) noexcept {}
  NPU_MEMBER access_property(persisting) noexcept {}
  NPU_MEMBER access_property(normal, float) noexcept {}
  NPU_MEMBER access_property(streaming, float) noexcept {}
  NPU_MEMBER access_property(persisting, float) noexcept {}
  NPU_MEMBER access_property(normal, float, streaming) noexcept {}
  NPU_MEMBER access_property(persisting, float, streaming) noexcept {}
  template <class Left> NPU_MEMBER access_property(void *, size_t, size_t, Left) noexcept {}
  template <class Left, class Right>
  NPU_MEMBER access_property(void *, size_t, size_t, Left, Right) noexcept {}
};

template <class T, class Property> class annotated_ptr {
public:
  using value_type = ::std::remove_cv_t<T>;
  using size_type = ::std::size_t;
  using reference = T &;
  using pointer = T *;
  using const_pointer = const T *;
  using difference_type = ::std::ptrdiff_t;

  NPU_MEMBER annotated_ptr() noexcept : address(nullptr) {}
  NPU_MEMBER explicit annotated_ptr(T *pointer) noexcept : address(pointer) {}
  template <class Runtime>
  NPU_MEMBER annotated_ptr(T *pointer, Runtime) noexcept : address(pointer) {}
  template <class Other, class OtherProperty>
  NPU_MEMBER annotated_ptr(const annotated_ptr<Other, OtherProperty> &other) noexcept
      : address(other.get()) {}
  NPU_MEMBER T *operator->() const noexcept { return address; }
  NPU_MEMBER T &operator*() const noexcept { return *address; }
  NPU_MEMBER T &operator[](difference_type i) const noexcept { return address[i]; }
  NPU_MEMBER difference_type operator-(annotated_ptr other) const noexcept {
    return address - other.address;
  }
  NPU_MEMBER explicit operator bool() const noexcept { return address != nullptr; }
  NPU_MEMBER T *get() const noexcept { return address; }
  NPU_MEMBER access_property __property() const noexcept { return {}; }

private:
  T *address;
};

template <class T, class Property>
NPU_HOST_DEVICE constexpr T *associate_access_property(T *pointer, Property) noexcept {
  return pointer;
}
template <class Shape, class Property>
NPU_HOST_DEVICE void apply_access_property(const volatile void *, Shape, Property) noexcept {}
NPU_HOST_DEVICE inline void discard_memory(volatile void *, ::std::size_t) noexcept {}

// Copies that say where they go.
template <class T, class Property, class Size, class Sync>
static NPU_DEVICE NPU_FORCEINLINE void memcpy_async(T *to, annotated_ptr<T, Property> from,
                                                    Size bytes, Sync &sync) {
  npu::concurrency::memcpy_async(to, const_cast<const T *>(from.get()), bytes, sync);
}

#undef NPU_MEMBER

} // namespace concurrency
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
