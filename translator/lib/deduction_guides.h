// Deduction guides in device code (`std::array a{1, 2};`, `std::span(x)`). Nobody calls them, but
// for Clang those that are not constexpr are functions of the host; for nvcc they are of both
// sides.
#pragma once

#include "clang/AST/ASTConsumer.h"

#include <memory>

namespace npu {

class HostCallers;

// Makes guides functions of both sides as soon as they have been read, in namespaces and classes,
// too: the next line may use them. So it makes the functions that `callers` call. Goes before what
// emits code.
std::unique_ptr<clang::ASTConsumer> shareDeductionGuides(const HostCallers *callers = nullptr);

} // namespace npu
