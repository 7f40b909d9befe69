// Pointers to arrays whose size is known only at run time. g++, and so nvcc, converts between all
// that have the same element, Clang only where the very same expression is the size:
//   float (*rows)[n] = (float (*)[n])malloc(bytes);
//   ->  float (*rows)[n] = (decltype(rows))((float (*)[n])malloc(bytes));
#pragma once

#include "rewritten_sources.h"

#include "clang/Basic/Diagnostic.h"

namespace npu {

// False: the error is another one, or stands where its two sides are not understood.
bool castVariableArrayPointer(const clang::Diagnostic &error, RewrittenSources &rewritten);
// For a parse that only looks: a zero in the place of the value. Places stay what they are.
bool hideVariableArrayPointer(const clang::Diagnostic &error, RewrittenSources &rewritten);

} // namespace npu
