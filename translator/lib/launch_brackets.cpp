// See launch_brackets.h. Three '<' in a row mean nothing else in C++, but for `operator<< <T>`;
// three '>' do, so a closing bracket is one only behind an opening one, outside of all parentheses,
// and before '('.
#include "launch_brackets.h"
#include "raw_tokens.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace npu {

namespace {

using Tokens = std::vector<RawToken>;

// How many tokens from `first` on are three `mark`s, with nothing but blanks of one line between
// them; 0: none.
size_t bracketAt(const Tokens &tokens, size_t first, char mark, StringRef source) {
  size_t marks = 0, i = first;
  for (; marks < 3 && i < tokens.size(); ++i) {
    if (tokens[i].spelling.empty() || tokens[i].spelling.find_first_not_of(mark) != StringRef::npos)
      return 0;
    if (i > first) {
      size_t end = tokens[i - 1].offset + tokens[i - 1].spelling.size();
      if (source.slice(end, tokens[i].offset).find_first_not_of(" \t") != StringRef::npos)
        return 0;
    }
    marks += tokens[i].spelling.size();
  }
  return marks == 3 ? i - first : 0;
}

void join(std::string &text, const Tokens &tokens, size_t first, size_t count, char mark) {
  size_t begin = tokens[first].offset;
  size_t end = tokens[first + count - 1].offset + tokens[first + count - 1].spelling.size();
  text.replace(begin, end - begin, std::string(3, mark) + std::string(end - begin - 3, ' '));
}

// The closing bracket of a launch whose configuration begins at `first`: its first token, or the
// number of tokens.
size_t closingBracket(const Tokens &tokens, size_t first, StringRef source) {
  int depth = 0;
  for (size_t i = first; i < tokens.size(); ++i) {
    switch (tokens[i].kind) {
    case clang::tok::l_paren:
    case clang::tok::l_square:
    case clang::tok::l_brace:
      ++depth;
      break;
    case clang::tok::r_paren:
    case clang::tok::r_square:
    case clang::tok::r_brace:
      if (--depth < 0)
        return tokens.size();
      break;
    case clang::tok::semi:
      if (depth == 0)
        return tokens.size();
      break;
    default:
      if (size_t count = depth ? 0 : bracketAt(tokens, i, '>', source))
        if (i + count < tokens.size() && tokens[i + count].kind == clang::tok::l_paren)
          return i;
    }
  }
  return tokens.size();
}

} // namespace

std::string joinLaunchBrackets(StringRef source) {
  if (!source.contains("<<") && !source.contains("< <"))
    return "";
  const Tokens tokens = rawTokensOf(source);
  std::string result = source.str();
  for (size_t i = 0; i < tokens.size(); ++i) {
    const size_t opening = bracketAt(tokens, i, '<', source);
    if (!opening || (i > 0 && tokens[i - 1].spelling == "operator"))
      continue;
    if (opening > 1)
      join(result, tokens, i, opening, '<');
    i += opening - 1;
    size_t close = closingBracket(tokens, i + 1, source);
    if (size_t closing = bracketAt(tokens, close, '>', source); closing > 1)
      join(result, tokens, close, closing, '>');
  }
  return source == result ? "" : result;
}

} // namespace npu
