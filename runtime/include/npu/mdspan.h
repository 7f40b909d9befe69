// Views of several dimensions as in C++23's <mdspan>, in namespace npu::concurrency::std: extents,
// the three layouts, and element access by call and by square brackets.
#ifndef NPU_MDSPAN_H
#define NPU_MDSPAN_H

#include "npu/api/hold_macros.def"

#include "npu/standard.h"

#if defined(__CUDA__) && defined(__clang__) && __cplusplus >= 201703L

namespace npu {
namespace concurrency {
namespace std {

#if __cplusplus >= 202002L
using ::std::dynamic_extent;
#endif

template <class Index, ::std::size_t... Extents> class extents {
public:
  using index_type = Index;
  using size_type = ::std::make_unsigned_t<Index>;
  using rank_type = ::std::size_t;

  NPU_HOST_DEVICE static constexpr rank_type rank() noexcept { return sizeof...(Extents); }
  NPU_HOST_DEVICE static constexpr rank_type rank_dynamic() noexcept {
    return (0 + ... + (Extents == dynamic_extent ? 1 : 0));
  }
  NPU_HOST_DEVICE static constexpr ::std::size_t static_extent(rank_type r) noexcept {
    constexpr ::std::size_t all[] = {Extents..., 0};
    return all[r];
  }
  NPU_HOST_DEVICE constexpr Index extent(rank_type r) const noexcept { return sizes[r]; }

  NPU_HOST_DEVICE constexpr extents() noexcept {
    for (rank_type r = 0; r < rank(); ++r)
      sizes[r] = static_extent(r) == dynamic_extent ? Index(0) : Index(static_extent(r));
  }
  // All extents, or those that are not known before.
  template <class... Sizes,
            class = ::std::enable_if_t<
                (sizeof...(Sizes) > 0) && (::std::is_convertible_v<Sizes, Index> && ...) &&
                (sizeof...(Sizes) == sizeof...(Extents) ||
                 sizeof...(Sizes) == (0 + ... + (Extents == dynamic_extent ? 1 : 0)))>>
  NPU_HOST_DEVICE constexpr explicit extents(Sizes... given) noexcept {
    const Index list[] = {static_cast<Index>(given)...};
    take(list, sizeof...(Sizes));
  }
  template <class Other, ::std::size_t N>
  NPU_HOST_DEVICE constexpr explicit extents(const ::std::array<Other, N> &given) noexcept {
    Index list[N ? N : 1] = {};
    for (::std::size_t i = 0; i < N; ++i)
      list[i] = static_cast<Index>(given.data()[i]);
    take(list, N);
  }
  template <class Other, ::std::size_t... OtherExtents>
  NPU_HOST_DEVICE constexpr extents(const extents<Other, OtherExtents...> &other) noexcept {
    static_assert(sizeof...(OtherExtents) == sizeof...(Extents), "the ranks differ");
    for (rank_type r = 0; r < rank(); ++r)
      sizes[r] = static_cast<Index>(other.extent(r));
  }
  template <class Other, ::std::size_t... OtherExtents>
  NPU_HOST_DEVICE friend constexpr bool
  operator==(const extents &a, const extents<Other, OtherExtents...> &b) noexcept {
    if (a.rank() != b.rank())
      return false;
    for (rank_type r = 0; r < a.rank(); ++r)
      if (::std::size_t(a.extent(r)) != ::std::size_t(b.extent(r)))
        return false;
    return true;
  }

private:
  NPU_HOST_DEVICE constexpr void take(const Index *list, rank_type count) {
    for (rank_type r = 0, next = 0; r < rank(); ++r)
      if (static_extent(r) == dynamic_extent)
        sizes[r] = list[count == rank() ? r : next++];
      else
        sizes[r] = Index(static_extent(r));
  }
  Index sizes[sizeof...(Extents) ? sizeof...(Extents) : 1] = {};
};

namespace detail {
template <class Index, class Sequence> struct Dynamic;
template <class Index, ::std::size_t... I> struct Dynamic<Index, ::std::index_sequence<I...>> {
  using type = extents<Index, (I, dynamic_extent)...>;
};
} // namespace detail
template <class Index, ::std::size_t Rank>
using dextents = typename detail::Dynamic<Index, ::std::make_index_sequence<Rank>>::type;
template <::std::size_t Rank, class Index = ::std::size_t> using dims = dextents<Index, Rank>;
template <class... Sizes>
NPU_HOST_DEVICE extents(Sizes...)->extents<::std::size_t, (sizeof(Sizes) ? dynamic_extent : 0)...>;

namespace detail {
// A mapping with a stride for each dimension; the layouts differ in how they are made.
template <class Layout, class Extents> class Mapping {
public:
  using extents_type = Extents;
  using index_type = typename Extents::index_type;
  using size_type = typename Extents::size_type;
  using rank_type = typename Extents::rank_type;
  using layout_type = Layout;

  Mapping() = default;
  NPU_HOST_DEVICE constexpr Mapping(const Extents &given) noexcept : sizes(given) {
    Layout::fill(sizes, strides_);
  }
  template <class Other>
  NPU_HOST_DEVICE constexpr Mapping(const Extents &given,
                                    const ::std::array<Other, Extents::rank()> &steps) noexcept
      : sizes(given) {
    for (rank_type r = 0; r < Extents::rank(); ++r)
      strides_[r] = static_cast<index_type>(steps.data()[r]);
  }
  template <class OtherLayout, class OtherExtents>
  NPU_HOST_DEVICE constexpr Mapping(const Mapping<OtherLayout, OtherExtents> &other) noexcept
      : sizes(other.extents()) {
    for (rank_type r = 0; r < Extents::rank(); ++r)
      strides_[r] = static_cast<index_type>(other.stride(r));
  }
  NPU_HOST_DEVICE constexpr const Extents &extents() const noexcept { return sizes; }
  NPU_HOST_DEVICE constexpr index_type stride(rank_type r) const noexcept { return strides_[r]; }
  template <class... Indices>
  NPU_HOST_DEVICE constexpr index_type operator()(Indices... indices) const noexcept {
    static_assert(sizeof...(Indices) == Extents::rank(), "an index for each dimension");
    const index_type list[] = {static_cast<index_type>(indices)..., 0};
    return at(list);
  }
  NPU_HOST_DEVICE constexpr index_type at(const index_type *list) const noexcept {
    index_type place = 0;
    for (rank_type r = 0; r < Extents::rank(); ++r)
      place += list[r] * strides_[r];
    return place;
  }
  NPU_HOST_DEVICE constexpr index_type required_span_size() const noexcept {
    index_type last = 1;
    for (rank_type r = 0; r < Extents::rank(); ++r) {
      if (sizes.extent(r) == 0)
        return 0;
      last += (sizes.extent(r) - 1) * strides_[r];
    }
    return last;
  }
  NPU_HOST_DEVICE static constexpr bool is_always_unique() noexcept { return true; }
  NPU_HOST_DEVICE static constexpr bool is_always_strided() noexcept { return true; }
  NPU_HOST_DEVICE static constexpr bool is_always_exhaustive() noexcept {
    return Layout::kExhaustive;
  }

private:
  Extents sizes;
  index_type strides_[Extents::rank() ? Extents::rank() : 1] = {};
};
} // namespace detail

struct layout_right {
  static constexpr bool kExhaustive = true;
  template <class Extents> using mapping = detail::Mapping<layout_right, Extents>;
  template <class Extents, class Index>
  NPU_HOST_DEVICE static constexpr void fill(const Extents &sizes, Index *strides) {
    Index step = 1;
    for (::std::size_t r = Extents::rank(); r-- > 0; step *= sizes.extent(r))
      strides[r] = step;
  }
};
struct layout_left {
  static constexpr bool kExhaustive = true;
  template <class Extents> using mapping = detail::Mapping<layout_left, Extents>;
  template <class Extents, class Index>
  NPU_HOST_DEVICE static constexpr void fill(const Extents &sizes, Index *strides) {
    Index step = 1;
    for (::std::size_t r = 0; r < Extents::rank(); step *= sizes.extent(r), ++r)
      strides[r] = step;
  }
};
struct layout_stride {
  static constexpr bool kExhaustive = false;
  template <class Extents> using mapping = detail::Mapping<layout_stride, Extents>;
  template <class Extents, class Index>
  NPU_HOST_DEVICE static constexpr void fill(const Extents &sizes, Index *strides) {
    layout_right::fill(sizes, strides);
  }
};

template <class T> struct default_accessor {
  using element_type = T;
  using data_handle_type = T *;
  using reference = T &;
  using offset_policy = default_accessor;
  NPU_HOST_DEVICE constexpr T &access(T *data, ::std::size_t i) const noexcept { return data[i]; }
  NPU_HOST_DEVICE constexpr T *offset(T *data, ::std::size_t i) const noexcept { return data + i; }
};

template <class T, class Extents, class Layout = layout_right, class Accessor = default_accessor<T>>
class mdspan {
public:
  using extents_type = Extents;
  using layout_type = Layout;
  using accessor_type = Accessor;
  using mapping_type = typename Layout::template mapping<Extents>;
  using element_type = T;
  using value_type = ::std::remove_cv_t<T>;
  using index_type = typename Extents::index_type;
  using size_type = typename Extents::size_type;
  using rank_type = typename Extents::rank_type;
  using data_handle_type = typename Accessor::data_handle_type;
  using reference = typename Accessor::reference;

