// Keeps an installed CUDA toolkit out of every translation: a header that cu2npu does not provide
// must be reported, not silently taken from a toolkit that happens to lie on a search path.
#pragma once

#include "clang/Lex/Preprocessor.h"

namespace npu {

// Whether `folder` holds a CUDA toolkit's headers (its cuda_runtime_api.h is not ours).
bool isToolkitFolder(llvm::StringRef folder);

// Whether a header of this name (as after #include) can be a toolkit's.
bool isToolkitHeaderName(llvm::StringRef name);

// Debian's package of a library that is used as it is; nullptr: the header belongs to none.
const char *packageOfHeader(llvm::StringRef name);

// Reports, as an error at the #include, each toolkit header that the preprocessor finds in a
// toolkit's folder: "... [npu-header]".
void guardAgainstToolkit(clang::Preprocessor &preprocessor);

} // namespace npu
