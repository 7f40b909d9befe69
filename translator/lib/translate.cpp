// The pipeline, readable top to bottom: inputs -> facts (Clang, host and device side) -> edits
// (rules) -> texts -> files. Nothing is written before everything has succeeded.
#include "npu/translate.h"
#include "file_set.h"
#include "parse_units.h"
#include "report/diagnostic_files.h"
#include "rewrite.h"
#include "toolkit_guard.h"
#include "units.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

class Translation {
public:
  Translation(const TranslateOptions &options, llvm::raw_ostream &log)
      : options(options), log(log), diagnostics({options.suppressed, options.errors}) {}

  llvm::Error run(TranslateResult &result) {
    if (llvm::Error error = DiagnosticPolicy{options.suppressed, options.errors}.check())
      return error;
    if (options.outputFolder.empty())
      return failure("cannot write '': the output folder needs a name");
    if (llvm::Error error = openUnits())
      return error;
    if (llvm::Error error = collectFacts())
      return error;
    std::vector<std::string> inputs;
    for (const Unit &unit : units)
      inputs.push_back(unit.real);
    llvm::Expected<OutputLayout> layout =
        OutputLayout::make(inputs, includeFolders(units), facts, options.outputFolder);
    if (!layout)
      return layout.takeError();
    FileSet outputs(options.outputFolder);
    if (llvm::Error error = rewriteAll(*layout, outputs))
      return error;
    diagnostics.print(log);
    FileSet pages("");
    if (llvm::Error error = addPages(pages))
      return error;
    std::vector<std::string> pagesWritten;
    if (llvm::Error error = pages.write(pagesWritten))
      return error;
    if (options.untranslatedIsFailure && diagnostics.hasErrors())
      return failure("something is left untranslated, so nothing was written");
    if (llvm::Error error = outputs.write(result.written))
      return error;
    result.written.insert(result.written.end(), pagesWritten.begin(), pagesWritten.end());
    result.status = diagnostics.hasErrors() ? TranslateStatus::Partial : TranslateStatus::Clean;
    return llvm::Error::success();
  }

private:
  llvm::Error openUnits() {
    for (const std::string &given : options.inputs) {
      llvm::Expected<Unit> unit = openUnit(given, options.clangArguments);
      if (!unit)
        return unit.takeError();
      units.push_back(std::move(*unit));
    }
    return llvm::Error::success();
  }

  // Parses every unit, for the host and for the device.
  llvm::Error collectFacts() {
    std::vector<ParseOptions> parses;
    for (const Unit &unit : units)
      for (bool deviceSide : {false, true}) {
        if (deviceSide && !unit.kernelSource)
          continue;
        ParseOptions parsing;
        parsing.input = unit.given;
        parsing.clangArguments = unit.clangArguments;
        parsing.headerFolder = options.headerFolder;
        parsing.kernelSource = unit.kernelSource;
        parsing.preInclude = unit.preInclude;
        parsing.deviceSide = deviceSide;
        parses.push_back(std::move(parsing));
      }
    llvm::StringSet<> shown;
    bool failed = false;
    std::string changed;
    parseUnits(parses, options.jobs, [&](size_t, UnitFacts unit) {
      for (const std::string &message : unit.messages)
        if (shown.insert(message).second)
          log << message;
      failed |= unit.failed;
      if (std::string path = merge(std::move(unit.facts), facts); !path.empty())
        changed = path;
    });
    if (!changed.empty())
      return failure("'" + changed + "' changed while it was read; start again");
    if (!failed)
      return llvm::Error::success();
    reportMissingHeaders();
    return failure("the source has errors, so nothing was written");
  }

  // A source whose CUDA header is missing fails for names that the header declares: name the cause.
  void reportMissingHeaders() {
    Diagnostics missing;
    for (const auto &[real, file] : facts.files)
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

  llvm::Error rewriteAll(const OutputLayout &layout, FileSet &outputs) {
    for (const auto &[real, file] : facts.files) {
      bool preIncluded =
          std::any_of(units.begin(), units.end(), [&, path = &real](const Unit &unit) {
            return unit.real == *path && unit.preInclude;
          });
      llvm::Expected<Rewritten> rewritten =
          rewrite({real, file, facts, layout, shownPath(real), preIncluded}, diagnostics);
      if (!rewritten)
        return failure(real + ": " + llvm::toString(rewritten.takeError()));
      outputs.add(layout.relativePath(real), std::move(rewritten->text));
      report.files.push_back(std::move(rewritten->report));
    }
    return llvm::Error::success();
  }

  llvm::Error addPages(FileSet &pages) {
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
  std::vector<Unit> units;
  ProgramFacts facts;
  Report report;
};

} // namespace

TranslateResult npu::translate(const TranslateOptions &options, llvm::raw_ostream &log) {
  TranslateResult result;
  if (llvm::Error error = Translation(options, log).run(result)) {
    log << "cu2npu: error: " << llvm::toString(std::move(error)) << "\n";
    result.status = TranslateStatus::Failed;
  }
  return result;
}