  mdspan() = default;
  template <class... Sizes,
            class = ::std::enable_if_t<(::std::is_convertible_v<Sizes, index_type> && ...)>>
  NPU_HOST_DEVICE constexpr explicit mdspan(data_handle_type data, Sizes... sizes)
      : data_(data), map(Extents(static_cast<index_type>(sizes)...)) {}
  template <class Other, ::std::size_t N>
  NPU_HOST_DEVICE constexpr explicit mdspan(data_handle_type data,
                                            const ::std::array<Other, N> &sizes)
      : data_(data), map(Extents(sizes)) {}
  NPU_HOST_DEVICE constexpr mdspan(data_handle_type data, const Extents &sizes)
      : data_(data), map(sizes) {}
  NPU_HOST_DEVICE constexpr mdspan(data_handle_type data, const mapping_type &mapping)
      : data_(data), map(mapping) {}
  NPU_HOST_DEVICE constexpr mdspan(data_handle_type data, const mapping_type &mapping,
                                   const Accessor &accessor)
      : data_(data), map(mapping), access(accessor) {}
  template <class OtherT, class OtherExtents, class OtherLayout>
  NPU_HOST_DEVICE constexpr mdspan(const mdspan<OtherT, OtherExtents, OtherLayout> &other)
      : data_(other.data_handle()), map(other.mapping()) {}

