// A text's tokens before any preprocessing, for what is changed before Clang reads it.
#pragma once

#include "clang/Basic/TokenKinds.h"
#include "llvm/ADT/StringRef.h"

#include <vector>

namespace npu {

struct RawToken {
  clang::tok::TokenKind kind;
  llvm::StringRef spelling;
  size_t offset;
};

// As CUDA: "<<<" and ">>>" are tokens. The last one is the end of the file.
std::vector<RawToken> rawTokensOf(llvm::StringRef source);

} // namespace npu
