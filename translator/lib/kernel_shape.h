// Guesses which tensor operation a kernel computes by hand, from the form of its loops: for the
// report only, which says "looks like". Nothing is rewritten from it.
#pragma once

#include "clang/AST/Decl.h"

#include <string>

namespace npu {

// An id of tensor_shapes.def, or "".
std::string tensorShapeOf(const clang::FunctionDecl &kernel);

} // namespace npu
