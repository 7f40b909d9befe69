// Functions of device code that return unions. Clang hands results over as fields there, those of
// one member of a union; bytes of other members that lie between them would be lost.
#pragma once

#include "clang/AST/ASTConsumer.h"

#include <memory>

namespace npu {

// Results with such unions in them are handed over in memory, as classes with constructors of their
// own for copies are (Itanium C++ ABI 3.1.3).
std::unique_ptr<clang::ASTConsumer> returnUnionsInMemory();

} // namespace npu
