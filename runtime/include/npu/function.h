// npu::function: any callable with a given signature, on either side of a program. An object
// belongs to the side that made it; its callable must fit kFunctionBytes, because the device's
// copies cost nothing then and cannot fail.
#ifndef NPU_FUNCTION_H
#define NPU_FUNCTION_H

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace npu {

constexpr std::size_t kFunctionBytes = 128;

template <class Signature> class function;
template <class Result, class... Arguments> class function<Result(Arguments...)> {
public:
  using result_type = Result;

  NPU_HOST_DEVICE function() noexcept {}
  NPU_HOST_DEVICE function(std::nullptr_t) noexcept {}
  NPU_HOST_DEVICE function(const function &other) { take(other); }
  NPU_HOST_DEVICE function(function &&other) {
    take(other);
    other.clear();
  }
  template <class Callable,
            class = std::enable_if_t<!std::is_same<std::decay_t<Callable>, function>::value>>
  NPU_HOST_DEVICE function(Callable callable) {
    static_assert(sizeof(Callable) <= kFunctionBytes && alignof(Callable) <= 16,
                  "this callable is too large for npu::function; capture a pointer instead");
    new (static_cast<void *>(bytes)) Callable(std::move(callable));
    invoke = [](const void *self, Arguments... arguments) -> Result {
      return (*static_cast<Callable *>(const_cast<void *>(self)))(
          std::forward<Arguments>(arguments)...);
    };
    manage = [](void *self, const void *from) {
      if (from)
        new (self) Callable(*static_cast<const Callable *>(from));
      else
        static_cast<Callable *>(self)->~Callable();
    };
  }
  NPU_HOST_DEVICE ~function() { clear(); }
  NPU_HOST_DEVICE function &operator=(const function &other) {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  NPU_HOST_DEVICE function &operator=(std::nullptr_t) {
    clear();
    return *this;
  }
  NPU_HOST_DEVICE void swap(function &other) {
    function kept(other);
    other = *this;
    *this = kept;
  }
  NPU_HOST_DEVICE explicit operator bool() const noexcept { return invoke != nullptr; }
  NPU_HOST_DEVICE Result operator()(Arguments... arguments) const {
    return invoke(bytes, std::forward<Arguments>(arguments)...);
  }

private:
  NPU_HOST_DEVICE void take(const function &other) {
    if (!other.invoke)
      return;
    other.manage(bytes, other.bytes);
    invoke = other.invoke;
    manage = other.manage;
  }
  NPU_HOST_DEVICE void clear() {
    if (invoke)
      manage(bytes, nullptr);
    invoke = nullptr;
  }

  Result (*invoke)(const void *, Arguments...) = nullptr;
  void (*manage)(void *, const void *) = nullptr; // copies from the second, or destroys
  __attribute__((aligned(16))) unsigned char bytes[kFunctionBytes];
};

template <class Result, class... Arguments>
NPU_HOST_DEVICE bool operator==(const function<Result(Arguments...)> &f, std::nullptr_t) {
  return !f;
}
template <class Result, class... Arguments>
NPU_HOST_DEVICE bool operator!=(const function<Result(Arguments...)> &f, std::nullptr_t) {
  return bool(f);
}

} // namespace npu

#endif
#endif
