// Names: runtime and library calls, types, enumerators, macros and the kernel dialect. Every name
// token of the file is judged where it is spelled, so that code in macro bodies and in templates
// which nobody instantiates is translated too; what the parse knows about the place comes first,
// the name second.
#include "neutral_name.h"
#include "rules/rule.h"

#include <set>

using namespace npu;
namespace tok = clang::tok;

namespace {

class NameRule : public Rule {
public:
  void apply(RuleContext &context) override {
    const auto &tokens = context.view.tokens();
    std::set<std::string> partial;
    int inactiveDirective = -1;
    for (size_t i = 0; i < tokens.size(); ++i)
      if (tokens[i].kind == tok::raw_identifier && !isText(context, tokens[i]))
        visit(context, i, partial, inactiveDirective);
    reportPasted(context);
  }

private:
  enum class Meaning { Cuda, Own, Ambiguous };

  // #include names files and #error, #pragma hold prose.
  static bool isText(const RuleContext &context, const SourceToken &token) {
    if (token.directive < 0)
      return false;
    SourceDirective::Kind kind = context.view.directives()[token.directive].kind;
    return kind == SourceDirective::Kind::Include || kind == SourceDirective::Kind::Text;
  }

  void visit(RuleContext &context, size_t index, std::set<std::string> &partial, int &inactive) {
    const SourceToken &token = context.view.tokens()[index];
    if (isPastedPrefix(context, index)) {
      context.edits.replace(token.offset, token.length, neutralPrefix(token.text));
      return;
    }
    NeutralName name = neutralName(token.text, context.facts);
    if (!name.known()) {
      if (token.active && isOfAbsentLibrary(context, index))
        context.edits.replace(token.offset, token.length, neutralByPrefix(token.text));
      else if (token.active)
        reportUnknown(context, index);
      return;
    }
    Meaning meaning = name.userRule ? userRuleMeaning(context, index) : meaningOf(context, index);
    if (meaning == Meaning::Own)
      return;
    if (!token.active)
      return noteInactive(context, index, inactive);
    if (meaning == Meaning::Ambiguous)
      return context.report(DiagnosticId::ambiguous, token.offset, {token.text.str()});
    noteUse(context, token, name);
    if (name.isGap())
      return context.report(DiagnosticId::gap, token.offset, {token.text.str(), name.note()});
    if (!name.note().empty() && partial.insert(token.text.str()).second)
      context.report(DiagnosticId::partial, token.offset, {token.text.str(), name.note()});
    if (name.userRule && !name.userRule->include.empty())
      context.neededIncludes.insert(name.userRule->include);
    std::string spelling = name.spelling;
    if (hasQualifier(context, index))
      spelling = llvm::StringRef(spelling).rsplit("::").second.empty()
                     ? spelling
                     : llvm::StringRef(spelling).rsplit("::").second.str();
    if (isKernelDialect(name))
      context.needsKernelHeader = true;
    if (spelling != token.text)
      context.edits.replace(token.offset, token.length, spelling);
  }

  static void noteUse(RuleContext &context, const SourceToken &token, const NeutralName &name) {
    using Outcome = CallUse::Outcome;
    if (!name.row || !name.row->isCall()) {
      ++context.otherNames;
      return;
    }
    Outcome outcome = name.isGap()             ? Outcome::Gap
                      : name.row->note.empty() ? Outcome::Translated
                                               : Outcome::Partial;
    context.calls.push_back({token.text.str(), name.row, token.offset, outcome});
  }

  // What the program itself declares is what such rules are about.
  static Meaning userRuleMeaning(const RuleContext &context, size_t index) {
    tok::TokenKind before =
        index > 0 ? context.view.tokens()[index - 1].kind : tok::TokenKind(tok::unknown);
    bool isMember = before == tok::period || before == tok::arrow;
    return isMember || context.view.isMacroParameter(index) ? Meaning::Own : Meaning::Cuda;
  }

  static Meaning meaningOf(const RuleContext &context, size_t index) {
    const SourceToken &token = context.view.tokens()[index];
    if (token.text == "cuda" && hasQualifier(context, index))
      return Meaning::Own; // thrust::cuda
    const auto &names = context.view.fileFacts().names;
    auto evidence = names.find(token.offset);
    if (evidence != names.end()) {
      if (evidence->second.user)
        return evidence->second.compat ? Meaning::Ambiguous : Meaning::Own;
      // Where it is both, in a function of host and device, the neutral name is both as well.
      return evidence->second.compat || !evidence->second.system ? Meaning::Cuda : Meaning::Own;
    }
    if (index > 0) {
      tok::TokenKind before = context.view.tokens()[index - 1].kind;
      if (before == tok::period || before == tok::arrow || hasQualifier(context, index))
        return Meaning::Own;
    }
    if (context.view.isMacroParameter(index))
      return Meaning::Own;
    return context.view.fileFacts().rivalNames.count(token.text.str()) ? Meaning::Ambiguous
                                                                       : Meaning::Cuda;
  }

