// libstdc++'s views for Clang 15, which evaluates the requires clauses of a view's base,
// std::ranges::view_interface, while the view is still being defined, and remembers that they do
// not hold. This base has the same members as templates, whose constraints wait for a call. It is a
// partial specialisation for every view: the library's own follows as the primary template, and
// Clang takes what is specialised although it does not see that it is. Source: ISO C++20,
// [view.interface].
#if defined(__clang__) && __clang_major__ < 16 && __cplusplus > 201703L
#include <bits/ranges_base.h>
#if defined(__cpp_lib_concepts) && !defined(NPU_VIEW_INTERFACE)
#define NPU_VIEW_INTERFACE
namespace std {
namespace ranges {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-partial-specialization"
template <class View>
  requires is_class_v<View> && same_as<View, remove_cv_t<View>>
class view_interface<View> {
#pragma clang diagnostic pop
  constexpr View &derived() noexcept { return static_cast<View &>(*this); }
  constexpr const View &derived() const noexcept { return static_cast<const View &>(*this); }

public:
  template <forward_range V = View> constexpr bool empty() {
    return ranges::begin(derived()) == ranges::end(derived());
  }
  template <forward_range V = const View> constexpr bool empty() const {
    return ranges::begin(derived()) == ranges::end(derived());
  }
  template <class V = View>
    requires requires(V &view) { ranges::empty(view); }
  constexpr explicit operator bool() {
    return !ranges::empty(derived());
  }
  template <class V = const View>
    requires requires(V &view) { ranges::empty(view); }
  constexpr explicit operator bool() const {
    return !ranges::empty(derived());
  }
  template <range V = View>
    requires contiguous_iterator<iterator_t<V>>
  constexpr auto data() {
    return std::to_address(ranges::begin(derived()));
  }
  template <range V = const View>
    requires contiguous_iterator<iterator_t<V>>
  constexpr auto data() const {
    return std::to_address(ranges::begin(derived()));
  }
  template <forward_range V = View>
    requires sized_sentinel_for<sentinel_t<V>, iterator_t<V>>
  constexpr auto size() {
    return ranges::end(derived()) - ranges::begin(derived());
  }
  template <forward_range V = const View>
    requires sized_sentinel_for<sentinel_t<V>, iterator_t<V>>
  constexpr auto size() const {
    return ranges::end(derived()) - ranges::begin(derived());
  }
  template <forward_range V = View> constexpr decltype(auto) front() {
    return *ranges::begin(derived());
  }
  template <forward_range V = const View> constexpr decltype(auto) front() const {
    return *ranges::begin(derived());
  }
  template <bidirectional_range V = View>
    requires common_range<V>
  constexpr decltype(auto) back() {
    return *ranges::prev(ranges::end(derived()));
  }
  template <bidirectional_range V = const View>
    requires common_range<V>
  constexpr decltype(auto) back() const {
    return *ranges::prev(ranges::end(derived()));
  }
  template <random_access_range V = View>
  constexpr decltype(auto) operator[](range_difference_t<V> place) {
    return ranges::begin(derived())[place];
  }
  template <random_access_range V = const View>
  constexpr decltype(auto) operator[](range_difference_t<V> place) const {
    return ranges::begin(derived())[place];
  }
};
} // namespace ranges
} // namespace std
#endif
#endif
#include_next <bits/ranges_util.h>
