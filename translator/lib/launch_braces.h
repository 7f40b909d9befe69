// Braced lists in a launch's configuration, kernel<<<grid, {x, y}>>>(...), which nvcc takes, as the
// configuration's parameters are of a known type, and Clang does not.
#pragma once

#include "rewritten_sources.h"

#include "clang/Basic/Diagnostic.h"

namespace npu {

// The list gets the type's name in front of it. False: the error is another one.
bool nameLaunchBraces(const clang::Diagnostic &error, RewrittenSources &rewritten);
// For a parse that only looks: parentheses in the place of the braces. Places stay what they are.
bool hideLaunchBraces(const clang::Diagnostic &error, RewrittenSources &rewritten);

} // namespace npu
