// thrust::device_vector with what newer releases have and the package's lacks, braced lists of
// values: in place of the package's file. As there, all work is the base's.
#pragma once

#include <thrust/detail/config.h>
#include <thrust/detail/vector_base.h>
#include <thrust/device_allocator.h>

#include <cuda/std/functional> // newer releases are built on it, and programs rely on that
#include <initializer_list>
#include <utility>
#include <vector>

THRUST_NAMESPACE_BEGIN

template <typename T, typename Alloc = device_allocator<T>>
class device_vector : public detail::vector_base<T, Alloc> {
  using Base = detail::vector_base<T, Alloc>;

public:
  using size_type = typename Base::size_type;
  using value_type = typename Base::value_type;

  device_vector() {}
  device_vector(const Alloc &alloc) : Base(alloc) {}
  ~device_vector() {}

  explicit device_vector(size_type n) : Base(n) {}
  explicit device_vector(size_type n, const Alloc &alloc) : Base(n, alloc) {}
  explicit device_vector(size_type n, const value_type &value) : Base(n, value) {}
  explicit device_vector(size_type n, const value_type &value, const Alloc &alloc)
      : Base(n, value, alloc) {}

  device_vector(const device_vector &v) : Base(v) {}
  device_vector(const device_vector &v, const Alloc &alloc) : Base(v, alloc) {}
  device_vector(device_vector &&v) : Base(std::move(v)) {}
  device_vector(device_vector &&v, const Alloc &alloc) : Base(std::move(v), alloc) {}
  device_vector &operator=(const device_vector &v) {
    Base::operator=(v);
    return *this;
  }
  device_vector &operator=(device_vector &&v) {
    Base::operator=(std::move(v));
    return *this;
  }

  device_vector(std::initializer_list<T> values) : Base(values.begin(), values.end()) {}
  device_vector(std::initializer_list<T> values, const Alloc &alloc)
      : Base(values.begin(), values.end(), alloc) {}
  device_vector &operator=(std::initializer_list<T> values) {
    Base::assign(values.begin(), values.end());
    return *this;
  }

  template <typename T2, typename Alloc2>
  explicit device_vector(const device_vector<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  device_vector &operator=(const device_vector<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }
  template <typename T2, typename Alloc2>
  device_vector(const std::vector<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  device_vector &operator=(const std::vector<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }
  template <typename T2, typename Alloc2>
  device_vector(const detail::vector_base<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  device_vector &operator=(const detail::vector_base<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }

  template <typename Iterator> device_vector(Iterator first, Iterator last) : Base(first, last) {}
  template <typename Iterator>
  device_vector(Iterator first, Iterator last, const Alloc &alloc) : Base(first, last, alloc) {}
};

template <typename T, typename Alloc>
void swap(device_vector<T, Alloc> &a, device_vector<T, Alloc> &b) {
  a.swap(b);
}

THRUST_NAMESPACE_END
