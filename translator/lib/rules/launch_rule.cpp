// Launches: kernel<<<grid, block, shared, stream>>>(arguments) ->
// npu::launch(kernel, {grid, block, shared, stream}, arguments), or, where only the compiler can
// say which kernel that is, NPU_LAUNCH(kernel, (grid, block, shared, stream), arguments). The text
// of every part stays as it is; shared bytes and stream that are a written 0 go. Works on tokens,
// so macro bodies and templates too.
#include "neutral_name.h"
#include "rules/rule.h"

#include <set>

using namespace npu;
namespace tok = clang::tok;

namespace {

struct Launch {
  size_t calleeBegin = kNoToken, calleeName = kNoToken; // tokens
  size_t open = kNoToken, close = kNoToken;             // <<< and >>>
  size_t argumentsOpen = kNoToken, argumentsClose = kNoToken;
  std::vector<size_t> commas; // of the configuration
};

class LaunchRule : public Rule {
public:
  void apply(RuleContext &context) override {
    const auto &tokens = context.view.tokens();
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != tok::lesslessless || !tokens[i].active)
        continue;
      Launch launch;
      launch.open = i;
      if (findParts(tokens, launch)) {
        rewrite(context, launch);
        ++context.launches;
        continue;
      }
      ++context.launchesLeft;
      context.report(DiagnosticId::macro, tokens[i].offset,
                     {"A launch that is not written in full"});
    }
  }

