// Macros that stand for a directive, `#define PRAGMA_UNROLL #pragma unroll`. nvcc's front end reads
// pragmas after it has expanded macros; for Clang the # is a token like others, and out of place.
#pragma once

#include "clang/Lex/Preprocessor.h"

namespace npu {

// From now on such a macro is _Pragma("unroll"). The text stays what it is.
void acceptPragmaMacros(clang::Preprocessor &preprocessor);

} // namespace npu
