// libstdc++'s settings. What it makes constant from C++20 on (std::swap, std::fill, the assignment
// of std::optional ...) is for both sides of a program in earlier standards, too, as libcu++ has
// it: Clang takes constant functions for such, and nothing else of C++20 is needed.
#include_next <bits/c++config.h>

#if !defined(NPU_CUDA_BITS_CONFIG) && defined(__CUDA__) && defined(__clang__) &&                   \
    defined(__cplusplus)
#define NPU_CUDA_BITS_CONFIG

#if __cplusplus < 202002L
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR __attribute__((host)) __attribute__((device))
#endif

// What throws on the host ends the kernel. Declared before the library's own, which templates find.
#ifdef __CUDA_ARCH__
#define NPU_THROWS(name, parameters)                                                               \
  __attribute__((device, noreturn)) inline void name parameters { __builtin_trap(); }
namespace std {
NPU_THROWS(__throw_bad_exception, ())
NPU_THROWS(__throw_bad_alloc, ())
NPU_THROWS(__throw_bad_array_new_length, ())
NPU_THROWS(__throw_bad_cast, ())
NPU_THROWS(__throw_bad_typeid, ())
NPU_THROWS(__throw_logic_error, (const char *))
NPU_THROWS(__throw_domain_error, (const char *))
NPU_THROWS(__throw_invalid_argument, (const char *))
NPU_THROWS(__throw_length_error, (const char *))
NPU_THROWS(__throw_out_of_range, (const char *))
NPU_THROWS(__throw_out_of_range_fmt, (const char *, ...))
NPU_THROWS(__throw_runtime_error, (const char *))
NPU_THROWS(__throw_range_error, (const char *))
NPU_THROWS(__throw_overflow_error, (const char *))
NPU_THROWS(__throw_underflow_error, (const char *))
NPU_THROWS(__throw_bad_function_call, ())
NPU_THROWS(__throw_bad_optional_access, ())
NPU_THROWS(__throw_bad_variant_access, (const char *))
NPU_THROWS(__throw_bad_variant_access, (bool))
} // namespace std
#undef NPU_THROWS
#endif

#endif
