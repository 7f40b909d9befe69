// See diagnostics.h. The texts are rows of diagnostics.def.
#include "diagnostics.h"

#include <algorithm>

using namespace npu;

namespace {

struct Row {
  const char *name;
  Diagnostic::Severity severity;
  const char *text;
};

const Row kRows[] = {
#define DIAGNOSTIC(id, severity, text) {#id, Diagnostic::Severity::severity, text},
#include "diagnostics.def"
};

std::string fill(llvm::StringRef text, llvm::ArrayRef<std::string> arguments) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      result += arguments[text[i + 1] - '0'];
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

const char *severityName(Diagnostic::Severity severity) {
  switch (severity) {
  case Diagnostic::Severity::Note:
    return "note";
  case Diagnostic::Severity::Warning:
    return "warning";
  case Diagnostic::Severity::Error:
    return "error";
  }
  return "error";
}

} // namespace

std::string npu::diagnosticName(DiagnosticId id) {
  std::string name = std::string("npu-") + kRows[static_cast<size_t>(id)].name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void Diagnostics::report(DiagnosticId id, llvm::StringRef path, llvm::StringRef contents,
                         unsigned offset, llvm::ArrayRef<std::string> arguments) {
  const Row &row = kRows[static_cast<size_t>(id)];
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.severity = row.severity;
  diagnostic.path = path.str();
  diagnostic.offset = offset;
  llvm::StringRef before = contents.take_front(offset);
  diagnostic.line = static_cast<unsigned>(before.count('\n')) + 1;
  size_t lineBegin = before.rfind('\n');
  diagnostic.column = offset - (lineBegin == llvm::StringRef::npos ? 0 : lineBegin + 1) + 1;
  diagnostic.message = std::string(severityName(row.severity)) + ": " + fill(row.text, arguments) +
                       " [" + diagnosticName(id) + "]";
  diagnostics.push_back(std::move(diagnostic));
}

bool Diagnostics::hasErrors() const {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic &diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::Error;
  });
}

void Diagnostics::print(llvm::raw_ostream &log) const {
  std::vector<const Diagnostic *> ordered;
  for (const Diagnostic &diagnostic : diagnostics)
    ordered.push_back(&diagnostic);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Diagnostic *a, const Diagnostic *b) {
    return std::tie(a->path, a->offset) < std::tie(b->path, b->offset);
  });
  for (const Diagnostic *diagnostic : ordered)
    log << diagnostic->path << ':' << diagnostic->line << ':' << diagnostic->column << ": "
        << diagnostic->message << '\n';
}
