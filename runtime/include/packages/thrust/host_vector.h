// thrust::host_vector with what newer releases have and the package's lacks, braced lists of
// values: in place of the package's file. As there, all work is the base's.
#pragma once

#include <thrust/detail/config.h>
#include <thrust/detail/vector_base.h>

#include <cuda/std/functional> // newer releases are built on it, and programs rely on that
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

THRUST_NAMESPACE_BEGIN

template <typename T, typename Alloc = std::allocator<T>>
class host_vector : public detail::vector_base<T, Alloc> {
  using Base = detail::vector_base<T, Alloc>;

public:
  using size_type = typename Base::size_type;
  using value_type = typename Base::value_type;

  __host__ host_vector() {}
  __host__ host_vector(const Alloc &alloc) : Base(alloc) {}
  __host__ ~host_vector() {}

  __host__ explicit host_vector(size_type n) : Base(n) {}
  __host__ explicit host_vector(size_type n, const Alloc &alloc) : Base(n, alloc) {}
  __host__ explicit host_vector(size_type n, const value_type &value) : Base(n, value) {}
  __host__ explicit host_vector(size_type n, const value_type &value, const Alloc &alloc)
      : Base(n, value, alloc) {}

  __host__ host_vector(const host_vector &v) : Base(v) {}
  __host__ host_vector(const host_vector &v, const Alloc &alloc) : Base(v, alloc) {}
  __host__ host_vector(host_vector &&v) : Base(std::move(v)) {}
  __host__ host_vector(host_vector &&v, const Alloc &alloc) : Base(std::move(v), alloc) {}
  __host__ host_vector &operator=(const host_vector &v) {
    Base::operator=(v);
    return *this;
  }
  __host__ host_vector &operator=(host_vector &&v) {
    Base::operator=(std::move(v));
    return *this;
  }

  host_vector(std::initializer_list<T> values) : Base(values.begin(), values.end()) {}
  host_vector(std::initializer_list<T> values, const Alloc &alloc)
      : Base(values.begin(), values.end(), alloc) {}
  host_vector &operator=(std::initializer_list<T> values) {
    Base::assign(values.begin(), values.end());
    return *this;
  }

  template <typename T2, typename Alloc2>
  __host__ host_vector(const host_vector<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  __host__ host_vector &operator=(const host_vector<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }
  template <typename T2, typename Alloc2>
  __host__ host_vector(const std::vector<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  __host__ host_vector &operator=(const std::vector<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }
  template <typename T2, typename Alloc2>
  __host__ host_vector(const detail::vector_base<T2, Alloc2> &v) : Base(v) {}
  template <typename T2, typename Alloc2>
  __host__ host_vector &operator=(const detail::vector_base<T2, Alloc2> &v) {
    Base::operator=(v);
    return *this;
  }

  template <typename Iterator>
  __host__ host_vector(Iterator first, Iterator last) : Base(first, last) {}
  template <typename Iterator>
  __host__ host_vector(Iterator first, Iterator last, const Alloc &alloc)
      : Base(first, last, alloc) {}
};

template <typename T, typename Alloc>
void swap(host_vector<T, Alloc> &a, host_vector<T, Alloc> &b) {
  a.swap(b);
}

THRUST_NAMESPACE_END
