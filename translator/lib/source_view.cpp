// See source_view.h. Lexes raw with Clang's own lexer, so that <<< is one token, as in CUDA.
#include "source_view.h"
#include "launch_brackets.h"
#include "linkage_strings.h"

#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

using namespace npu;
namespace tok = clang::tok;

SourceView::SourceView(std::string path, const FileFacts &fileFacts)
    : filePath(std::move(path)), facts(fileFacts) {
  lex();
  markBranches();
}

// Of a token that may be a joined bracket: up to its third mark.
static unsigned writtenLength(llvm::StringRef text, unsigned offset, const clang::Token &token) {
  if (token.isNot(tok::lesslessless) && token.isNot(tok::greatergreatergreater))
    return token.getLength();
  const char mark = token.is(tok::lesslessless) ? '<' : '>';
  size_t end = offset;
  for (int marks = 0; marks < 3; ++marks)
    end = text.find(mark, end) + 1;
  return static_cast<unsigned>(end - offset);
}

void SourceView::lex() {
  clang::LangOptions language;
  language.CPlusPlus = language.CPlusPlus11 = language.CPlusPlus14 = language.CPlusPlus17 = true;
  language.CUDA = language.LineComment = language.Bool = true;
  const std::string joined = joinLaunchBrackets(facts.contents);
  const std::string separated = separateLinkageStrings(joined.empty() ? facts.contents : joined);
  const std::string &text = !separated.empty() ? separated
                            : !joined.empty()  ? joined
                                               : facts.contents;
  clang::Lexer lexer(clang::SourceLocation::getFromRawEncoding(1), language, text.data(),
                     text.data(), text.data() + text.size());
  int directive = -1;
  clang::Token token;
  while (true) {
    lexer.LexFromRawLexer(token);
    if (token.is(tok::eof))
      break;
    unsigned offset = token.getLocation().getRawEncoding() - 1;
    if (token.isAtStartOfLine())
      directive = -1;
    if (token.isAtStartOfLine() && token.is(tok::hash)) {
      directive = static_cast<int>(allDirectives.size());
      SourceDirective opened;
      opened.offset = offset;
      opened.firstToken = allTokens.size();
      allDirectives.push_back(opened);
    }
    SourceToken made;
    made.offset = offset;
    made.length = writtenLength(facts.contents, offset, token);
    made.kind = token.getKind();
    made.text = llvm::StringRef(facts.contents).substr(offset, made.length);
    made.directive = directive;
    if (directive >= 0)
      allDirectives[directive].lastToken = allTokens.size();
    allTokens.push_back(made);
  }
  for (size_t i = 0; i < allDirectives.size(); ++i)
    markDirective(i);
}

void SourceView::markDirective(size_t index) {
  using Kind = SourceDirective::Kind;
  SourceDirective &directive = allDirectives[index];
  if (directive.lastToken == directive.firstToken)
    return; // a lone '#'
  directive.kind = llvm::StringSwitch<Kind>(allTokens[directive.firstToken + 1].text)
                       .Cases("if", "ifdef", "ifndef", Kind::If)
                       .Cases("elif", "elifdef", "elifndef", "else", Kind::Else)
                       .Case("endif", Kind::Endif)
                       .Cases("include", "include_next", "import", Kind::Include)
                       .Case("define", Kind::Define)
                       .Case("undef", Kind::Undef)
                       .Cases("error", "warning", "pragma", "line", "ident", Kind::Text)
                       .Default(Kind::Other);
}

// Clang reports the ranges that it skipped from the directive that began it to somewhere on the
// line of the directive that ended it, so a branch is skipped when its own directive is in between.
// A file that was never parsed as a whole (no entry) counts as taken.
bool SourceView::branchTaken(size_t directive) const {
  if (facts.skippedPerEntry.empty())
    return true;
  unsigned begin = allDirectives[directive].offset;
  unsigned next = directive + 1 < allDirectives.size() ? allDirectives[directive + 1].offset
                                                       : static_cast<unsigned>(contents().size());
  return std::any_of(facts.skippedPerEntry.begin(), facts.skippedPerEntry.end(),
                     [&](const FileFacts::Ranges &ranges) {
                       return std::none_of(ranges.begin(), ranges.end(), [&](const auto &range) {
                         return range.first <= begin && next <= range.second;
                       });
                     });
}

