// One file's translation: the rules' edits, and comments beside what they leave.
#pragma once

#include "report/report.h"
#include "rules/rule.h"

#include "llvm/Support/Error.h"

#include <string>

namespace npu {

struct RewriteInput {
  const std::string &real;
  const FileFacts &file;
  const ProgramFacts &facts;
  const OutputLayout &layout;
  std::string shownPath;
  bool preIncluded; // an input that got cuda_runtime.h implicitly
};

struct Rewritten {
  std::string text;
  FileReport report;
};

llvm::Expected<Rewritten> rewrite(const RewriteInput &input, Diagnostics &diagnostics);

} // namespace npu
