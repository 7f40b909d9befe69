// The pipeline, readable top to bottom: inputs -> facts (Clang, host and device side) -> edits
// (rules) -> texts -> files. No source is written before everything has succeeded.
#include "translation.h"
#include "build_files/migration.h"
#include "collect_facts.h"
#include "diff.h"
#include "file_set.h"
#include "frontend.h"
#include "kept_parses.h"
#include "project/tree.h"
#include "report/diagnostic_files.h"
#include "rewrite.h"
#include "toolkit_guard.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

std::string keptFolder(llvm::StringRef outputFolder) {
  llvm::SmallString<256> folder(outputFolder);
  path::append(folder, ".cu2npu-parses");
  return folder.str().str();
}

class Translation {
public:
  Translation(const TranslateOptions &options, llvm::raw_ostream &log)
      : options(options), log(log), diagnostics({options.suppressed, options.errors}),
        root(options.root.empty() ? "" : realFolder(options.root)),
        outputFolder(options.inPlace ? root : options.outputFolder), outputs(outputFolder),
        pages(""), kept(options.resumable && !options.dryRun ? keptFolder(outputFolder) : "") {}

  llvm::Error run(TranslateResult &result) {
    if (llvm::Error error = check())
      return error;
    llvm::Expected<std::vector<Unit>> gathered = gatherUnits(options);
    if (!gathered)
      return gathered.takeError();
    units = std::move(*gathered);
    if (llvm::Error error = read())
      return error;
    if (!units.empty()) {
      llvm::Expected<OutputLayout> layout = makeLayout();
      if (!layout)
        return layout.takeError();
      if (llvm::Error error = rewriteAll(*layout, result))
        return error;
    }
    for (const std::string &input : options.inputs)
      if (isMigratedBuildFile(options, input))
        if (llvm::Error error = migrate(input, path::filename(input).str(), result))
          return error;
    if (!root.empty())
      if (llvm::Error error = visitOthers(result))
        return error;
    diagnostics.print(log);
    for (const Diagnostic *each : diagnostics.inOrder())
      result.diagnostics.push_back({diagnosticName(each->id), severityName(each->severity),
                                    each->path, each->line, each->column, each->text});
    return write(result);
  }

private:
  llvm::Error check() {
    if (options.inPlace && options.root.empty())
      return failure("--in-place needs --in-root, the folder whose files may change");
    if (!options.inPlace && !options.dryRun && options.outputFolder.empty())
      return failure("cannot write '': the output folder needs a name");
    if (options.copyOthers && (options.root.empty() || options.inPlace))
      return failure(
          "--copy-others copies the rest of --in-root into another folder; there is none");
    llvm::Expected<Exclusions> made = Exclusions::make(options.exclude);
    if (!made)
      return made.takeError();
    exclusions = std::move(*made);
    for (const std::string &file : options.ruleFiles)
      if (llvm::Error error = readUserRules(file, userRules))
        return error;
    return DiagnosticPolicy{options.suppressed, options.errors}.check();
  }

  llvm::Error read() {
    llvm::Expected<CollectedFacts> collected = collectFacts(options, units, kept, log);
    if (!collected)
      return collected.takeError();
    facts = std::move(collected->facts);
    facts.userRules = std::move(userRules);
    for (FailedInput &failed : collected->failed)
      report.failed.push_back({shownPath(failed.path), failed.reason});
    if (report.failed.empty())
      return llvm::Error::success();
    reportMissingHeaders(collected->factsOfFailures);
    if (!options.keepGoing)
      return failure("the source has errors, so nothing was written");
    if (facts.files.empty() && !units.empty())
      return failure("every source has errors, so nothing was written");
    return llvm::Error::success();
  }

  // A source whose CUDA header is missing fails for names that the header declares: name the cause.
  void reportMissingHeaders(const ProgramFacts &failed) {
    Diagnostics missing;
    for (const auto &[real, file] : failed.files)
      for (const auto &[offset, fact] : file.includes)
        if (fact.kind == IncludeFact::Kind::Missing) {
          const char *package = packageOfHeader(fact.spelled);
          missing.report(package ? DiagnosticId::missing_package : DiagnosticId::unknown_header,
                         shownPath(real), file.contents, offset,
                         package ? std::vector<std::string>{fact.spelled, package}
                                 : std::vector<std::string>{fact.spelled});
        }
    missing.print(log);
  }

  llvm::Expected<OutputLayout> makeLayout() const {
    std::vector<std::string> inputs;
    for (const Unit &unit : units)
      inputs.push_back(unit.real);
    OutputLayout::Tree tree{
        root, [this](llvm::StringRef file) { return exclusions.excludes(file); }, options.inPlace};
    return OutputLayout::make(inputs, includeFolders(units), facts, outputFolder, tree);
  }

  std::string shownPath(const std::string &real) const {
    for (const Unit &unit : units)
      if (unit.real == real)
        return unit.given;
    llvm::SmallString<256> current;
    if (!llvm::sys::fs::current_path(current) && llvm::StringRef(real).startswith(current) &&
        real.size() > current.size() && real[current.size()] == '/')
      return real.substr(current.size() + 1);
    return real;
  }