void SourceView::markBranches() {
  using Kind = SourceDirective::Kind;
  struct Conditional {
    bool aroundActive;
    int directive;
  };
  std::vector<Conditional> stack;
  bool active = true;
  size_t nextDirective = 0;
  for (size_t i = 0; i < allTokens.size(); ++i) {
    SourceToken &token = allTokens[i];
    if (token.directive < 0) {
      token.active = active;
      continue;
    }
    if (static_cast<size_t>(token.directive) == nextDirective) {
      SourceDirective &directive = allDirectives[nextDirective++];
      bool closes = directive.kind == Kind::Else || directive.kind == Kind::Endif;
      directive.active = closes && !stack.empty() ? stack.back().aroundActive : active;
      directive.depth = static_cast<unsigned>(stack.size());
      directive.outermostIf = stack.empty() ? -1 : stack.front().directive;
      if (directive.kind == Kind::If)
        stack.push_back({active, token.directive});
      if (directive.kind == Kind::If || (directive.kind == Kind::Else && !stack.empty()))
        active = stack.back().aroundActive && branchTaken(token.directive);
      if (directive.kind == Kind::Endif && !stack.empty()) {
        active = stack.back().aroundActive;
        stack.pop_back();
      }
    }
    token.active = allDirectives[token.directive].active;
  }
}

bool SourceView::isMacroParameter(size_t index) const {
  const SourceToken &token = allTokens[index];
  if (token.directive < 0)
    return false;
  const SourceDirective &directive = allDirectives[token.directive];
  size_t name = directive.firstToken + 2;
  if (directive.kind != SourceDirective::Kind::Define || name + 1 > directive.lastToken)
    return false;
  const SourceToken &open = allTokens[name + 1];
  if (open.kind != tok::l_paren || open.offset != allTokens[name].end())
    return false;
  for (size_t i = name + 2; i <= directive.lastToken && allTokens[i].kind != tok::r_paren; ++i)
    if (allTokens[i].text == token.text)
      return true;
  return false;
}

llvm::StringRef SourceView::lineEnding() const {
  size_t first = contents().find('\n');
  return first != llvm::StringRef::npos && first > 0 && contents()[first - 1] == '\r' ? "\r\n"
                                                                                      : "\n";
}

unsigned SourceView::lineBegin(unsigned offset) const {
  size_t before = contents().take_front(offset).rfind('\n');
  if (before != llvm::StringRef::npos)
    return static_cast<unsigned>(before + 1);
  // A byte order mark stays first.
  return contents().startswith("\xEF\xBB\xBF") ? 3 : 0;
}

unsigned SourceView::lineEnd(unsigned offset) const {
  size_t end = contents().find('\n', offset);
  return static_cast<unsigned>(end == llvm::StringRef::npos ? contents().size() : end + 1);
}

size_t npu::matchForward(const std::vector<SourceToken> &tokens, size_t open) {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    tok::TokenKind kind = tokens[i].kind;
    if (kind == tok::l_paren || kind == tok::l_square || kind == tok::l_brace)
      ++depth;
    if ((kind == tok::r_paren || kind == tok::r_square || kind == tok::r_brace) && --depth == 0)
      return i;
  }
  return kNoToken;
}

size_t npu::matchBackward(const std::vector<SourceToken> &tokens, size_t close) {
  int depth = 0;
  for (size_t i = close + 1; i-- > 0;) {
    tok::TokenKind kind = tokens[i].kind;
    if (kind == tok::r_paren || kind == tok::r_square || kind == tok::r_brace)
      ++depth;
    if ((kind == tok::l_paren || kind == tok::l_square || kind == tok::l_brace) && --depth == 0)
      return i;
  }
  return kNoToken;
}