private:
  using Tokens = std::vector<SourceToken>;

  static bool findParts(const Tokens &tokens, Launch &launch) {
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
    return launch.argumentsClose != kNoToken &&
           tokens[launch.argumentsClose].directive == directive;
  }

  // Backwards over a postfix expression: a::b<T>, object.kernel, kernels[i], (*kernel), choose(x).
  static void findCallee(const Tokens &tokens, Launch &launch) {
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

  static bool isKeyword(const SourceToken &token) {
    static const std::set<llvm::StringRef> kWords = {"return", "else", "do",     "case", "if",
                                                     "while",  "for",  "switch", "throw"};
    return kWords.count(token.text);
  }
  static bool isQualifierEnd(const SourceToken &token) {
    return token.kind == tok::greater || (token.kind == tok::raw_identifier && !isKeyword(token));
  }

  // The first token of the primary expression that ends at `last`, template arguments, subscripts
  // and calls included.
  static size_t skipSuffixes(const Tokens &tokens, size_t last) {
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

  static size_t matchAngles(const Tokens &tokens, size_t close) {
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

  static void rewrite(RuleContext &context, const Launch &launch) {
    const auto &tokens = context.view.tokens();
    const LaunchFact *fact = factOf(context, launch);
    // What a macro's uses so far agree on, the next need not share.
    bool inMacro = tokens[launch.open].directive >= 0;
    bool byTheCompiler = fact && (inMacro ? !fact->isNothing() : fact->byTheCompiler);
    if (byTheCompiler)
      fact = nullptr;
    std::string begin = byTheCompiler ? "NPU_LAUNCH(" : "npu::launch(";
    std::string kernelEnd;
    if (byTheCompiler && mayHaveCommas(tokens, launch)) {
      begin += "(";
      kernelEnd = ")";
    } else if (fact && !fact->overloadCast.empty()) {
      begin += "static_cast<" + neutralText(fact->overloadCast, context.facts) + ">(";
      kernelEnd = ")";
    }
    context.needsKernelHeader = true;
    context.edits.insert(tokens[launch.calleeBegin].offset, begin);
    if (fact && !fact->templateArguments.empty())
      replaceTemplateArguments(context, launch,
                               neutralText(fact->templateArguments, context.facts));
    unsigned calleeEnd = tokens[launch.open - 1].end();
    bool apart = calleeEnd != tokens[launch.open].offset;
    if (apart)
      context.edits.insert(calleeEnd, kernelEnd + ",");
    std::string brace = byTheCompiler ? "(" : "{";
    context.edits.replace(tokens[launch.open].offset, tokens[launch.open].length,
                          apart ? brace : kernelEnd + ", " + brace);
    removeTrailingZeros(context, launch);
    rewriteArguments(context, launch, fact, byTheCompiler ? ")" : "}");
  }

  // A macro's argument ends at a comma that no parentheses hide; a macro's body may get one from
  // its own arguments.
  static bool mayHaveCommas(const Tokens &tokens, const Launch &launch) {
    if (tokens[launch.open].directive >= 0)
      return true;
    int depth = 0;
    for (size_t i = launch.calleeBegin; i < launch.open; ++i) {
      tok::TokenKind kind = tokens[i].kind;
      depth += (kind == tok::l_paren) - (kind == tok::r_paren);
      if (kind == tok::comma && depth == 0)
        return true;
    }
    return false;
  }

  static const LaunchFact *factOf(const RuleContext &context, const Launch &launch) {
    const auto &launches = context.view.fileFacts().launches;
    auto found = launches.find(context.view.tokens()[launch.open].offset);
    return found == launches.end() ? nullptr : &found->second;
  }

  static void replaceTemplateArguments(RuleContext &context, const Launch &launch,
                                       const std::string &arguments) {
    const auto &tokens = context.view.tokens();
    unsigned nameEnd = tokens[launch.calleeName].end();
    unsigned calleeEnd = tokens[launch.open - 1].end();
    if (calleeEnd > nameEnd)
      context.edits.replace(nameEnd, calleeEnd - nameEnd, arguments);
    else
      context.edits.insert(nameEnd, arguments);
  }

  // {grid, block, 0, 0} says no more than {grid, block}.
  static void removeTrailingZeros(RuleContext &context, const Launch &launch) {
    const auto &tokens = context.view.tokens();
    size_t end = launch.close;
    for (size_t comma = launch.commas.size(); comma-- > 1;) {
      size_t first = launch.commas[comma] + 1;
      static const std::set<llvm::StringRef> kZeros = {"0", "NULL", "nullptr"};
      if (end - first != 1 || !kZeros.count(tokens[first].text))
        break;
      end = launch.commas[comma];
    }
    if (end == launch.close)
      return;
    unsigned begin = tokens[end].offset;
    context.edits.remove(begin, tokens[launch.close - 1].end() - begin);
  }

  static void rewriteArguments(RuleContext &context, const Launch &launch, const LaunchFact *fact,
                               const std::string &brace) {
    const auto &tokens = context.view.tokens();
    std::string defaults;
    if (fact)
      for (const std::string &argument : fact->defaultArguments)
        defaults += ", " + neutralText(argument, context.facts);
    const SourceToken &close = tokens[launch.close], &open = tokens[launch.argumentsOpen];
    bool none = launch.argumentsClose == launch.argumentsOpen + 1;
    llvm::StringRef between = context.view.contents().slice(close.end(), open.offset);
    // What follows "(" keeps its own white space; a line break there needs no blank before it.
    bool breakFollows = context.view.contents().substr(open.end()).startswith("\n") ||
                        context.view.contents().substr(open.end()).startswith("\r\n");
    bool keepBetween = !between.trim(" \t").empty();
    std::string comma = none ? "" : (breakFollows || keepBetween) ? "," : ", ";
    if (keepBetween) {
      context.edits.replace(close.offset, close.length, brace + comma);
      context.edits.remove(open.offset, open.length);
    } else {
      context.edits.replace(close.offset, open.end() - close.offset, brace + comma);
    }
    // An empty __VA_ARGS__ must take the comma with it.
    bool variadic = launch.argumentsClose == launch.argumentsOpen + 2 &&
                    tokens[launch.argumentsOpen + 1].text == "__VA_ARGS__";
    if (variadic)
      context.edits.insert(tokens[launch.argumentsOpen + 1].offset, "##");
    if (!defaults.empty())
      context.edits.insert(tokens[launch.argumentsClose].offset, defaults);
  }
};

} // namespace

std::unique_ptr<Rule> npu::makeLaunchRule() { return std::make_unique<LaunchRule>(); }
