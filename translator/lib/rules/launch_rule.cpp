// Launches: kernel<<<grid, block, shared, stream>>>(arguments) ->
// npu::launch(kernel, {grid, block, shared, stream}, arguments), or, where only the compiler can
// say which kernel that is, NPU_LAUNCH(kernel, (grid, block, shared, stream), arguments), and in
// device code NPU_LAUNCH_CHILD likewise. The text
// of every part stays as it is; shared bytes and stream that are a written 0 go. Works on tokens,
// so macro bodies and templates too.
#include "launch_syntax.h"
#include "neutral_name.h"
#include "rules/rule.h"

#include <set>

using namespace npu;
namespace tok = clang::tok;

namespace {

class LaunchRule : public Rule {
public:
  void apply(RuleContext &context) override {
    const auto &tokens = context.view.tokens();
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind != tok::lesslessless || !tokens[i].active)
        continue;
      LaunchSyntax launch;
      if (findLaunch(tokens, i, launch)) {
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

  static void rewrite(RuleContext &context, const LaunchSyntax &launch) {
    const auto &tokens = context.view.tokens();
    const LaunchFact *fact = factOf(context, launch);
    // What a macro's uses so far agree on, the next need not share.
    bool inMacro = tokens[launch.open].directive >= 0;
    bool byKernel = isChildLaunch(context, launch);
    bool byTheCompiler = byKernel || (fact && (inMacro ? !fact->isNothing() : fact->byTheCompiler));
    if (byTheCompiler)
      fact = nullptr;
    std::string begin = byKernel        ? "NPU_LAUNCH_CHILD("
                        : byTheCompiler ? "NPU_LAUNCH("
                                        : "npu::launch(";
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
  static bool mayHaveCommas(const Tokens &tokens, const LaunchSyntax &launch) {
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

  // Device code cannot take a kernel's address, as npu::launch needs it.
  static bool isChildLaunch(const RuleContext &context, const LaunchSyntax &launch) {
    const auto &tokens = context.view.tokens();
    const std::set<unsigned> &names = context.view.fileFacts().childLaunches;
    auto name = names.lower_bound(tokens[launch.calleeBegin].offset);
    return name != names.end() && *name < tokens[launch.open].offset;
  }

  static const LaunchFact *factOf(const RuleContext &context, const LaunchSyntax &launch) {
    const auto &launches = context.view.fileFacts().launches;
    auto found = launches.find(context.view.tokens()[launch.open].offset);
    return found == launches.end() ? nullptr : &found->second;
  }

  static void replaceTemplateArguments(RuleContext &context, const LaunchSyntax &launch,
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
  static void removeTrailingZeros(RuleContext &context, const LaunchSyntax &launch) {
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

  static void rewriteArguments(RuleContext &context, const LaunchSyntax &launch,
                               const LaunchFact *fact, const std::string &brace) {
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
