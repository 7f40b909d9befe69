// See host_callers.h.
#include "host_callers.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

// Of note_ovl_candidate_bad_target: which arguments, and which of %select{__device__|__global__|
// __host__|...}.
constexpr unsigned kCallee = 3, kCaller = 4;
constexpr int kDevice = 0, kHost = 2;

static bool says(const Diagnostic &diagnostic, unsigned argument, int target) {
  return argument < diagnostic.getNumArgs() &&
         diagnostic.getArgKind(argument) == DiagnosticsEngine::ak_sint &&
         diagnostic.getArgSInt(argument) == target;
}

void npu::HostCallers::note(const Diagnostic &diagnostic) {
  if (diagnostic.getID() != diag::note_ovl_candidate_bad_target ||
      !says(diagnostic, kCallee, kDevice) || !says(diagnostic, kCaller, kHost))
    return;
  const SourceManager &sources = diagnostic.getSourceManager();
  const SourceLocation place = sources.getSpellingLoc(diagnostic.getLocation());
  const LangOptions language;
  Token token;
  if (Lexer::getRawToken(place, token, sources, language))
    return;
  std::string name = Lexer::getSpelling(token, sources, language);
  if (name == "operator")
    if (Optional<Token> next = Lexer::findNextToken(place, sources, language))
      name += Lexer::getSpelling(*next, sources, language);
  names.insert(name);
}
