// Includes: CUDA headers become their neutral counterparts, once each; the program's own headers
// are found beside the translated files. A kernel source starts with npu/kernel.h, which stands for
// what the CUDA compiler includes without being asked and tells npucc what the file is.
#include "api_table.h"
#include "rules/rule.h"
#include "toolkit_guard.h"

#include "llvm/Support/Path.h"

#include <algorithm>
#include <set>

using namespace npu;
namespace tok = clang::tok;

namespace {

constexpr llvm::StringLiteral kKernelHeader = "npu/kernel.h", kRuntimeHeader = "npu/runtime.h";
constexpr llvm::StringLiteral kCudaNamesHeader = "npu/cuda_compatible.h";

class IncludeRule : public Rule {
public:
  void apply(RuleContext &context) override {
    std::set<std::string> seen = neutralIncludes(context);
    if (context.preIncluded && !seen.count(kKernelHeader.str()))
      startWithKernelHeader(context, seen);
    for (const auto &[offset, fact] : context.view.fileFacts().includes)
      if (!(context.preIncluded && replacedFirst && offset == *replacedFirst))
        visit(context, offset, fact, seen);
    addNeeded(context);
    replaceQueries(context);
  }

private:
  static std::set<std::string> neutralIncludes(const RuleContext &context) {
    std::set<std::string> result;
    for (const auto &[offset, fact] : context.view.fileFacts().includes)
      if (fact.kind == IncludeFact::Kind::Ours && llvm::StringRef(fact.spelled).startswith("npu/"))
        result.insert(fact.spelled);
    return result;
  }

  void startWithKernelHeader(RuleContext &context, std::set<std::string> &seen) {
    const auto &includes = context.view.fileFacts().includes;
    const SourceView &view = context.view;
    seen.insert(kKernelHeader.str());
    seen.insert(kRuntimeHeader.str()); // it has that one
    std::string line = ("#include <" + kKernelHeader + ">").str() + view.lineEnding().str();
    for (const SourceDirective &directive : view.directives()) {
      if (directive.kind != SourceDirective::Kind::Include)
        continue;
      if (codeBefore(view, directive))
        break;
      auto first = includes.find(directive.offset);
      if (first != includes.end() && directive.depth == 0 &&
          first->second.kind == IncludeFact::Kind::Ours &&
          neutralFor(context, first->second, true) == kKernelHeader.str()) {
        replaceName(context, first->second, "<" + kKernelHeader.str() + ">");
        replacedFirst = directive.offset;
        return;
      }
      unsigned place = directive.outermostIf >= 0 ? view.directives()[directive.outermostIf].offset
                                                  : directive.offset;
      context.edits.insert(view.lineBegin(place), line);
      return;
    }
    unsigned place = view.tokens().empty() ? 0 : view.lineBegin(view.tokens().front().offset);
    context.edits.insert(place, line + view.lineEnding().str());
  }

  // Code above the first include counts on what the CUDA compiler includes.
  static bool codeBefore(const SourceView &view, const SourceDirective &directive) {
    const auto &tokens = view.tokens();
    return std::any_of(tokens.begin(), tokens.begin() + directive.firstToken,
                       [](const SourceToken &token) { return token.directive < 0; });
  }

  // "" when the header has no counterpart.
  static std::string neutralFor(const RuleContext &context, const IncludeFact &fact, bool first) {
    const char *neutral = neutralHeader(fact.spelled);
    if (!neutral)
      neutral = neutralHeader(llvm::sys::path::filename(fact.spelled));
    if (!neutral)
      return "";
    bool wholeLanguage = neutral == kRuntimeHeader;
    if (wholeLanguage && (first || (!context.preIncluded && context.needsKernelHeader)))
      return kKernelHeader.str();
    return neutral;
  }

  // What user rules need stands before the first include.
  static void addNeeded(RuleContext &context) {
    std::string lines;
    for (const std::string &include : context.neededIncludes) {
      bool known = false;
      for (const auto &[offset, fact] : context.view.fileFacts().includes)
        known |= llvm::StringRef(include).trim("<>\"") == fact.spelled;
      if (!known)
        lines += "#include " + include + context.view.lineEnding().str();
    }
    for (const SourceDirective &directive : context.view.directives())
      if (directive.kind == SourceDirective::Kind::Include && directive.depth == 0) {
        context.edits.insert(context.view.lineBegin(directive.offset), lines);
        return;
      }
    context.edits.insert(context.view.lineBegin(0), lines);
  }

