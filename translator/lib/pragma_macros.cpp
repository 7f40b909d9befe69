// See pragma_macros.h.
#include "pragma_macros.h"

#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/PPCallbacks.h"

using namespace clang;

namespace npu {

namespace {

constexpr llvm::StringLiteral kOperator = "_Pragma";

bool isPragma(const MacroInfo &macro) {
  return macro.isObjectLike() && macro.getNumTokens() >= 2 &&
         macro.getReplacementToken(0).is(tok::hash) &&
         macro.getReplacementToken(1).getIdentifierInfo() &&
         macro.getReplacementToken(1).getIdentifierInfo()->isStr("pragma");
}

class Definitions : public PPCallbacks {
public:
  explicit Definitions(Preprocessor &preprocessor) : preprocessor(preprocessor) {}

  void MacroDefined(const Token &name, const MacroDirective *directive) override {
    const MacroInfo &macro = *directive->getMacroInfo();
    if (!isPragma(macro))
      return;
    MacroInfo *accepted = preprocessor.AllocateMacroInfo(macro.getDefinitionLoc());
    accepted->setDefinitionEndLoc(macro.getDefinitionEndLoc());
    accepted->setTokens(operatorFor(macro), preprocessor.getPreprocessorAllocator());
    // The next definition has the # again, which is no change.
    accepted->setIsAllowRedefinitionsWithoutWarning(true);
    preprocessor.appendDefMacroDirective(name.getIdentifierInfo(), accepted);
  }

private:
  // Written out, as a macro's tokens are read where they lie, one behind the other.
  std::vector<Token> operatorFor(const MacroInfo &macro) const {
    const std::string text = '"' + Lexer::Stringify(directive(macro)) + '"';
    Token whole;
    whole.startToken();
    whole.setKind(tok::unknown);
    preprocessor.CreateString((kOperator + "(" + text + ")").str(), whole);
    std::vector<Token> tokens;
    SourceLocation place = whole.getLocation();
    auto add = [&](tok::TokenKind kind, size_t length) -> Token & {
      Token token;
      token.startToken();
      token.setKind(kind);
      token.setLocation(place);
      token.setLength(length);
      place = place.getLocWithOffset(length);
      tokens.push_back(token);
      return tokens.back();
    };
    Token &name = add(tok::identifier, kOperator.size());
    name.setIdentifierInfo(preprocessor.getIdentifierInfo(kOperator));
    name.setFlag(Token::LeadingSpace);
    add(tok::l_paren, 1);
    const char *const written = preprocessor.getSourceManager().getCharacterData(place);
    add(tok::string_literal, text.size()).setLiteralData(written);
    add(tok::r_paren, 1);
    return tokens;
  }

  std::string directive(const MacroInfo &macro) const {
    std::string words;
    for (const Token &each : macro.tokens().drop_front(2)) {
      if (each.hasLeadingSpace() && !words.empty())
        words += ' ';
      words += preprocessor.getSpelling(each);
    }
    return words;
  }

  Preprocessor &preprocessor;
};

} // namespace

void acceptPragmaMacros(Preprocessor &preprocessor) {
  preprocessor.addPPCallbacks(std::make_unique<Definitions>(preprocessor));
}

} // namespace npu
