// What a translation found and did, as plain data, and its pages: JSON for programs, Markdown for
// reviews, HTML for people. docs/translator.md says what the figures mean.
#pragma once

#include "api_table.h"
#include "diagnostics.h"
#include "placement.h"

#include <map>
#include <string>
#include <vector>

namespace npu {

// A use of a library function.
struct CallUse {
  enum class Outcome { Translated, Partial, Gap, Unknown };
  std::string name;            // CUDA's
  const ApiRow *row = nullptr; // nullptr: unknown
  unsigned offset = 0;         // in the source
  Outcome outcome = Outcome::Translated;
};

struct KernelUse {
  std::string name;
  unsigned line = 0;
  std::string tensorShape; // an id of tensor_shapes.def, or ""
};

struct FileReport {
  std::string path;   // as the user named it
  std::string output; // below the output folder
  unsigned lines = 0, changedLines = 0;
  std::vector<CallUse> calls;
  std::vector<KernelUse> kernels;
  unsigned otherNames = 0; // types, enumerators, words of the device language that were replaced
  unsigned launches = 0, launchesLeft = 0;
};

// An input that could not be parsed, so that nothing is known of it.
struct FailedInput {
  std::string path;
  std::string reason; // one line
};

struct Report {
  std::vector<FileReport> files;
  std::vector<FailedInput> failed;
  const Diagnostics *diagnostics = nullptr;
};

struct Totals {
  unsigned files = 0, lines = 0, changedLines = 0;
  unsigned calls = 0, translated = 0, partial = 0, gaps = 0, unknown = 0;
  unsigned otherNames = 0, launches = 0, launchesLeft = 0;
  unsigned kernels = 0, tensorKernels = 0;
  unsigned errors = 0, warnings = 0, notes = 0;
  unsigned minutes = 0; // estimated hand effort

  void add(const FileReport &file);
  void add(const Diagnostic &diagnostic);
};

Totals totalsOf(const Report &report);
// Of one file; `diagnostics` may be those of all.
Totals totalsOf(const FileReport &file, const Diagnostics &diagnostics);

// Uses of one function in all files, by where its work runs.
struct PlacedCall {
  Placement placement;
  const ApiRow *row = nullptr;
  unsigned uses = 0;
};
// NPU first; functions that are bookkeeping are left out.
std::vector<PlacedCall> placedCalls(const Report &report);

// What a kernel that looks like a tensor operation looks like, and the call that would run on the
// NPU.
struct TensorShape {
  const char *title;
  const char *remedy;
};
TensorShape tensorShape(llvm::StringRef id);

// "45 min", "3 h", "12 h".
std::string effortText(unsigned minutes);
// The report in one sentence.
std::string headline(const Report &report);

std::string reportJson(const Report &report);
std::string reportMarkdown(const Report &report);
std::string reportHtml(const Report &report);

} // namespace npu
