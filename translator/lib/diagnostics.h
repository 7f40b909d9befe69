// The translator's own messages: collected while rules run, then printed in order of place and put
// as comments beside what they are about.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <set>
#include <string>
#include <vector>

namespace npu {

enum class DiagnosticId {
#define DIAGNOSTIC(id, severity, minutes, text) id,
#include "diagnostics.def"
};

struct Diagnostic {
  enum class Severity { Note, Warning, Error };
  DiagnosticId id;
  Severity severity;
  std::string path;    // as the user named the file
  unsigned offset = 0; // in the source
  unsigned line = 0, column = 0;
  std::string text;       // the message alone
  std::string sourceLine; // without its line ending

  // "error: ... [npu-<id>]"
  std::string message() const;
};

// What the user wants to hear of. Ids are spelled "npu-partial".
struct DiagnosticPolicy {
  std::set<std::string> suppressed; // notes and warnings only: what is left to do is always said
  std::set<std::string> errors;     // warnings and notes that count as errors

  // An error for an unknown id, or one that cannot be suppressed.
  llvm::Error check() const;
};

class Diagnostics {
public:
  Diagnostics() = default;
  explicit Diagnostics(DiagnosticPolicy policy) : policy(std::move(policy)) {}

  void report(DiagnosticId id, llvm::StringRef path, llvm::StringRef contents, unsigned offset,
              llvm::ArrayRef<std::string> arguments);
  const std::vector<Diagnostic> &all() const { return diagnostics; }
  // By path, then by place.
  std::vector<const Diagnostic *> inOrder() const;
  bool hasErrors() const;
  // With the source line and a mark under the place.
  void print(llvm::raw_ostream &log) const;

private:
  DiagnosticPolicy policy;
  std::vector<Diagnostic> diagnostics;
};

// "unknown_call" -> "npu-unknown-call"
std::string diagnosticName(DiagnosticId id);
// Every id, in the order of the table.
std::vector<DiagnosticId> allDiagnosticIds();
// "error", "warning" or "note".
const char *severityName(Diagnostic::Severity severity);
Diagnostic::Severity usualSeverity(DiagnosticId id);
// The text with its {0}, and the minutes of the estimate.
const char *diagnosticText(DiagnosticId id);
unsigned diagnosticMinutes(DiagnosticId id);

} // namespace npu