  llvm::Error rewriteAll(const OutputLayout &layout, TranslateResult &result) {
    for (const auto &[real, file] : facts.files) {
      if (!layout.has(real)) {
        if (!root.empty() && !llvm::StringRef(real).startswith(root))
          reportOutside(real, file.contents);
        continue;
      }
      bool preIncluded =
          std::any_of(units.begin(), units.end(), [&, path = &real](const Unit &unit) {
            return unit.real == *path && unit.preInclude;
          });
      llvm::Expected<Rewritten> rewritten =
          rewrite({real, file, facts, layout, shownPath(real), preIncluded}, diagnostics);
      if (!rewritten)
        return failure(real + ": " + llvm::toString(rewritten.takeError()));
      std::string relative = layout.relativePath(real);
      if (options.diff)
        result.diff +=
            unifiedDiff(file.contents, rewritten->text, rewritten->report.path, relative);
      report.files.push_back(std::move(rewritten->report));
      if (options.keepTexts)
        result.files.push_back({real, relative, rewritten->text});
      if (!options.inPlace)
        outputs.add(relative, std::move(rewritten->text));
      else if (rewritten->text != file.contents || root + relative != real)
        outputs.addInPlace(relative, std::move(rewritten->text), real);
    }
    return llvm::Error::success();
  }

  // Files below the root that no source led to.
  llvm::Error visitOthers(TranslateResult &result) {
    llvm::Expected<std::vector<std::string>> files =
        filesBelow(root, llvm::StringRef(realFolder(options.outputFolder)).rtrim('/'));
    if (!files)
      return files.takeError();
    for (const std::string &relative : *files) {
      std::string real = root + relative;
      if (facts.files.count(real) && !exclusions.excludes(relative))
        continue;
      if (isMigratedBuildFile(options, relative) && !exclusions.excludes(relative)) {
        if (llvm::Error error = migrate(real, relative, result))
          return error;
        continue;
      }
      if (options.copyOthers)
        outputs.addCopy(relative, real);
      bool failed =
          std::any_of(report.failed.begin(), report.failed.end(),
                      [&](const FailedInput &each) { return each.path == shownPath(real); });
      if (!failed && !exclusions.excludes(relative) && (isSourceFile(real) || isHeaderFile(real)))
        reportUnreached(real);
    }
    return llvm::Error::success();
  }

  llvm::Error migrate(const std::string &file, const std::string &relative,
                      TranslateResult &result) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      return failure("cannot read '" + file + "': " + buffer.getError().message());
    std::string before = (*buffer)->getBuffer().str(), shown = shownPath(file);
    llvm::Expected<std::string> after = buildFileKind(file) == BuildFile::Cmake
                                            ? migrateCmake(before, shown, diagnostics)
                                            : migrateMakefile(before, shown, diagnostics);
    if (!after)
      return failure(file + ": " + llvm::toString(after.takeError()));
    if (options.diff)
      result.diff += unifiedDiff(before, *after, shown, relative);
    if (!options.inPlace)
      outputs.add(relative, std::move(*after));
    else if (*after != before)
      outputs.addInPlace(relative, std::move(*after), file);
    return llvm::Error::success();
  }

  void reportOutside(const std::string &real, llvm::StringRef contents) {
    if (usesCuda(contents) && !exclusions.excludes(real) && !exclusions.excludes(shownPath(real)))
      diagnostics.report(DiagnosticId::outside_root, shownPath(real), contents, 0, {});
  }

  void reportUnreached(const std::string &real) {
    auto buffer = llvm::MemoryBuffer::getFile(real);
    if (buffer && !(*buffer)->getBuffer().contains('\0') && usesCuda((*buffer)->getBuffer()))
      diagnostics.report(DiagnosticId::not_reached, shownPath(real), (*buffer)->getBuffer(), 0, {});
  }

  llvm::Error write(TranslateResult &result) {
    if (llvm::Error error = addPages())
      return error;
    std::vector<std::string> pagesWritten;
    if (llvm::Error error = pages.write(pagesWritten))
      return error;
    if (options.untranslatedIsFailure && (diagnostics.hasErrors() || !report.failed.empty()))
      return failure("something is left untranslated, so nothing was written");
    if (!options.dryRun)
      if (llvm::Error error = outputs.write(result.written))
        return error;
    result.written.insert(result.written.end(), pagesWritten.begin(), pagesWritten.end());
    result.status = diagnostics.hasErrors() || !report.failed.empty() ? TranslateStatus::Partial
                                                                      : TranslateStatus::Clean;
    return llvm::Error::success();
  }

  llvm::Error addPages() {
    report.diagnostics = &diagnostics;
    for (const std::string &file : options.reportFiles) {
      llvm::StringRef extension = path::extension(file);
      if (extension == ".html")
        pages.add(file, reportHtml(report));
      else if (extension == ".json")
        pages.add(file, reportJson(report));
      else if (extension == ".md")
        pages.add(file, reportMarkdown(report));
      else
        return failure("a report is .html, .json or .md, and '" + file + "' is none of them");
    }
    if (options.diagnosticsFile.empty())
      return llvm::Error::success();
    llvm::StringRef extension = path::extension(options.diagnosticsFile);
    if (extension != ".json" && extension != ".sarif")
      return failure("diagnostics are written as .json or .sarif, and '" + options.diagnosticsFile +
                     "' is neither");
    pages.add(options.diagnosticsFile,
              extension == ".json" ? diagnosticsJson(diagnostics) : diagnosticsSarif(diagnostics));
    return llvm::Error::success();
  }

  const TranslateOptions &options;
  llvm::raw_ostream &log;
  Diagnostics diagnostics;
  std::string root; // real path, trailing separator; "": no tree
  std::string outputFolder;
  FileSet outputs, pages;
  KeptParses kept;
  Exclusions exclusions;
  UserRules userRules;
  std::vector<Unit> units;
  ProgramFacts facts;
  Report report;
};

} // namespace

TranslateResult npu::translateTo(llvm::raw_ostream &log, const TranslateOptions &options) {
  TranslateResult result;
  if (llvm::Error error = Translation(options, log).run(result)) {
    result.error = llvm::toString(std::move(error));
    log << "cu2npu: error: " << result.error << "\n";
    result.status = TranslateStatus::Failed;
  }
  return result;
}