  void visit(RuleContext &context, unsigned offset, const IncludeFact &fact,
             std::set<std::string> &seen) {
    const auto &own = context.facts.userRules.headers;
    if (auto rule = own.find(fact.spelled); rule != own.end()) {
      if (!rule->second.gap.empty())
        return context.report(DiagnosticId::gap, offset, {fact.spelled, rule->second.gap});
      if (fact.computed)
        return context.report(DiagnosticId::macro, offset, {"An include that a rule changes"});
      return replaceName(context, fact,
                         fact.angled ? "<" + rule->second.to + ">" : "\"" + rule->second.to + "\"");
    }
    switch (fact.kind) {
    case IncludeFact::Kind::System:
      return declareCudaNames(context, offset, fact, seen);
    case IncludeFact::Kind::Missing:
      if (!looksLikeCudaHeader(fact.spelled) &&
          context.facts.parseErrors.count({context.view.path(), offset}))
        return; // said: it is not found
      if (const char *package = packageOfHeader(fact.spelled))
        return context.report(DiagnosticId::missing_package, offset, {fact.spelled, package});
      return context.report(DiagnosticId::unknown_header, offset, {fact.spelled});
    case IncludeFact::Kind::User:
      return relocate(context, offset, fact);
    case IncludeFact::Kind::Ours:
      break;
    }
    if (llvm::StringRef(fact.spelled).startswith("npu/"))
      return;
    if (fact.computed)
      return context.report(DiagnosticId::macro, offset, {"An include of a CUDA header"});
    std::string neutral = neutralFor(context, fact, false);
    if (neutral.empty())
      return context.report(DiagnosticId::unknown_header, offset, {fact.spelled});
    if (!seen.insert(neutral).second && onlyThingOnLine(context.view, offset, fact)) {
      unsigned begin = context.view.lineBegin(offset);
      context.edits.remove(begin, context.view.lineEnd(fact.nameEnd) - begin);
      return;
    }
    replaceName(context, fact, "<" + neutral + ">");
  }

  // Thrust and CUB stay as they are, and are written in CUDA's names.
  static void declareCudaNames(RuleContext &context, unsigned offset, const IncludeFact &fact,
                               std::set<std::string> &seen) {
    if (packageOfHeader(fact.spelled) && seen.insert(kCudaNamesHeader.str()).second)
      context.edits.insert(context.view.lineBegin(offset),
                           ("#include <" + kCudaNamesHeader + ">").str() +
                               context.view.lineEnding().str());
  }

  static bool onlyThingOnLine(const SourceView &view, unsigned offset, const IncludeFact &fact) {
    llvm::StringRef before = view.contents().slice(view.lineBegin(offset), offset);
    llvm::StringRef after = view.contents().slice(fact.nameEnd, view.lineEnd(fact.nameEnd));
    return before.trim().empty() && after.trim().empty();
  }

  static void relocate(RuleContext &context, unsigned offset, const IncludeFact &fact) {
    std::string wanted =
        context.layout.includeName(context.view.path(), fact.resolved, fact.spelled);
    bool keeps = context.layout.keepsIncludes();
    llvm::SmallString<128> spelled(fact.spelled);
    if (!keeps)
      llvm::sys::path::remove_dots(spelled, /*remove_dot_dot=*/true);
    if ((keeps || !fact.angled) && spelled == wanted)
      return;
    if (fact.computed)
      return context.report(DiagnosticId::macro, offset, {"An include of a file that moves"});
    replaceName(context, fact, keeps && fact.angled ? "<" + wanted + ">" : "\"" + wanted + "\"");
  }

  static void replaceName(RuleContext &context, const IncludeFact &fact, const std::string &name) {
    context.edits.replace(fact.nameBegin, fact.nameEnd - fact.nameBegin, name);
  }

  // __has_include(<cuda_fp16.h>) asks about the neutral header from now on.
  static void replaceQueries(RuleContext &context) {
    const auto &tokens = context.view.tokens();
    for (size_t i = 0; i + 2 < tokens.size(); ++i) {
      if (tokens[i].text != "__has_include" || tokens[i + 1].kind != tok::l_paren)
        continue;
      size_t close = matchForward(tokens, i + 1);
      if (close == kNoToken || !tokens[i].active)
        continue;
      unsigned begin = tokens[i + 2].offset, end = tokens[close - 1].end();
      llvm::StringRef name = context.view.contents().slice(begin, end).trim("<>\" ");
      if (const char *neutral = neutralHeader(name))
        context.edits.replace(begin, end - begin, std::string("<") + neutral + ">");
    }
  }

  llvm::Optional<unsigned> replacedFirst; // offset of the include that became npu/kernel.h
};

} // namespace

std::unique_ptr<Rule> npu::makeIncludeRule() { return std::make_unique<IncludeRule>(); }
