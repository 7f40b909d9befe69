// What lambdas that capture structured bindings capture in Clang, which has no such captures before
// version 16: npucc writes [&, &n = n] or [=, n = npu::captured::copy(n)] for them.
#ifndef NPU_CAPTURED_BINDINGS_H
#define NPU_CAPTURED_BINDINGS_H

#if defined(__cplusplus) && __cplusplus >= 201103L
#include "npu/device/attributes.h"

#include <cstddef>
#include <type_traits>

namespace npu {
namespace captured {

// The copy of an array, which an init-capture would make a pointer of.
template <class T, std::size_t Size> struct Array {
  T elements[Size];
  NPU_HOST_DEVICE operator T *() { return elements; }
  NPU_HOST_DEVICE operator const T *() const { return elements; }
  NPU_HOST_DEVICE T *begin() { return elements; }
  NPU_HOST_DEVICE T *end() { return elements + Size; }
  NPU_HOST_DEVICE const T *begin() const { return elements; }
  NPU_HOST_DEVICE const T *end() const { return elements + Size; }
};

template <class T> struct CopyOf {
  using type = typename std::remove_cv<T>::type;
};
template <class T> struct CopyOf<T &> : CopyOf<T> {};
template <class T> struct CopyOf<T &&> : CopyOf<T> {};
template <class T, std::size_t Size> struct CopyOf<T[Size]> {
  using type = Array<typename std::remove_cv<T>::type, Size>;
};
template <class T, std::size_t Size> struct CopyOf<const T[Size]> : CopyOf<T[Size]> {};

// By const reference, as a binding may be a bit-field.
template <class T> NPU_HOST_DEVICE constexpr T copy(const T &value) { return value; }
template <class T, std::size_t Size>
NPU_HOST_DEVICE Array<T, Size> copy(const T (&elements)[Size]) {
  return reinterpret_cast<const Array<T, Size> &>(elements);
}

// decltype(n) where n may be such a capture. The binding's own type is captured along with it:
// [&, &n = n, type = Type<decltype(n)>()] { Named<decltype(n), decltype(type)> x; }
template <class T> struct Type {
  using type = T;
};
template <class Found, class Binding> struct Choose {
  using T = typename Binding::type;
  static constexpr bool isCapture =
      std::is_same<Found, typename std::remove_reference<T>::type &>::value ||
      std::is_same<Found, typename CopyOf<T>::type>::value;
  using type = typename std::conditional<isCapture, T, Found>::type;
};
template <class Found, class Capture>
using Named = typename Choose<Found, typename std::remove_cv<Capture>::type>::type;

} // namespace captured
} // namespace npu
#endif

#endif
