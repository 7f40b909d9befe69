// The translator's own messages: collected while rules run, then printed in order of place and put
// as comments beside what they are about.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace npu {

enum class DiagnosticId {
#define DIAGNOSTIC(id, severity, text) id,
#include "diagnostics.def"
};

struct Diagnostic {
  enum class Severity { Note, Warning, Error };
  DiagnosticId id;
  Severity severity;
  std::string path;    // as the user named the file
  unsigned offset = 0; // in the source
  unsigned line = 0, column = 0;
  std::string message; // without the place, with [npu-<id>]
};

class Diagnostics {
public:
  void report(DiagnosticId id, llvm::StringRef path, llvm::StringRef contents, unsigned offset,
              llvm::ArrayRef<std::string> arguments);
  const std::vector<Diagnostic> &all() const { return diagnostics; }
  bool hasErrors() const;
  void print(llvm::raw_ostream &log) const;

private:
  std::vector<Diagnostic> diagnostics;
};

// "unknown_call" -> "npu-unknown-call"
std::string diagnosticName(DiagnosticId id);

} // namespace npu
