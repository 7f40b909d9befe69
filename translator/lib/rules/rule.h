// A rewrite: looks at one file and adds edits and diagnostics; never writes files. One per .cpp
// file, in an anonymous namespace; rules.def lists them.
#pragma once

#include "diagnostics.h"
#include "edits.h"
#include "output_layout.h"
#include "report/report.h"
#include "source_view.h"

#include <memory>
#include <set>
#include <string>

namespace npu {

struct RuleContext {
  const SourceView &view;
  const ProgramFacts &facts;
  const OutputLayout &layout;
  std::string shownPath;          // for messages: as the user wrote it
  bool preIncluded = false;       // an input that got cuda_runtime.h implicitly
  bool needsKernelHeader = false; // set by rules that use the kernel dialect
  Edits edits;
  Diagnostics &diagnostics;
  std::set<std::string> neededIncludes{}; // of user rules, with their delimiters
  std::vector<CallUse> calls{};
  unsigned otherNames = 0; // types, enumerators, words of the device language that were replaced
  unsigned launches = 0, launchesLeft = 0;

  void report(DiagnosticId id, unsigned offset, llvm::ArrayRef<std::string> arguments) {
    diagnostics.report(id, shownPath, view.contents(), offset, arguments);
  }
};

class Rule {
public:
  virtual ~Rule() = default;
  virtual void apply(RuleContext &context) = 0;
};

#define RULE(name) std::unique_ptr<Rule> make##name##Rule();
#include "rules.def"

} // namespace npu
