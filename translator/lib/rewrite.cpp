// See rewrite.h.
#include "rewrite.h"
#include "keep_columns.h"

#include <algorithm>
#include <set>

using namespace npu;

namespace {

std::vector<std::unique_ptr<Rule>> makeRules() {
  std::vector<std::unique_ptr<Rule>> rules;
#define RULE(name) rules.push_back(make##name##Rule());
#include "rules.def"
  return rules;
}

// A person finds what is left to do where it is to be done.
void addComments(const SourceView &view, const std::vector<Diagnostic> &diagnostics, size_t first,
                 Edits &edits) {
  std::set<std::pair<unsigned, std::string>> said; // once per line
  for (size_t i = first; i < diagnostics.size(); ++i) {
    const Diagnostic &diagnostic = diagnostics[i];
    if (diagnostic.severity != Diagnostic::Severity::Error)
      continue;
    unsigned place = diagnostic.offset;
    for (const SourceToken &token : view.tokens())
      if (token.offset == diagnostic.offset && token.directive >= 0)
        place = view.directives()[token.directive].offset;
    unsigned begin = view.lineBegin(place);
    llvm::StringRef line = view.contents().slice(begin, view.lineEnd(begin));
    llvm::StringRef indentation = line.take_while([](char c) { return c == ' ' || c == '\t'; });
    std::string comment = "// " + diagnostic.message();
    llvm::StringRef above = view.contents().take_front(begin).rtrim("\r\n");
    if (above.endswith(comment) || !said.emplace(begin, comment).second)
      continue;
    edits.insert(begin, indentation.str() + comment + view.lineEnding().str());
  }
}

unsigned lineOf(llvm::StringRef contents, unsigned offset) {
  return static_cast<unsigned>(contents.take_front(offset).count('\n')) + 1;
}

// Each message once: what is missing once is missed again and again.
void reportParseErrors(RuleContext &context) {
  std::set<std::string> said;
  for (auto each = context.facts.parseErrors.lower_bound({context.view.path(), 0});
       each != context.facts.parseErrors.end() && each->first.first == context.view.path(); ++each)
    if (said.insert(each->second).second)
      context.report(DiagnosticId::parse, each->first.second, {each->second});
}

FileReport reportOf(RuleContext &context, const FileFacts &file) {
  FileReport report;
  llvm::StringRef contents = file.contents;
  report.path = context.shownPath;
  report.output = context.layout.relativePath(context.view.path());
  report.lines = lineOf(contents, static_cast<unsigned>(contents.size())) -
                 (contents.empty() || contents.endswith("\n") ? 1 : 0);
  report.changedLines = context.edits.changedLines(contents);
  report.calls = std::move(context.calls);
  report.otherNames = context.otherNames;
  report.launches = context.launches;
  report.launchesLeft = context.launchesLeft;
  for (const auto &[offset, kernel] : file.kernels)
    report.kernels.push_back({kernel.name, lineOf(contents, offset), kernel.tensorShape});
  return report;
}

} // namespace

llvm::Expected<Rewritten> npu::rewrite(const RewriteInput &input, Diagnostics &diagnostics) {
  SourceView view(input.real, input.file);
  RuleContext context{view,
                      input.facts,
                      input.layout,
                      input.shownPath,
                      input.preIncluded,
                      /*needsKernelHeader=*/false,
                      /*edits=*/{},
                      diagnostics};
  size_t firstDiagnostic = diagnostics.all().size();
  reportParseErrors(context);
  for (const std::unique_ptr<Rule> &rule : makeRules())
    rule->apply(context);
  addComments(view, diagnostics.all(), firstDiagnostic, context.edits);
  keepColumns(view, context.edits);
  llvm::Expected<std::string> text = context.edits.apply(input.file.contents);
  if (!text)
    return text.takeError();
  return Rewritten{std::move(*text), reportOf(context, input.file)};
}
