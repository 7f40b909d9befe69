// See raw_tokens.h.
#include "raw_tokens.h"

#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"

namespace npu {

std::vector<RawToken> rawTokensOf(llvm::StringRef source) {
  clang::LangOptions options;
  options.CPlusPlus = options.CPlusPlus11 = options.CUDA = true;
  clang::Lexer lexer(clang::SourceLocation(), options, source.begin(), source.begin(),
                     source.end());
  std::vector<RawToken> tokens;
  clang::Token token;
  do {
    lexer.LexFromRawLexer(token);
    size_t end = lexer.getBufferLocation() - source.begin();
    size_t offset = end - token.getLength();
    tokens.push_back({token.getKind(), source.substr(offset, token.getLength()), offset});
  } while (token.isNot(clang::tok::eof));
  return tokens;
}

} // namespace npu
