// See binding_captures.h. A binding that comes from further out than the lambda's surroundings gets
// there by the lambda around it, at the next attempt.
#include "binding_captures.h"
#include "source_view.h"

#include "clang/Basic/DiagnosticSema.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

using Tokens = std::vector<SourceToken>;

// The brackets of a lambda's captures.
struct Captures {
  size_t open = kNoToken, close = kNoToken;
};

// Of the lambda whose body begins at `brace`; kNoToken: what begins there is another block.
Captures capturesOf(const Tokens &tokens, size_t brace) {
  // Between the captures and the body: template parameters, parameters, specifiers, a result's
  // type.
  for (size_t at = brace; at-- > 0;) {
    switch (tokens[at].kind) {
    case tok::r_paren:
      if ((at = matchBackward(tokens, at)) == kNoToken)
        return {};
      continue;
    case tok::r_square: {
      const size_t open = matchBackward(tokens, at);
      if (open == kNoToken)
        return {};
      const bool follows = open > 0 && (tokens[open - 1].kind == tok::raw_identifier ||
                                        tokens[open - 1].kind == tok::r_square ||
                                        tokens[open - 1].kind == tok::r_paren);
      const bool attribute = open + 1 < at && tokens[open + 1].kind == tok::l_square;
      if (attribute || (follows && tokens[open - 1].text != "return"))
        continue;
      return {open, at};
    }
    case tok::semi:
    case tok::l_brace:
    case tok::r_brace:
    case tok::l_paren:
    case tok::equal:
      return {};
    default:
      continue;
    }
  }
  return {};
}

// Of the innermost lambda whose body holds `token`.
Captures capturesAround(const Tokens &tokens, size_t token) {
  int depth = 0;
  for (size_t at = token; at-- > 0;) {
    if (tokens[at].kind == tok::r_brace)
      ++depth;
    else if (tokens[at].kind == tok::l_brace && --depth < 0) {
      if (const Captures found = capturesOf(tokens, at); found.open != kNoToken)
        return found;
      depth = 0;
    }
  }
  return {};
}

bool isUse(const clang::Diagnostic &error) {
  constexpr int kBinding = 1;
  return error.getID() == clang::diag::err_reference_to_local_in_enclosing_context &&
         error.getArgSInt(1) == kBinding;
}

} // namespace

bool npu::isCapturedBinding(const clang::Diagnostic &error) {
  return isUse(error) || error.getID() == clang::diag::err_capture_does_not_name_variable;
}

bool npu::nameCapturedBinding(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  if (!isCapturedBinding(error) || !error.hasSourceManager())
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  const auto [file, offset] = sources.getDecomposedLoc(sources.getFileLoc(error.getLocation()));
  if (!RewrittenSources::isFile(file, sources))
    return false;
  FileFacts facts;
  facts.contents = sources.getBufferData(file).str();
  const SourceView view("", facts);
  const Tokens &tokens = view.tokens();
  size_t token = 0;
  while (token < tokens.size() && tokens[token].offset < offset)
    ++token;
  if (token == tokens.size() || tokens[token].kind != tok::raw_identifier)
    return false;
  const std::string name = tokens[token].text.str(), named = name + " = " + name;
  if (!isUse(error)) { // [n] and [&n]
    rewritten.replace(file, sources, offset, name.size(), named);
    return true;
  }
  const Captures captures = capturesAround(tokens, token);
  if (captures.open == kNoToken || captures.open + 1 == captures.close)
    return false;
  const SourceToken &standard = tokens[captures.open + 1];
  const bool byReference =
      standard.kind == tok::amp && tokens[captures.open + 2].kind != tok::raw_identifier;
  if (!byReference && standard.kind != tok::equal)
    return false;
  rewritten.add(file, sources, tokens[captures.close].offset, (byReference ? ", &" : ", ") + named);
  return true;
}
