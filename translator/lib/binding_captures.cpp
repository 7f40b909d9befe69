// See binding_captures.h. A binding that comes from further out than the lambda's surroundings gets
// there by the lambda around it, at the next attempt.
#include "binding_captures.h"
#include "source_view.h"

#include "clang/AST/Decl.h"
#include "clang/Basic/DiagnosticSema.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

using Tokens = std::vector<SourceToken>;

struct Lambda {
  size_t open = kNoToken, close = kNoToken; // the brackets of its captures
  size_t brace = kNoToken;                  // where its body begins
};

// What begins with a capture-default: no subscript and no attribute.
bool hasDefault(const Tokens &tokens, size_t open, bool &byReference) {
  const tok::TokenKind after = tokens[open + 2].kind;
  byReference =
      tokens[open + 1].kind == tok::amp && (after == tok::comma || after == tok::r_square);
  return byReference || tokens[open + 1].kind == tok::equal;
}

// The one whose body begins at `brace`; none: what begins there is another block.
Lambda lambdaWithBody(const Tokens &tokens, size_t brace) {
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
      const bool attribute = tokens[open + 1].kind == tok::l_square;
      bool byReference;
      if (hasDefault(tokens, open, byReference) ||
          (!attribute && (!follows || tokens[open - 1].text == "return")))
        return {open, at, brace};
      at = open;
      continue;
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

// The innermost one whose body holds `token`. Within a macro's definition it is of the macro, too.
Lambda lambdaAround(const Tokens &tokens, size_t token) {
  int depth = 0;
  for (size_t at = token; at-- > 0 && tokens[at].directive == tokens[token].directive;) {
    if (tokens[at].kind == tok::r_brace)
      ++depth;
    else if (tokens[at].kind == tok::l_brace && --depth < 0) {
      if (const Lambda found = lambdaWithBody(tokens, at); found.open != kNoToken)
        return found;
      depth = 0;
    }
  }
  return {};
}

// The one that has `token` among its captures.
Lambda lambdaCapturing(const Tokens &tokens, size_t token) {
  size_t open = token;
  while (open > 0 && tokens[open].kind != tok::l_square)
    --open;
  const size_t close = matchForward(tokens, open);
  if (close == kNoToken || close < token)
    return {};
  for (size_t at = close + 1; at < tokens.size(); ++at) {
    if (tokens[at].kind == tok::l_brace)
      return {open, close, at};
    if (tokens[at].kind == tok::l_paren && (at = matchForward(tokens, at)) == kNoToken)
      return {};
  }
  return {};
}

// Where `auto [n, v]` stands, or `auto &`, with the name of the capture at `token`; kNoToken:
// nowhere before it, unless in a block that is closed.
size_t bindingFor(const Tokens &tokens, size_t token) {
  int depth = 0;
  for (size_t at = token; at-- > 0;) {
    if (tokens[at].kind == tok::r_brace)
      ++depth;
    if (tokens[at].kind == tok::l_brace && depth > 0)
      --depth;
    if (depth > 0 || tokens[at].text != "auto")
      continue;
    size_t each = at + 1;
    while (tokens[each].kind == tok::amp || tokens[each].kind == tok::ampamp)
      ++each;
    if (tokens[each].kind != tok::l_square)
      continue;
    while (each < token && tokens[each].kind != tok::r_square)
      if (tokens[++each].text == tokens[token].text)
        return each;
  }
  return kNoToken;
}

bool isUse(const clang::Diagnostic &error) {
  constexpr int kBinding = 1;
  return error.getID() == clang::diag::err_reference_to_local_in_enclosing_context &&
         error.getArgSInt(1) == kBinding;
}

const clang::NamedDecl *bindingOf(const clang::Diagnostic &error) {
  return error.getArgKind(0) == clang::DiagnosticsEngine::ak_nameddecl
             ? reinterpret_cast<const clang::NamedDecl *>(error.getRawArg(0))
             : nullptr;
}

std::string nameOf(const clang::Diagnostic &error) {
  if (const clang::NamedDecl *binding = bindingOf(error))
    return binding->getNameAsString();
  return error.getArgKind(0) == clang::DiagnosticsEngine::ak_identifierinfo
             ? error.getArgIdentifier(0)->getName().str()
             : "";
}

// Changes one file for one captured binding.
class Capturing {
public:
  Capturing(clang::FileID file, const clang::SourceManager &sources, const std::string &name,
            bool inMacro, RewrittenSources &rewritten)
      : file(file), sources(sources), name(name), inMacro(inMacro), rewritten(rewritten) {
    facts.contents = sources.getBufferData(file).str();
    view.emplace("", facts);
  }

  // [n] and [&n].
  bool nameWritten(unsigned offset) {
    const size_t token = tokenAt(offset);
    if (token == kNoToken || tokens()[token].text != name)
      return false;
    const Lambda lambda = lambdaCapturing(tokens(), token);
    const size_t binding = bindingFor(tokens(), token);
    if (lambda.open == kNoToken || binding == kNoToken)
      return false;
    declared = tokens()[binding].offset;
    const bool byReference = tokens()[token - 1].kind == tok::amp;
    rewritten.replace(file, sources, offset, name.size(), initialized(byReference));
    captureType(lambda);
    keepTogether(lambda);
    return true;
  }

  // [&] and [=], where the binding, or a macro with it, stands at `offset`. It is declared at
  // `place`.
  bool nameUsed(unsigned offset, clang::SourceLocation place) {
    const auto [otherFile, placeOffset] = sources.getDecomposedSpellingLoc(place);
    declared = otherFile == file ? placeOffset : 0;
    const size_t token = tokenAt(offset);
    if (token == kNoToken)
      return false;
    const Lambda lambda = lambdaAround(tokens(), token);
    bool byReference;
    if (lambda.open == kNoToken || !hasDefault(tokens(), lambda.open, byReference) ||
        captures(lambda, name))
      return false;
    rewritten.add(file, sources, tokens()[lambda.close].offset,
                  (byReference ? ", &" : ", ") + initialized(byReference));
    captureType(lambda);
    keepTogether(lambda);
    return true;
  }

private:
  const Tokens &tokens() const { return view->tokens(); }

  size_t tokenAt(unsigned offset) const {
    for (size_t at = 0; at < tokens().size(); ++at)
      if (tokens()[at].offset == offset)
        return at;
    return kNoToken;
  }

  std::string initialized(bool byReference) const {
    return name + " = " + (byReference ? name : "::npu::captured::copy(" + name + ")");
  }

  // It has been given the binding, and something else is wrong.
  bool captures(const Lambda &lambda, const std::string &name) const {
    for (size_t at = lambda.open + 1; at < lambda.close; ++at) {
      const tok::TokenKind before = tokens()[at - (tokens()[at - 1].kind == tok::amp ? 2 : 1)].kind;
      if (tokens()[at].text == name && (before == tok::comma || before == tok::l_square))
        return true;
      const tok::TokenKind kind = tokens()[at].kind;
      if ((kind == tok::l_paren || kind == tok::l_brace || kind == tok::l_square) &&
          (at = matchForward(tokens(), at)) == kNoToken)
        return false;
    }
    return false;
  }

  // For each decltype(n) in the lambda, as captured_bindings.h says. The outermost lambda captures
  // the type: within it decltype(n) may be that of its own capture.
  void captureType(Lambda lambda) {
    for (Lambda outer = lambda; outer.open != kNoToken && tokens()[outer.open].offset > declared;
         outer = lambdaAround(tokens(), outer.open))
      lambda = outer;
    const size_t end = matchForward(tokens(), lambda.brace);
    const std::string capture = "npu_type_" + name;
    bool any = false;
    for (size_t at = lambda.brace + 1; end != kNoToken && at + 3 < end; ++at) {
      const SourceToken &first = tokens()[at], &last = tokens()[at + 3];
      const bool asks = first.text == "decltype" && tokens()[at + 1].kind == tok::l_paren &&
                        tokens()[at + 2].text == name && last.kind == tok::r_paren;
      if (!asks)
        continue;
      any = true;
      if (tokens()[at - 2].text != "Named") // since an earlier attempt
        rewritten.replace(file, sources, first.offset, last.end() - first.offset,
                          "::npu::captured::Named<decltype(" + name + "), decltype(" + capture +
                              ")>");
    }
    if (any && !captures(lambda, capture))
      rewritten.add(file, sources, tokens()[lambda.close].offset,
                    ", " + capture + " = ::npu::captured::Type<decltype(" + name + ")>()");
  }

  // In a macro's argument, which a comma between brackets would end.
  void keepTogether(const Lambda &lambda) {
    const size_t end = matchForward(tokens(), lambda.brace);
    if (!inMacro || end == kNoToken)
      return;
    rewritten.replace(file, sources, tokens()[lambda.open].offset, 0, "(");
    rewritten.replace(file, sources, tokens()[end].end(), 0, ")");
  }

  clang::FileID file;
  const clang::SourceManager &sources;
  const std::string &name;
  const bool inMacro;
  unsigned declared = 0; // where the binding is, if in this file
  RewrittenSources &rewritten;
  FileFacts facts;
  llvm::Optional<SourceView> view;
};

} // namespace

bool npu::isCapturedBinding(const clang::Diagnostic &error) {
  return isUse(error) || error.getID() == clang::diag::err_capture_does_not_name_variable;
}

bool npu::nameCapturedBinding(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  if (!isCapturedBinding(error) || !error.hasSourceManager())
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  const std::string name = nameOf(error);
  // Where it is written, and from there outwards where the macros are used that it comes from.
  std::vector<clang::SourceLocation> places = {error.getLocation()};
  for (size_t i = 0; i < places.size() && !name.empty(); ++i) {
    const clang::SourceLocation place = places[i];
    const auto [file, offset] = sources.getDecomposedSpellingLoc(place);
    if (RewrittenSources::isFile(file, sources)) {
      Capturing capturing(file, sources, name, error.getLocation().isMacroID(), rewritten);
      const clang::NamedDecl *binding = bindingOf(error);
      if (binding ? capturing.nameUsed(offset, binding->getLocation())
                  : capturing.nameWritten(offset))
        return true;
    }
    if (!place.isMacroID())
      continue;
    places.push_back(sources.getImmediateMacroCallerLoc(place));
    if (sources.isMacroArgExpansion(place))
      places.push_back(sources.getImmediateExpansionRange(place).getBegin());
  }
  return false;
}
