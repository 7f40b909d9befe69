// See variable_arrays.h. What is called is in runtime/include/npu/variable_arrays.h.
#include "variable_arrays.h"
#include "source_view.h"

#include "clang/Basic/DiagnosticSema.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

using Tokens = std::vector<SourceToken>;

struct Declarator {
  size_t name = kNoToken;
  unsigned dimensions = 0;
  size_t afterSizes = kNoToken; // the = or the {
  size_t last = kNoToken;       // of the initializer
};

// Clang names the outermost size, or with a string the variable.
bool findDeclarator(const Tokens &tokens, unsigned offset, Declarator &found) {
  size_t at = 0;
  while (at < tokens.size() && tokens[at].offset < offset)
    ++at;
  if (at == tokens.size() || at < 2)
    return false;
  if (tokens[at].offset != offset || tokens[at].kind == tok::equal)
    return false;
  found.name = tokens[at - 1].kind == tok::l_square ? at - 2 : at;
  if (tokens[found.name].kind != tok::raw_identifier)
    return false;
  size_t next = found.name + 1;
  while (next < tokens.size() && tokens[next].kind == tok::l_square) {
    size_t close = matchForward(tokens, next);
    if (close == kNoToken)
      return false;
    ++found.dimensions;
    next = close + 1;
  }
  found.afterSizes = next;
  if (found.dimensions == 0 || next + 1 >= tokens.size())
    return false;
  size_t value = tokens[next].kind == tok::equal ? next + 1 : next;
  if (tokens[value].kind == tok::l_brace) {
    found.last = matchForward(tokens, value);
    return found.last != kNoToken;
  }
  if (value == next)
    return false;
  for (found.last = next;
       found.last + 1 < tokens.size() && tok::isStringLiteral(tokens[found.last + 1].kind);)
    ++found.last;
  return found.last != next;
}

// `const` of the elements: such an array cannot be filled. Of what elements point to, it may stay.
size_t constOfElements(const Tokens &tokens, size_t name) {
  for (size_t at = name; at-- > 0;)
    switch (tokens[at].kind) {
    case tok::star:
    case tok::greater:
    case tok::comma: // of template arguments or of earlier declarators
    case tok::semi:
    case tok::l_brace:
    case tok::r_brace:
    case tok::l_paren:
    case tok::r_paren:
      return kNoToken;
    case tok::raw_identifier:
      if (tokens[at].text == "const")
        return at;
      break;
    default:
      break;
    }
  return kNoToken;
}

std::string sizesOf(const std::string &name, unsigned dimensions, std::string &element) {
  std::vector<std::string> selected = {name};
  for (unsigned i = 0; i < dimensions; ++i)
    selected.push_back(selected.back() + "[0]");
  element = selected.back();
  std::string sizes;
  for (const std::string &part : selected)
    sizes += (sizes.empty() ? "sizeof(" : ", sizeof(") + part + ") / sizeof(" + element + ")";
  return sizes;
}

// Calls change(file, view, array) for the array that the error is about. False: there is none.
template <class Change> bool changeArray(const clang::Diagnostic &error, Change change) {
  if (error.getID() != clang::diag::err_variable_object_no_init || !error.hasSourceManager())
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  const auto [file, offset] = sources.getDecomposedExpansionLoc(error.getLocation());
  if (!RewrittenSources::isFile(file, sources))
    return false;
  FileFacts facts;
  facts.contents = sources.getBufferData(file).str();
  const SourceView view("", facts);
  Declarator array;
  if (!findDeclarator(view.tokens(), offset, array))
    return false;
  change(file, view, array);
  return true;
}

void hideConst(clang::FileID file, const clang::SourceManager &sources, const Tokens &tokens,
               const Declarator &array, RewrittenSources &rewritten) {
  if (size_t word = constOfElements(tokens, array.name); word != kNoToken)
    rewritten.replace(file, sources, tokens[word].offset, tokens[word].length,
                      std::string(tokens[word].length, ' '));
}

} // namespace

bool npu::callToInitialize(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  return changeArray(error, [&](clang::FileID file, const SourceView &view,
                                const Declarator &array) {
    const clang::SourceManager &sources = error.getSourceManager();
    const Tokens &tokens = view.tokens();
    std::string element, sizes = sizesOf(tokens[array.name].text.str(), array.dimensions, element);
    const SourceToken &begin = tokens[array.afterSizes], &end = tokens[array.last];
    rewritten.replace(file, sources, begin.offset, begin.kind == tok::equal ? begin.length : 0,
                      ", (*npu_filled_" + std::to_string(begin.offset) +
                          ")[::npu::variable_array::initialize(::npu::variable_array::Dimensions<" +
                          std::to_string(array.dimensions) + ">(), __builtin_addressof(" + element +
                          "), {" + sizes + "}, ");
    rewritten.replace(file, sources, end.end(), 0, ")] __attribute__((unused))");
    hideConst(file, sources, tokens, array, rewritten);
  });
}

bool npu::hideInitializer(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  return changeArray(
      error, [&](clang::FileID file, const SourceView &view, const Declarator &array) {
        const clang::SourceManager &sources = error.getSourceManager();
        const Tokens &tokens = view.tokens();
        const unsigned begin = tokens[array.afterSizes].offset;
        std::string hidden = view.contents().slice(begin, tokens[array.last].end()).str();
        for (char &each : hidden)
          if (each != '\n' && each != '\r')
            each = ' ';
        rewritten.replace(file, sources, begin, hidden.size(), hidden);
        hideConst(file, sources, tokens, array, rewritten);
      });
}
