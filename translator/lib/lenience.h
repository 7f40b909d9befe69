// Clang's options for what it alone makes an error and nvcc with its host compilers accepts:
// `register` in C++17, values that a braced list narrows, a macro right behind a string, and
// functions that are constexpr in name only; GNU's `typeof` in strict C++; static members of a
// floating type that get their value in the class (for nvcc, in device code alone). And variadic
// device functions, which overload resolution asks about; what reads its arguments is refused
// later (npu-variadic).
#pragma once

namespace npu {

inline constexpr const char *kLenience[] = {"-Wno-register",
                                            "-Wno-c++11-narrowing",
                                            "-Wno-reserved-user-defined-literal",
                                            "-Wno-invalid-constexpr",
                                            "-Wno-static-float-init",
                                            "-fgnu-keywords",
                                            "-Xclang",
                                            "-fcuda-allow-variadic-functions"};

} // namespace npu
