// libstdc++'s std::pair for Clang 15 in CUDA mode, which crashes when it looks for the copy
// assignment of a class with a pair in it (to infer whether that is __host__ or __device__): it
// then evaluates the pair's requires clauses without a context. Here the pair is the one of C++17,
// constrained by enable_if, in C++20 too.
#if defined(__clang__) && __clang_major__ < 16 && __cplusplus > 201703L
// What the file includes and what looks at the macro, first.
#include <bits/move.h>
#include <compare>
#include <type_traits>
#pragma push_macro("__cpp_lib_concepts")
#undef __cpp_lib_concepts
#include_next <bits/stl_pair.h>
#pragma pop_macro("__cpp_lib_concepts")
#else
#include_next <bits/stl_pair.h>
#endif
