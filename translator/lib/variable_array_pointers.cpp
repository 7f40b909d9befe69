// See variable_array_pointers.h.
#include "variable_array_pointers.h"
#include "source_view.h"

#include "clang/AST/Type.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Lex/Lexer.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

struct Conversion {
  clang::FileID file;
  unsigned begin, end; // of the value
  std::string target;  // an expression of the type that is wanted
};

bool pointsToVariableArray(const clang::Diagnostic &error, unsigned argument) {
  if (error.getArgKind(argument) != clang::DiagnosticsEngine::ak_qualtype)
    return false;
  auto type =
      clang::QualType::getFromOpaquePtr(reinterpret_cast<void *>(error.getRawArg(argument)));
  return type->isPointerType() && type->getPointeeType()->isVariableArrayType();
}

// What stands before the = of an assignment that is a statement.
std::string assigned(const SourceView &view, unsigned value) {
  const auto &tokens = view.tokens();
  size_t equal = 0;
  while (equal < tokens.size() && tokens[equal].offset < value)
    ++equal;
  if (equal-- == 0 || tokens[equal].kind != tok::equal)
    return "";
  size_t first = equal;
  while (first > 0 && tokens[first - 1].kind != tok::semi &&
         tokens[first - 1].kind != tok::l_brace && tokens[first - 1].kind != tok::r_brace &&
         tokens[first - 1].kind != tok::r_paren)
    --first;
  if (first == equal || tokens[first].kind != tok::raw_identifier)
    return "";
  return view.contents().slice(tokens[first].offset, tokens[equal - 1].end()).str();
}

bool understand(const clang::Diagnostic &error, Conversion &found) {
  const bool initializes = error.getID() == clang::diag::err_init_conversion_failed;
  if (!initializes && error.getID() != clang::diag::err_typecheck_convert_incompatible_pointer)
    return false;
  if (!error.hasSourceManager() || error.getRanges().empty() ||
      !pointsToVariableArray(error, initializes ? 1 : 0) ||
      !pointsToVariableArray(error, initializes ? 3 : 1))
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  const clang::CharSourceRange value =
      clang::Lexer::getAsCharRange(error.getRanges().front(), sources, clang::LangOptions());
  if (error.getLocation().isMacroID() || value.isInvalid() || value.getBegin().isMacroID() ||
      value.getEnd().isMacroID())
    return false;
  std::tie(found.file, found.begin) = sources.getDecomposedLoc(value.getBegin());
  found.end = sources.getFileOffset(value.getEnd());
  if (!RewrittenSources::isFile(found.file, sources))
    return false;
  FileFacts facts;
  facts.contents = sources.getBufferData(found.file).str();
  const SourceView view("", facts);
  if (!initializes) {
    found.target = assigned(view, found.begin);
    return !found.target.empty();
  }
  const unsigned name = sources.getFileOffset(error.getLocation());
  for (const SourceToken &token : view.tokens())
    if (token.offset == name && token.kind == tok::raw_identifier)
      found.target = token.text.str();
  return !found.target.empty();
}

} // namespace

bool npu::castVariableArrayPointer(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  Conversion found;
  if (!understand(error, found))
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  rewritten.replace(found.file, sources, found.begin, 0, "(decltype(" + found.target + "))(");
  rewritten.replace(found.file, sources, found.end, 0, ")");
  return true;
}

bool npu::hideVariableArrayPointer(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  Conversion found;
  if (!understand(error, found))
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  std::string hidden = sources.getBufferData(found.file).slice(found.begin, found.end).str();
  for (char &each : hidden)
    if (each != '\n' && each != '\r')
      each = ' ';
  hidden[0] = '0';
  rewritten.replace(found.file, sources, found.begin, hidden.size(), hidden);
  return true;
}
