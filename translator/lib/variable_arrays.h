// Initializers of arrays whose size is known only at run time. g++, and so nvcc, takes them, Clang
// does not. They become calls that fill the array, in the size of a pointer's type so that more
// declarators may follow, and within the line:
//   float a[n] = {1, 2}, b;   ->   float a[n], (*fill)[npu::variable_array::initialize(..., {1,
//   2})], b;
#pragma once

#include "rewritten_sources.h"

#include "clang/Basic/Diagnostic.h"

namespace npu {

// False: the error is another one, or the array is declared in a way that is not understood.
bool callToInitialize(const clang::Diagnostic &error, RewrittenSources &rewritten);
// For a parse that only looks: blanks in the place of the initializer. Places stay what they are.
bool hideInitializer(const clang::Diagnostic &error, RewrittenSources &rewritten);

} // namespace npu