  NPU_HOST_DEVICE static constexpr rank_type rank() noexcept { return Extents::rank(); }
  NPU_HOST_DEVICE static constexpr rank_type rank_dynamic() noexcept {
    return Extents::rank_dynamic();
  }
  NPU_HOST_DEVICE static constexpr ::std::size_t static_extent(rank_type r) noexcept {
    return Extents::static_extent(r);
  }
  NPU_HOST_DEVICE constexpr index_type extent(rank_type r) const noexcept {
    return map.extents().extent(r);
  }
  NPU_HOST_DEVICE constexpr const Extents &extents() const noexcept { return map.extents(); }
  NPU_HOST_DEVICE constexpr const mapping_type &mapping() const noexcept { return map; }
  NPU_HOST_DEVICE constexpr const Accessor &accessor() const noexcept { return access; }
  NPU_HOST_DEVICE constexpr data_handle_type data_handle() const noexcept { return data_; }
  NPU_HOST_DEVICE constexpr index_type stride(rank_type r) const { return map.stride(r); }
  NPU_HOST_DEVICE constexpr size_type size() const noexcept {
    size_type all = 1;
    for (rank_type r = 0; r < rank(); ++r)
      all *= size_type(extent(r));
    return all;
  }
  NPU_HOST_DEVICE constexpr bool empty() const noexcept { return size() == 0; }

  template <class... Indices>
  NPU_HOST_DEVICE constexpr reference operator()(Indices... indices) const {
    return access.access(data_, ::std::size_t(map(indices...)));
  }
  // One dimension.
  template <class At, class = ::std::enable_if_t<::std::is_convertible_v<At, index_type>>>
  NPU_HOST_DEVICE constexpr reference operator[](At i) const {
    return access.access(data_, ::std::size_t(map(i)));
  }
  template <class Other, ::std::size_t N>
  NPU_HOST_DEVICE constexpr reference operator[](const ::std::array<Other, N> &indices) const {
    static_assert(N == Extents::rank(), "an index for each dimension");
    index_type list[N ? N : 1] = {};
    for (::std::size_t i = 0; i < N; ++i)
      list[i] = static_cast<index_type>(indices.data()[i]);
    return access.access(data_, ::std::size_t(map.at(list)));
  }

private:
  data_handle_type data_ = nullptr;
  mapping_type map;
  Accessor access;
};
template <
    class T, class... Sizes,
    class = ::std::enable_if_t<(sizeof...(Sizes) > 0) && (::std::is_integral_v<Sizes> && ...)>>
NPU_HOST_DEVICE mdspan(T *, Sizes...)->mdspan<T, dextents<::std::size_t, sizeof...(Sizes)>>;
template <class T, class Index, ::std::size_t... Extents>
NPU_HOST_DEVICE mdspan(T *, const extents<Index, Extents...> &)
    ->mdspan<T, extents<Index, Extents...>>;
template <class T, class Layout, class Extents>
NPU_HOST_DEVICE mdspan(T *, const detail::Mapping<Layout, Extents> &)->mdspan<T, Extents, Layout>;

} // namespace std
} // namespace concurrency
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
