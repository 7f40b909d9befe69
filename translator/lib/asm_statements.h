// asm statements as nvcc takes them and GCC's rules, and Clang, do not: register names with one '%'
// ("%laneid" for "%%laneid"), and operands without the comma between them.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// Stands for the '%' of such a name. One character, so that places in the file stay what they are.
constexpr char kRegisterMark = '`';

// The text with these characters marked and, where there is a blank for them, these commas: of the
// same size. Empty when nothing changes.
std::string acceptedAsm(llvm::StringRef source);

} // namespace npu
