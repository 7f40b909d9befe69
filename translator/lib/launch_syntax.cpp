// See launch_syntax.h.
#include "launch_syntax.h"

#include <set>

using namespace npu;
namespace tok = clang::tok;

namespace {

using Tokens = std::vector<SourceToken>;

bool isKeyword(const SourceToken &token) {
  static const std::set<llvm::StringRef> kWords = {"return", "else", "do",     "case", "if",
                                                   "while",  "for",  "switch", "throw"};
  return kWords.count(token.text);
}

bool isQualifierEnd(const SourceToken &token) {
  return token.kind == tok::greater || (token.kind == tok::raw_identifier && !isKeyword(token));
}

size_t matchAngles(const Tokens &tokens, size_t close) {
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    switch (tokens[i].kind) {
    case tok::greatergreater:
      depth += 2;
      break;
    case tok::greater:
      ++depth;
      break;
    case tok::less:
      if (--depth == 0)
        return i;
      break;
    case tok::r_paren:
    case tok::r_square:
      i = matchBackward(tokens, i);
      if (i == kNoToken)
        return kNoToken;
      break;
    case tok::semi:
    case tok::l_brace:
    case tok::r_brace:
      return kNoToken;
    default:
      break;
    }
  }
  return kNoToken;
}

// The first token of the primary expression that ends at `last`, template arguments, subscripts
// and calls included.
size_t skipSuffixes(const Tokens &tokens, size_t last) {
  size_t i = last;
  while (true) {
    switch (tokens[i].kind) {
    case tok::raw_identifier:
      return isKeyword(tokens[i]) ? kNoToken : i;
    case tok::greater:
    case tok::greatergreater:
      i = matchAngles(tokens, i);
      break;
    case tok::r_square:
      i = matchBackward(tokens, i);
      break;
    case tok::r_paren: {
      size_t open = matchBackward(tokens, i);
      if (open == kNoToken || open == 0)
        return open;
      const SourceToken &before = tokens[open - 1];
      bool isCall = (before.kind == tok::raw_identifier && !isKeyword(before)) ||
                    before.kind == tok::r_paren || before.kind == tok::r_square;
      if (!isCall)
        return open;
      i = open;
      break;
    }
    default:
      return kNoToken;
    }
    if (i == kNoToken || i == 0)
      return kNoToken;
    --i;
  }
}

// Backwards over a postfix expression: a::b<T>, object.kernel, kernels[i], (*kernel), choose(x).
void findCallee(const Tokens &tokens, LaunchSyntax &launch) {
  size_t i = launch.open;
  while (i > 0) {
    size_t part = skipSuffixes(tokens, i - 1);
    if (part == kNoToken)
      return;
    if (tokens[part].kind == tok::raw_identifier && launch.calleeName == kNoToken)
      launch.calleeName = part;
    launch.calleeBegin = part;
    i = part;
    if (i == 0)
      return;
    tok::TokenKind before = tokens[i - 1].kind;
    if (before == tok::coloncolon && (i < 2 || !isQualifierEnd(tokens[i - 2]))) {
      launch.calleeBegin = i - 1;
      return;
    }
    if (before != tok::coloncolon && before != tok::period && before != tok::arrow)
      return;
    --i;
  }
}

} // namespace

bool npu::findLaunch(const std::vector<SourceToken> &tokens, size_t open, LaunchSyntax &launch) {
  launch = {};
  launch.open = open;
  int directive = tokens[launch.open].directive;
  findCallee(tokens, launch);
  if (launch.calleeBegin == kNoToken || tokens[launch.calleeBegin].directive != directive)
    return false;
  int depth = 0;
  for (size_t i = launch.open + 1; i < tokens.size() && tokens[i].directive == directive; ++i) {
    tok::TokenKind kind = tokens[i].kind;
    if (kind == tok::l_paren || kind == tok::l_square || kind == tok::l_brace)
      ++depth;
    else if (kind == tok::r_paren || kind == tok::r_square || kind == tok::r_brace)
      --depth;
    else if (kind == tok::comma && depth == 0)
      launch.commas.push_back(i);
    else if (kind == tok::greatergreatergreater && depth == 0) {
      launch.close = i;
      break;
    }
  }
  if (launch.close == kNoToken || launch.close + 1 >= tokens.size())
    return false;
  launch.argumentsOpen = launch.close + 1;
  if (tokens[launch.argumentsOpen].kind != tok::l_paren)
    return false;
  launch.argumentsClose = matchForward(tokens, launch.argumentsOpen);
  return launch.argumentsClose != kNoToken && tokens[launch.argumentsClose].directive == directive;
}
