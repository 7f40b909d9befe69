// Lambdas that capture structured bindings (`auto [n, v] = f(); [&] { return n; }`), as C++20
// allows and nvcc takes in C++17, too; Clang does from version 16 on.
#pragma once

#include "rewritten_sources.h"

#include "clang/Basic/Diagnostic.h"

namespace npu {

// The lambda's captures get the binding by name: [&, &n = n], [=, n = npu::captured::copy(n)]; what
// they are made of is in runtime/include/npu/captured_bindings.h. False: the error is another one,
// or the place is not understood.
bool nameCapturedBinding(const clang::Diagnostic &error, RewrittenSources &rewritten);
// For a parse that only looks: the error is of this kind, and what was read is whole all the same.
bool isCapturedBinding(const clang::Diagnostic &error);

} // namespace npu
