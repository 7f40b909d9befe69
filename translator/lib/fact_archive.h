// Facts as bytes, for the way from a parsing process to the one that rewrites, and to a later run.
#pragma once

#include "facts.h"
#include "file_state.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace npu {

// What one parse hands over.
struct UnitFacts {
  ProgramFacts facts;
  bool failed = false;               // the source has errors of its own
  std::vector<std::string> messages; // Clang's, complete with place and source line
  FileStates lookedAt;               // every path that the parse asked for
};

std::string toBytes(UnitFacts &unit);
// False: the bytes are not whole.
bool fromBytes(llvm::StringRef bytes, UnitFacts &unit);

} // namespace npu
