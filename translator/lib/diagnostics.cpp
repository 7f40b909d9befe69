// See diagnostics.h. The texts are rows of diagnostics.def.
#include "diagnostics.h"

#include <algorithm>

using namespace npu;

namespace {

struct Row {
  const char *name;
  Diagnostic::Severity severity;
  unsigned minutes;
  const char *text;
};

const Row kRows[] = {
#define DIAGNOSTIC(id, severity, minutes, text)                                                    \
  {#id, Diagnostic::Severity::severity, minutes, text},
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

const Row &rowOf(DiagnosticId id) { return kRows[static_cast<size_t>(id)]; }

// A tab for each tab of the line, so that the mark stands below the place at any tab width.
std::string spacesLike(llvm::StringRef text) {
  std::string result;
  for (char c : text)
    if ((c & 0xC0) != 0x80) // one column per character of UTF-8
      result += c == '\t' ? '\t' : ' ';
  return result;
}

} // namespace

const char *npu::severityName(Diagnostic::Severity severity) {
  switch (severity) {
  case Diagnostic::Severity::Note:
    return "note";
  case Diagnostic::Severity::Warning:
    return "warning";
  case Diagnostic::Severity::Error:
    break;
  }
  return "error";
}

std::string npu::diagnosticName(DiagnosticId id) {
  std::string name = std::string("npu-") + rowOf(id).name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::vector<DiagnosticId> npu::allDiagnosticIds() {
  return {
#define DIAGNOSTIC(id, severity, minutes, text) DiagnosticId::id,
#include "diagnostics.def"
  };
}

Diagnostic::Severity npu::usualSeverity(DiagnosticId id) { return rowOf(id).severity; }
const char *npu::diagnosticText(DiagnosticId id) { return rowOf(id).text; }
unsigned npu::diagnosticMinutes(DiagnosticId id) { return rowOf(id).minutes; }

std::string Diagnostic::message() const {
  return std::string(severityName(severity)) + ": " + text + " [" + diagnosticName(id) + "]";
}

llvm::Error DiagnosticPolicy::check() const {
  auto find = [](const std::string &name) -> llvm::Optional<DiagnosticId> {
    for (DiagnosticId id : allDiagnosticIds())
      if (diagnosticName(id) == name)
        return id;
    return llvm::None;
  };
  for (const std::set<std::string> *names : {&suppressed, &errors})
    for (const std::string &name : *names) {
      llvm::Optional<DiagnosticId> id = find(name);
      if (!id)
        return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                       "there is no diagnostic '%s'; docs/diagnostics.md has all",
                                       name.c_str());
      if (names == &suppressed && usualSeverity(*id) == Diagnostic::Severity::Error)
        return llvm::createStringError(
            llvm::inconvertibleErrorCode(),
            "'%s' says that something is left untranslated, so it cannot be suppressed",
            name.c_str());
    }
  return llvm::Error::success();
}

void Diagnostics::report(DiagnosticId id, llvm::StringRef path, llvm::StringRef contents,
                         unsigned offset, llvm::ArrayRef<std::string> arguments) {
  std::string name = diagnosticName(id);
  if (policy.suppressed.count(name))
    return;
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.severity =
      policy.errors.count(name) ? Diagnostic::Severity::Error : rowOf(id).severity;
  diagnostic.path = path.str();
  diagnostic.offset = offset;
  llvm::StringRef before = contents.take_front(offset);
  diagnostic.line = static_cast<unsigned>(before.count('\n')) + 1;
  size_t lineBegin = before.rfind('\n');
  lineBegin = lineBegin == llvm::StringRef::npos ? 0 : lineBegin + 1;
  diagnostic.column = offset - static_cast<unsigned>(lineBegin) + 1;
  diagnostic.text = fill(rowOf(id).text, arguments);
  diagnostic.sourceLine = contents.substr(lineBegin).split('\n').first.rtrim('\r').str();
  diagnostics.push_back(std::move(diagnostic));
}

bool Diagnostics::hasErrors() const {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic &diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::Error;
  });
}

std::vector<const Diagnostic *> Diagnostics::inOrder() const {
  std::vector<const Diagnostic *> ordered;
  for (const Diagnostic &diagnostic : diagnostics)
    ordered.push_back(&diagnostic);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Diagnostic *a, const Diagnostic *b) {
    return std::tie(a->path, a->offset) < std::tie(b->path, b->offset);
  });
  return ordered;
}

void Diagnostics::print(llvm::raw_ostream &log) const {
  for (const Diagnostic *diagnostic : inOrder())
    log << diagnostic->path << ':' << diagnostic->line << ':' << diagnostic->column << ": "
        << diagnostic->message() << '\n'
        << diagnostic->sourceLine << '\n'
        << spacesLike(llvm::StringRef(diagnostic->sourceLine).take_front(diagnostic->column - 1))
        << "^\n";
}
