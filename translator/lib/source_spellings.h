// What nvcc takes in a source's text and Clang does not, made Clang's before it reads the text.
// Every change keeps the text's size, so that places in the file stay what they are.
#pragma once

#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// asm statements (asm_statements.h), launch brackets (launch_brackets.h), linkages
// (linkage_strings.h) and pragmas (unroll_pragmas.h). Empty when nothing changes.
std::string acceptedSpelling(llvm::StringRef source);

// Does so to the main file and to every file that is included from now on, and to macros
// (pragma_macros.h). Call before the main file is entered.
void acceptSpellings(clang::CompilerInstance &compiler);

} // namespace npu
