// The neutral spelling of a CUDA name, from the rows or, for what the headers declare without a
// row, from its prefix.
#pragma once

#include "api_table.h"
#include "facts.h"

#include <string>

namespace npu {

struct NeutralName {
  const UserRule *userRule = nullptr; // holds before the row
  const ApiRow *row = nullptr;
  std::string spelling; // empty: not a name of CUDA's, or a gap
  bool isGap() const {
    return userRule ? !userRule->gap.empty() : row && row->kind == ApiRow::Kind::Gap;
  }
  bool known() const { return userRule || row || !spelling.empty(); }
  // Of a gap: why; of a name that is supported in part: what is missing.
  std::string note() const {
    return userRule ? userRule->gap + userRule->partial : row ? row->note.str() : "";
  }
};

NeutralName neutralName(llvm::StringRef name, const ProgramFacts &facts);

// Whether the neutral spelling belongs to the kernel dialect, which npu/kernel.h alone declares.
bool isKernelDialect(const NeutralName &name);

// `text` with every CUDA name in it replaced: for text that the translator itself adds.
std::string neutralText(llvm::StringRef text, const ProgramFacts &facts);

} // namespace npu
