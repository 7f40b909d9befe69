// libstdc++'s std::pair for Clang 15 in CUDA mode, which crashes when it looks for the copy
// assignment of a class with a pair in it (to infer whether that is __host__ or __device__): it
// then evaluates the pair's requires clauses without a context. Here the pair is the one of C++17,
// constrained by enable_if, in C++20 too. Its assignment, not constant there, is for both sides.
#if defined(__clang__) && defined(__cplusplus)
// What the file includes and what looks at the macro, first.
#if __cplusplus > 201703L
#include <compare>
#endif
#if __cplusplus >= 201103L
#include <type_traits>
#endif
#include <bits/move.h>
#ifdef __CUDA__
#pragma clang force_cuda_host_device begin
#endif
#if __clang_major__ < 16 && __cplusplus > 201703L
#pragma push_macro("__cpp_lib_concepts")
#undef __cpp_lib_concepts
#include_next <bits/stl_pair.h>
#pragma pop_macro("__cpp_lib_concepts")
#else
#include_next <bits/stl_pair.h>
#endif
#ifdef __CUDA__
#pragma clang force_cuda_host_device end
#endif
#else
#include_next <bits/stl_pair.h>
#endif