  // ns::name; not ::name.
  static bool hasQualifier(const RuleContext &context, size_t index) {
    const auto &tokens = context.view.tokens();
    if (index < 2 || tokens[index - 1].kind != tok::coloncolon)
      return false;
    const SourceToken &before = tokens[index - 2];
    static const std::set<llvm::StringRef> kNotQualifiers = {
        "return", "case", "else", "throw", "new", "delete", "const", "inline", "static"};
    return before.kind == tok::greater ||
           (before.kind == tok::raw_identifier && !kNotQualifiers.count(before.text) &&
            before.end() == tokens[index - 1].offset);
  }

  static bool isPastedPrefix(const RuleContext &context, size_t index) {
    const auto &tokens = context.view.tokens();
    const SourceToken &token = tokens[index];
    return token.active && token.directive >= 0 && index + 1 < tokens.size() &&
           tokens[index + 1].kind == tok::hashhash && !context.view.isMacroParameter(index) &&
           !neutralPrefix(token.text).empty();
  }

  // In a macro that nobody expands: checks of all libraries' calls are often in one header, and no
  // source includes every library's.
  static bool isOfAbsentLibrary(const RuleContext &context, size_t index) {
    const SourceToken &token = context.view.tokens()[index];
    if (token.directive < 0 ||
        context.view.directives()[token.directive].kind != SourceDirective::Kind::Define ||
        context.facts.unknownNames.count({context.view.path(), token.offset}) ||
        context.view.fileFacts().names.count(token.offset) ||
        meaningOf(context, index) != Meaning::Cuda || neutralByPrefix(token.text).empty())
      return false;
    for (llvm::StringRef library :
         {"cublas", "cudnn", "cufft", "curand", "cusparse", "cusolver", "nvrtc", "nccl"})
      if (token.text.startswith(library) || token.text.startswith(library.upper())) {
        auto known = context.facts.compatNames.lower_bound(library.str());
        return known == context.facts.compatNames.end() ||
               !llvm::StringRef(*known).startswith(library);
      }
    return false;
  }

  static void reportUnknown(RuleContext &context, size_t index) {
    const SourceToken &token = context.view.tokens()[index];
    bool undeclared = context.facts.unknownNames.count({context.view.path(), token.offset});
    if (!undeclared) {
      const auto &names = context.view.fileFacts().names;
      auto evidence = names.find(token.offset);
      bool foreign = evidence != names.end() && evidence->second.compat && !evidence->second.user;
      bool unseen = evidence == names.end() && meaningOf(context, index) == Meaning::Cuda;
      if (!looksLikeCuda(token.text) || !(foreign || unseen))
        return;
    }
    context.calls.push_back({token.text.str(), nullptr, token.offset, CallUse::Outcome::Unknown});
    context.report(DiagnosticId::unknown_call, token.offset, {token.text.str()});
  }

  // One note per branch, at its first name.
  static void noteInactive(RuleContext &context, size_t index, int &lastNoted) {
    const auto &tokens = context.view.tokens();
    const auto &directives = context.view.directives();
    int branch = -1;
    for (size_t i = 0; i < directives.size() && directives[i].offset < tokens[index].offset; ++i)
      if (directives[i].active && (directives[i].kind == SourceDirective::Kind::If ||
                                   directives[i].kind == SourceDirective::Kind::Else))
        branch = static_cast<int>(i);
    if (branch == lastNoted)
      return;
    lastNoted = branch;
    context.report(DiagnosticId::inactive, tokens[index].offset, {tokens[index].text.str()});
  }

  static void reportPasted(RuleContext &context) {
    for (const auto &[place, name] : context.facts.pastedNames) {
      if (place.first != context.view.path())
        continue;
      NeutralName neutral = neutralName(name, context.facts);
      if (neutral.known() && neutral.spelling != neutralByPrefix(name))
        context.report(DiagnosticId::macro, place.second, {"'" + name + "', pasted together,"});
    }
  }
};

} // namespace

std::unique_ptr<Rule> npu::makeNameRule() { return std::make_unique<NameRule>(); }
