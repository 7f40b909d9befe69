// The parts of the standard library that kernels use: the host's own, whose constant functions work
// on both sides of a program, and those of later standards. Also as npu::concurrency::std.
#ifndef NPU_STANDARD_H
#define NPU_STANDARD_H

#include "npu/api/hold_macros.def"

#include "npu/concurrency.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cassert>
#include <cfloat>
#include <chrono>
#include <climits>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <numeric>
#include <ratio>
#include <tuple>
#include <type_traits>
#include <utility>
#if __cplusplus >= 201703L
#include <optional>
#include <string_view>
#include <variant>
#endif
#if __cplusplus >= 202002L
#include <bit>
#include <concepts>
#include <numbers>
#include <span>
#endif

#if defined(__CUDA__) && defined(__clang__)
namespace npu {
namespace concurrency {

// --- What libcu++ adds ---

// Device lambdas whose result the host can ask for; Clang's host side sees them anyway.
template <class Result, class Callable>
NPU_HOST_DEVICE constexpr Callable proclaim_return_type(Callable callable) {
  return callable;
}

template <class T = void> struct maximum {
  NPU_HOST_DEVICE constexpr T operator()(const T &a, const T &b) const { return a < b ? b : a; }
};
template <> struct maximum<void> {
  template <class A, class B>
  NPU_HOST_DEVICE constexpr ::std::common_type_t<A, B> operator()(const A &a, const B &b) const {
    return a < b ? b : a;
  }
};
template <class T = void> struct minimum {
  NPU_HOST_DEVICE constexpr T operator()(const T &a, const T &b) const { return b < a ? b : a; }
};
template <> struct minimum<void> {
  template <class A, class B>
  NPU_HOST_DEVICE constexpr ::std::common_type_t<A, B> operator()(const A &a, const B &b) const {
    return b < a ? b : a;
  }
};

template <class A, class B>
NPU_HOST_DEVICE constexpr ::std::common_type_t<A, B> ceil_div(A a, B b) {
  return a / b + (a % b != 0);
}
template <class A, class B>
NPU_HOST_DEVICE constexpr ::std::common_type_t<A, B> round_up(A a, B b) {
  return npu::concurrency::ceil_div(a, b) * b;
}
template <class A, class B>
NPU_HOST_DEVICE constexpr ::std::common_type_t<A, B> round_down(A a, B b) {
  return a / b * b;
}

// --- C's strings, which the host's library has for the host ---

namespace std {

NPU_HOST_DEVICE inline ::std::size_t strlen(const char *text) {
  ::std::size_t length = 0;
  while (text[length])
    ++length;
  return length;
}
NPU_HOST_DEVICE inline int memcmp(const void *left, const void *right, ::std::size_t bytes) {
  const auto *a = static_cast<const unsigned char *>(left);
  const auto *b = static_cast<const unsigned char *>(right);
  for (; bytes; --bytes, ++a, ++b)
    if (*a != *b)
      return *a < *b ? -1 : 1;
  return 0;
}
NPU_HOST_DEVICE inline int strncmp(const char *left, const char *right, ::std::size_t most) {
  for (; most; --most, ++left, ++right)
    if (*left != *right || !*left)
      return int(static_cast<unsigned char>(*left)) - int(static_cast<unsigned char>(*right));
  return 0;
}
NPU_HOST_DEVICE inline int strcmp(const char *left, const char *right) {
  return npu::concurrency::std::strncmp(left, right, ::std::size_t(-1));
}
NPU_HOST_DEVICE inline char *strncpy(char *to, const char *from, ::std::size_t size) {
  for (::std::size_t i = 0; i < size; ++i) {
    to[i] = *from;
    from += *from != 0;
  }
  return to;
}
NPU_HOST_DEVICE inline char *strcpy(char *to, const char *from) {
  return npu::concurrency::std::strncpy(to, from, npu::concurrency::std::strlen(from) + 1);
}
NPU_HOST_DEVICE inline char *strcat(char *to, const char *from) {
  npu::concurrency::std::strcpy(to + npu::concurrency::std::strlen(to), from);
  return to;
}
NPU_HOST_DEVICE inline const char *strchr(const char *text, int wanted) {
  for (; *text != char(wanted); ++text)
    if (!*text)
      return nullptr;
  return text;
}

} // namespace std

// --- What C++20 adds, in every standard as libcu++ has it ---

#if __cplusplus < 202002L
namespace std {

struct identity {
  using is_transparent = void;
  template <class T> NPU_HOST_DEVICE constexpr T &&operator()(T &&value) const noexcept {
    return static_cast<T &&>(value);
  }
};
template <class T> using remove_cvref = ::std::remove_cv<::std::remove_reference_t<T>>;
template <class T> using remove_cvref_t = typename remove_cvref<T>::type;
template <class T> struct type_identity {
  using type = T;
};
template <class T> using type_identity_t = T;

template <class To, class From> NPU_HOST_DEVICE constexpr To bit_cast(const From &value) {
  return __builtin_bit_cast(To, value);
}
template <class T> NPU_HOST_DEVICE constexpr int popcount(T x) { return __builtin_popcountll(x); }
template <class T> NPU_HOST_DEVICE constexpr int countl_zero(T x) {
  return x ? __builtin_clzll(x) - (64 - int(sizeof(T)) * 8) : int(sizeof(T)) * 8;
}
template <class T> NPU_HOST_DEVICE constexpr int countr_zero(T x) {
  return x ? __builtin_ctzll(x) : int(sizeof(T)) * 8;
}
template <class T> NPU_HOST_DEVICE constexpr int countl_one(T x) { return countl_zero(T(~x)); }
template <class T> NPU_HOST_DEVICE constexpr int countr_one(T x) { return countr_zero(T(~x)); }
template <class T> NPU_HOST_DEVICE constexpr bool has_single_bit(T x) {
  return x && !(x & (x - 1));
}
template <class T> NPU_HOST_DEVICE constexpr int bit_width(T x) {
  return int(sizeof(T)) * 8 - countl_zero(x);
}
template <class T> NPU_HOST_DEVICE constexpr T bit_ceil(T x) {
  return x < 2 ? T(1) : T(T(1) << bit_width(T(x - 1)));
}
template <class T> NPU_HOST_DEVICE constexpr T bit_floor(T x) {
  return x ? T(T(1) << (bit_width(x) - 1)) : T(0);
}
template <class T> NPU_HOST_DEVICE constexpr T rotl(T x, int by) {
  const unsigned bits = sizeof(T) * 8, left = unsigned(by) % bits;
  return left ? T(T(x << left) | T(x >> (bits - left))) : x;
}
template <class T> NPU_HOST_DEVICE constexpr T rotr(T x, int by) {
  return npu::concurrency::std::rotl(x, -by);
}

constexpr ::std::size_t dynamic_extent = ::std::size_t(-1);
// A view of elements side by side; the extent is kept beside the pointer in every case.
template <class T, ::std::size_t Extent = dynamic_extent> class span {
public:
  using element_type = T;
  using value_type = ::std::remove_cv_t<T>;
  using size_type = ::std::size_t;
  using difference_type = ::std::ptrdiff_t;
  using pointer = T *;
  using reference = T &;
  using iterator = T *;
  using reverse_iterator = ::std::reverse_iterator<T *>;
  static constexpr ::std::size_t extent = Extent;

  NPU_HOST_DEVICE constexpr span() noexcept : first_(nullptr), count_(0) {}
  NPU_HOST_DEVICE constexpr span(T *first, size_type count) : first_(first), count_(count) {}
  NPU_HOST_DEVICE constexpr span(T *first, T *last) : first_(first), count_(last - first) {}
  template <::std::size_t N>
  NPU_HOST_DEVICE constexpr span(T (&array)[N]) noexcept : first_(array), count_(N) {}
  template <class Container, class = ::std::enable_if_t<::std::is_convertible<
                                 decltype(::std::declval<Container &>().data()), T *>::value>>
  NPU_HOST_DEVICE constexpr span(Container &&from) : first_(from.data()), count_(from.size()) {}

  NPU_HOST_DEVICE constexpr T *data() const noexcept { return first_; }
  NPU_HOST_DEVICE constexpr size_type size() const noexcept { return count_; }
  NPU_HOST_DEVICE constexpr size_type size_bytes() const noexcept { return count_ * sizeof(T); }
  NPU_HOST_DEVICE constexpr bool empty() const noexcept { return count_ == 0; }
  NPU_HOST_DEVICE constexpr T &operator[](size_type i) const { return first_[i]; }
  NPU_HOST_DEVICE constexpr T &front() const { return first_[0]; }
  NPU_HOST_DEVICE constexpr T &back() const { return first_[count_ - 1]; }
  NPU_HOST_DEVICE constexpr T *begin() const noexcept { return first_; }
  NPU_HOST_DEVICE constexpr T *end() const noexcept { return first_ + count_; }
  NPU_HOST_DEVICE constexpr reverse_iterator rbegin() const noexcept {
    return reverse_iterator(end());
  }
  NPU_HOST_DEVICE constexpr reverse_iterator rend() const noexcept {
    return reverse_iterator(begin());
  }
  template <size_type N> NPU_HOST_DEVICE constexpr span<T, N> first() const { return {first_, N}; }
  template <size_type N> NPU_HOST_DEVICE constexpr span<T, N> last() const {
    return {first_ + (count_ - N), N};
  }
  template <size_type Offset, size_type N = dynamic_extent>
  NPU_HOST_DEVICE constexpr span<T, N> subspan() const {
    return {first_ + Offset, N == dynamic_extent ? count_ - Offset : N};
  }
  NPU_HOST_DEVICE constexpr span<T> first(size_type count) const { return {first_, count}; }
  NPU_HOST_DEVICE constexpr span<T> last(size_type count) const {
    return {first_ + (count_ - count), count};
  }
  NPU_HOST_DEVICE constexpr span<T> subspan(size_type offset,
                                            size_type count = dynamic_extent) const {
    return {first_ + offset, count == dynamic_extent ? count_ - offset : count};
  }

private:
  T *first_;
  size_type count_;
};

} // namespace std
#endif

// libcu++'s std::atomic and std::barrier are those of the whole system.
namespace std {
template <class T> using atomic = npu::concurrency::atomic<T, thread_scope_system>;
template <class T> using atomic_ref = npu::concurrency::atomic_ref<T, thread_scope_system>;
using npu::concurrency::atomic_thread_fence;
using npu::concurrency::memory_order;
using npu::concurrency::memory_order_acq_rel;
using npu::concurrency::memory_order_acquire;
using npu::concurrency::memory_order_consume;
using npu::concurrency::memory_order_relaxed;
using npu::concurrency::memory_order_release;
using npu::concurrency::memory_order_seq_cst;
} // namespace std

} // namespace concurrency
} // namespace npu
#endif

#include "npu/api/release_macros.def"

#endif
