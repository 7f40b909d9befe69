// std::is_invocable, std::invoke_result and std::invocable for functions of either side. Nothing is
// called where they ask, so nvcc does not mind who may call what; Clang does inside of functions,
// and libstdc++ asks in the signature of one. These specialisations, closer than libstdc++'s own,
// ask in a class.
#ifndef NPU_DEVICE_INVOCABLE_H
#define NPU_DEVICE_INVOCABLE_H

#include <type_traits>
#include <utility>

// The library's own names, which these releases share.
#if defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE >= 5 && _GLIBCXX_RELEASE <= 14

namespace npu {
namespace detail {
template <class... Types> struct Void {
  typedef void type;
};

template <class Enabled, class Function, class... Arguments> struct CallResult {
  typedef std::__failure_type type;
};
template <class Function, class... Arguments>
struct CallResult<
    typename Void<decltype(std::declval<Function>()(std::declval<Arguments>()...))>::type, Function,
    Arguments...> {
  typedef std::__result_of_success<decltype(std::declval<Function>()(std::declval<Arguments>()...)),
                                   std::__invoke_other>
      type;
};
} // namespace detail
} // namespace npu

namespace std {
template <class Function> struct __result_of_impl<false, false, Function> {
  typedef typename npu::detail::CallResult<void, Function>::type type;
};
template <class Function, class First, class... Rest>
struct __result_of_impl<false, false, Function, First, Rest...> {
  typedef typename npu::detail::CallResult<void, Function, First, Rest...>::type type;
};
} // namespace std

#endif
#endif
