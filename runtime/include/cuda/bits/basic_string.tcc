// libstdc++'s std::basic_string is the host's before C++20: some definitions of its members lack
// the macro that bits/c++config.h changes.
#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#if __cplusplus < 202002L
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#endif
#include_next <bits/basic_string.tcc>
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
