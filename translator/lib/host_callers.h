// Functions that belong to the device alone where __CUDA_ARCH__ is defined, and that functions of
// the host call. nvcc asks in its host pass alone what host functions may call, so for the device
// pass they belong to both sides.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Lex/Preprocessor.h"

#include <set>
#include <string>

namespace npu {

class HostCallers {
public:
  // Keeps the name of the function when `diagnostic` says that it is the device's and its caller
  // the host's.
  void note(const clang::Diagnostic &diagnostic);
  // Whether names have come since the last time: then the source is worth another run.
  bool grew() {
    const size_t before = known;
    known = names.size();
    return known > before;
  }
  // Whether `token`, perhaps that behind `operator`, is such a name in the user's text.
  bool call(const clang::Token &token, bool behindOperator,
            const clang::Preprocessor &preprocessor) const {
    if (names.empty() || !(behindOperator || token.is(clang::tok::identifier)) ||
        preprocessor.getSourceManager().isInSystemHeader(token.getLocation()))
      return false;
    return names.count((behindOperator ? "operator" : "") + preprocessor.getSpelling(token));
  }

private:
  std::set<std::string> names; // not places: each declaration of a function must be of both sides
  size_t known = 0;
};

} // namespace npu
