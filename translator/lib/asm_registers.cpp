// See asm_registers.h. Strings are found by tokens: asm, perhaps volatile, '(' and string literals;
// only with operands after them, that is a ':', does '%' mean anything.
#include "asm_registers.h"

#include "clang/Lex/Lexer.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace npu {

namespace {

struct Piece {
  clang::tok::TokenKind kind;
  StringRef spelling;
  size_t offset;
};

std::vector<Piece> tokensOf(StringRef source) {
  clang::LangOptions options;
  options.CPlusPlus = options.CPlusPlus11 = true;
  clang::Lexer lexer(clang::SourceLocation(), options, source.begin(), source.begin(),
                     source.end());
  std::vector<Piece> pieces;
  clang::Token token;
  do {
    lexer.LexFromRawLexer(token);
    size_t end = lexer.getBufferLocation() - source.begin();
    size_t offset = end - token.getLength();
    pieces.push_back({token.getKind(), source.substr(offset, token.getLength()), offset});
  } while (token.isNot(clang::tok::eof));
  return pieces;
}

bool isWord(const Piece &piece, std::initializer_list<StringRef> words) {
  return piece.kind == clang::tok::raw_identifier && is_contained(words, piece.spelling);
}

void markIn(std::string &text, size_t begin, size_t end) {
  for (size_t i = begin; i + 2 < end; ++i) {
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

class Files : public clang::PPCallbacks {
public:
  explicit Files(clang::CompilerInstance &compiler) : compiler(compiler) {}

  void InclusionDirective(clang::SourceLocation, const clang::Token &, StringRef, bool,
                          clang::CharSourceRange, Optional<clang::FileEntryRef> file, StringRef,
                          StringRef, const clang::Module *,
                          clang::SrcMgr::CharacteristicKind) override {
    if (!file || !seen.insert(&file->getFileEntry()).second)
      return;
    auto buffer = compiler.getFileManager().getBufferForFile(*file);
    if (!buffer)
      return;
    std::string marked = markRegisters((*buffer)->getBuffer());
    if (!marked.empty())
      compiler.getSourceManager().overrideFileContents(
          &file->getFileEntry(), MemoryBuffer::getMemBufferCopy(marked, file->getName()));
  }

private:
  clang::CompilerInstance &compiler;
  SmallPtrSet<const clang::FileEntry *, 32> seen;
};

} // namespace

std::string markRegisters(StringRef source) {
  if (!source.contains("asm") || !source.contains('%'))
    return "";
  std::string result = source.str();
  std::vector<Piece> pieces = tokensOf(source);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!isWord(pieces[i], {"asm", "__asm", "__asm__"}))
      continue;
    size_t at = i + 1;
    while (at < pieces.size() && isWord(pieces[at], {"volatile", "__volatile__", "__volatile"}))
      ++at;
    if (at >= pieces.size() || pieces[at].kind != clang::tok::l_paren)
      continue;
    size_t first = ++at;
    while (at < pieces.size() && (pieces[at].kind == clang::tok::string_literal ||
                                  pieces[at].kind == clang::tok::raw_identifier))
      ++at;
    bool hasOperands = at < pieces.size() && (pieces[at].kind == clang::tok::colon ||
                                              pieces[at].kind == clang::tok::coloncolon);
    for (; hasOperands && first < at; ++first)
      if (pieces[first].kind == clang::tok::string_literal)
        markIn(result, pieces[first].offset, pieces[first].offset + pieces[first].spelling.size());
  }
  return source == result ? "" : result;
}

void acceptRegisterNames(clang::CompilerInstance &compiler) {
  clang::SourceManager &sources = compiler.getSourceManager();
  Optional<MemoryBufferRef> buffer = sources.getBufferOrNone(sources.getMainFileID());
  const clang::FileEntry *file = sources.getFileEntryForID(sources.getMainFileID());
  if (buffer && file) {
    std::string marked = markRegisters(buffer->getBuffer());
    if (!marked.empty()) // the same size: places that are given out stay valid
      sources.overrideFileContents(
          file, MemoryBuffer::getMemBufferCopy(marked, buffer->getBufferIdentifier()));
  }
  compiler.getPreprocessor().addPPCallbacks(std::make_unique<Files>(compiler));
}

} // namespace npu
