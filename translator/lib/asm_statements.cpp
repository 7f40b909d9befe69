// See asm_statements.h. Statements are found by tokens: asm, perhaps volatile, '(' and string
// literals; only with operands after them, that is a ':', does '%' mean anything.
#include "asm_statements.h"
#include "raw_tokens.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace npu {

namespace {

using Tokens = std::vector<RawToken>;

bool isWord(const RawToken &token, std::initializer_list<StringRef> words) {
  return token.kind == clang::tok::raw_identifier && is_contained(words, token.spelling);
}

void markRegisters(std::string &text, const RawToken &string) {
  const size_t end = string.offset + string.spelling.size();
  for (size_t i = string.offset; i + 2 < end; ++i) {
    if (text[i] != '%')
      continue;
    char next = text[i + 1], after = text[i + 2];
    if (next == '%')
      ++i;
    // A letter before an operand's number or name is a modifier.
    else if ((isAlpha(next) || next == '_') && !isDigit(after) && after != '[')
      text[i] = kRegisterMark;
  }
}

// Between an operand's ')' and the next one's constraint, which may begin with a name in brackets.
void separate(std::string &text, const RawToken &before, const RawToken &after) {
  const size_t first = before.offset + 1, last = after.offset - 1;
  if (first > last)
    return;
  for (size_t place : {first, last})
    if (text[place] == ' ' || text[place] == '\t') {
      text[place] = ',';
      return;
    }
}

// From the first ':' of a statement to its ')'.
void separateOperands(std::string &text, const Tokens &tokens, size_t first) {
  int depth = 0;
  for (size_t i = first; i < tokens.size() && depth >= 0; ++i) {
    if (tokens[i].kind == clang::tok::l_paren)
      ++depth;
    if (tokens[i].kind != clang::tok::r_paren || --depth != 0 || i + 1 >= tokens.size())
      continue;
    if (tokens[i + 1].kind == clang::tok::string_literal ||
        tokens[i + 1].kind == clang::tok::l_square)
      separate(text, tokens[i], tokens[i + 1]);
  }
}

} // namespace

std::string acceptedAsm(StringRef source) {
  if (!source.contains("asm"))
    return "";
  std::string result = source.str();
  const Tokens tokens = rawTokensOf(source);
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!isWord(tokens[i], {"asm", "__asm", "__asm__"}))
      continue;
    size_t at = i + 1;
    while (at < tokens.size() && isWord(tokens[at], {"volatile", "__volatile__", "__volatile"}))
      ++at;
    if (at >= tokens.size() || tokens[at].kind != clang::tok::l_paren)
      continue;
    const size_t first = ++at;
    while (at < tokens.size() && (tokens[at].kind == clang::tok::string_literal ||
                                  tokens[at].kind == clang::tok::raw_identifier))
      ++at;
    if (at >= tokens.size() ||
        (tokens[at].kind != clang::tok::colon && tokens[at].kind != clang::tok::coloncolon))
      continue;
    for (size_t j = first; j < at; ++j)
      if (tokens[j].kind == clang::tok::string_literal)
        markRegisters(result, tokens[j]);
    separateOperands(result, tokens, at);
  }
  return source == result ? "" : result;
}

} // namespace npu
