// A CMake file as its commands, with places: enough of the language (cmake-language(7)) to change
// arguments and leave every other byte as it is.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace npu {

struct CmakeArgument {
  unsigned begin = 0, end = 0; // in the text, with quotes
  llvm::StringRef text;        // without quotes or brackets; escapes and variables as written
  bool quoted = false;
};

struct CmakeCommand {
  std::string name;            // lower case
  unsigned begin = 0, end = 0; // from its name to behind its ")"
  unsigned nameEnd = 0;
  std::vector<CmakeArgument> arguments; // flat: parentheses inside are arguments of their own
};

// `text` outlives the result. Stops at the first place that is not CMake.
std::vector<CmakeCommand> readCmake(llvm::StringRef text);

} // namespace npu
