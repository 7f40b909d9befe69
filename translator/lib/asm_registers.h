// Register names in asm strings as nvcc takes them: "%laneid" where GCC's rules, and Clang, ask for
// "%%laneid".
#pragma once

#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// Stands for the '%' of such a name. One character, so that places in the file stay what they are.
constexpr char kRegisterMark = '`';

// The text with these characters marked; empty when there is none.
std::string markRegisters(llvm::StringRef source);

// Marks them in the main file and in every file that is included from now on. Call before the main
// file is entered.
void acceptRegisterNames(clang::CompilerInstance &compiler);

} // namespace npu
