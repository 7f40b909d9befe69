// How npucc initializes an array whose size is known only at run time (Clang has no initializers
// for them): its declaration is followed by a call of initialize().
#ifndef NPU_VARIABLE_ARRAYS_H
#define NPU_VARIABLE_ARRAYS_H

#if defined(__cplusplus) && __cplusplus >= 201103L
#include <cstddef>
#include <initializer_list>

namespace npu {
namespace variable_array {

template <class T> using List = std::initializer_list<T>;

template <class T> struct Element {
  using type = T;
};

// Of the array. What fits more of them comes first: {{0}} is one row of a matrix.
template <unsigned Count> struct Dimensions : Dimensions<Count - 1> {};
template <> struct Dimensions<0> {};

// `sizes`: elements of all that is filled, of what one index selects of it, of what two select...
// What has no value of its own becomes zero; values beyond the end are dropped.
template <class T> void fill(T *first, const std::size_t *sizes, List<T> values) {
  T *at = first;
  for (auto value = values.begin(); value != values.end() && at != first + *sizes; ++value)
    *at++ = *value;
  while (at != first + *sizes)
    *at++ = T();
}

template <class T, class Part>
void fill(T *first, const std::size_t *sizes, List<List<Part>> parts) {
  T *at = first;
  for (auto part = parts.begin(); part != parts.end() && at != first + *sizes; ++part) {
    fill(at, sizes + 1, *part);
    at += sizes[1];
  }
  while (at != first + *sizes)
    *at++ = T();
}

template <class T>
int initialize(Dimensions<1>, T *first, List<std::size_t> sizes,
               List<typename Element<T>::type> values) {
  fill(first, sizes.begin(), values);
  return 1;
}
template <class T>
int initialize(Dimensions<2>, T *first, List<std::size_t> sizes,
               List<List<typename Element<T>::type>> values) {
  fill(first, sizes.begin(), values);
  return 1;
}
template <class T>
int initialize(Dimensions<3>, T *first, List<std::size_t> sizes,
               List<List<List<typename Element<T>::type>>> values) {
  fill(first, sizes.begin(), values);
  return 1;
}

// char text[n] = "...";
template <class T, std::size_t Size>
int initialize(Dimensions<1>, T *first, List<std::size_t> sizes, const T (&text)[Size]) {
  for (std::size_t i = 0; i < *sizes.begin(); ++i)
    first[i] = i < Size ? text[i] : T();
  return 1;
}

} // namespace variable_array
} // namespace npu
#endif

#endif
