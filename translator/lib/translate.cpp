// The pipeline, readable top to bottom: inputs -> facts (Clang, host and device side) -> edits
// (rules) -> texts -> files. Nothing is written before everything has succeeded.
#include "npu/translate.h"
#include "file_set.h"
#include "frontend.h"
#include "rules/rule.h"
#include "toolkit_guard.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

struct Input {
  std::string given; // as the user wrote it
  std::string real;
  bool kernelSource = false; // parsed in CUDA mode, for host and device
  bool preInclude = false;   // CUDA's own spelling, with what nvcc includes by itself
};

// Whether the file itself includes npu/kernel.h: npucc's test for a neutral kernel source.
bool includesKernelHeader(llvm::StringRef text) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    llvm::StringRef directive = line.ltrim();
    if (directive.consume_front("#") && (directive = directive.ltrim()).consume_front("include") &&
        (directive.ltrim().startswith("<npu/kernel.h>") ||
         directive.ltrim().startswith("\"npu/kernel.h\"")))
      return true;
    text = rest;
  }
  return false;
}

bool openInput(const std::string &given, bool forceCuda, Input &input, llvm::raw_ostream &log) {
  llvm::SmallString<256> real;
  if (std::error_code error = llvm::sys::fs::real_path(given, real)) {
    log << "cu2npu: error: cannot read '" << given << "': " << error.message() << "\n";
    return false;
  }
  if (!llvm::sys::fs::is_regular_file(real)) {
    log << "cu2npu: error: '" << given << "' is not a file; name the sources to translate\n";
    return false;
  }
  auto buffer = llvm::MemoryBuffer::getFile(real);
  if (!buffer) {
    log << "cu2npu: error: cannot read '" << given << "': " << buffer.getError().message() << "\n";
    return false;
  }
  llvm::StringRef text = (*buffer)->getBuffer();
  if (text.contains('\0')) {
    log << "cu2npu: error: '" << given << "' is not a source file: it holds binary data\n";
    return false;
  }
  input.given = given;
  input.real = real.str().str();
  llvm::StringRef extension = path::extension(given);
  input.preInclude = forceCuda || extension == ".cu" || extension == ".cuh";
  input.kernelSource = input.preInclude || includesKernelHeader(text);
  return true;
}

// Parses every input; false when one has errors of its own.
bool collectFacts(const TranslateOptions &options, const std::vector<Input> &inputs,
                  ProgramFacts &facts, llvm::raw_ostream &log) {
  llvm::StringSet<> shown;
  bool ok = true;
  for (const Input &input : inputs) {
    for (bool deviceSide : {false, true}) {
      if (deviceSide && !input.kernelSource)
        continue;
      ParseOptions parsing;
      parsing.input = input.given;
      parsing.clangArguments = options.clangArguments;
      parsing.headerFolder = options.headerFolder;
      parsing.kernelSource = input.kernelSource;
      parsing.preInclude = input.preInclude;
      parsing.deviceSide = deviceSide;
      ParseOutcome outcome = parse(parsing, facts);
      for (const std::string &message : outcome.messages)
        if (shown.insert(message).second)
          log << message;
      ok = ok && !outcome.failed;
    }
  }
  return ok;
}

std::vector<std::string> includeFolders(const std::vector<std::string> &arguments) {
  std::vector<std::string> result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    llvm::StringRef argument = arguments[i];
    if (argument == "-I" && i + 1 < arguments.size())
      result.push_back(realFolder(arguments[++i]));
    else if (argument.startswith("-I"))
      result.push_back(realFolder(argument.drop_front(2)));
  }
  result.erase(std::remove(result.begin(), result.end(), ""), result.end());
  return result;
}

// A person finds what is left to do where it is to be done.
void addComments(const SourceView &view, const std::vector<Diagnostic> &diagnostics, size_t first,
                 Edits &edits) {
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
    std::string comment = "// " + diagnostic.message;
    llvm::StringRef above = view.contents().take_front(begin).rtrim("\r\n");
    if (above.endswith(comment))
      continue;
    edits.insert(begin, indentation.str() + comment + view.lineEnding().str());
  }
}

std::vector<std::unique_ptr<Rule>> makeRules() {
  std::vector<std::unique_ptr<Rule>> rules;
#define RULE(name) rules.push_back(make##name##Rule());
#include "rules.def"
  return rules;
}

std::string shownPath(const std::string &real, const std::vector<Input> &inputs) {
  for (const Input &input : inputs)
    if (input.real == real)
      return input.given;
  llvm::SmallString<256> current;
  if (!llvm::sys::fs::current_path(current) && llvm::StringRef(real).startswith(current) &&
      real.size() > current.size() && real[current.size()] == '/')
    return real.substr(current.size() + 1);
  return real;
}

llvm::Expected<std::string> rewriteFile(const std::string &real, const FileFacts &file,
                                        const ProgramFacts &facts, const OutputLayout &layout,
                                        const std::vector<Input> &inputs,
                                        Diagnostics &diagnostics) {
  SourceView view(real, file);
  bool preIncluded = std::any_of(inputs.begin(), inputs.end(), [&](const Input &input) {
    return input.real == real && input.preInclude;
  });
  RuleContext context{view,        facts, layout, shownPath(real, inputs),
                      preIncluded, false, {},     diagnostics};
  size_t firstDiagnostic = diagnostics.all().size();
  for (const std::unique_ptr<Rule> &rule : makeRules())
    rule->apply(context);
  addComments(view, diagnostics.all(), firstDiagnostic, context.edits);
  return context.edits.apply(file.contents);
}

// A source whose CUDA header is missing fails for names that the header declares: name the cause.
void reportMissingHeaders(const ProgramFacts &facts, const std::vector<Input> &inputs,
                          llvm::raw_ostream &log) {
  Diagnostics diagnostics;
  for (const auto &[real, file] : facts.files)
    for (const auto &[offset, fact] : file.includes)
      if (fact.kind == IncludeFact::Kind::Missing) {
        const char *package = packageOfHeader(fact.spelled);
        diagnostics.report(package ? DiagnosticId::missing_package : DiagnosticId::unknown_header,
                           shownPath(real, inputs), file.contents, offset,
                           package ? std::vector<std::string>{fact.spelled, package}
                                   : std::vector<std::string>{fact.spelled});
      }
  diagnostics.print(log);
}

} // namespace

TranslateResult npu::translate(const TranslateOptions &options, llvm::raw_ostream &log) {
  TranslateResult result;
  std::vector<Input> inputs;
  TranslateOptions own = options;
  auto language = std::find(own.clangArguments.begin(), own.clangArguments.end(), "-x");
  bool forceCuda = language != own.clangArguments.end() && language + 1 != own.clangArguments.end();
  if (forceCuda)
    own.clangArguments.erase(language, language + 2);
  for (const std::string &given : options.inputs) {
    Input input;
    if (!openInput(given, forceCuda, input, log))
      return result;
    inputs.push_back(input);
  }

  ProgramFacts facts;
  if (!collectFacts(own, inputs, facts, log)) {
    reportMissingHeaders(facts, inputs, log);
    log << "cu2npu: error: the source has errors, so nothing was written\n";
    return result;
  }

  std::vector<std::string> realInputs;
  for (const Input &input : inputs)
    realInputs.push_back(input.real);
  auto layout =
      OutputLayout::make(realInputs, includeFolders(own.clangArguments), facts, own.outputFolder);
  if (!layout) {
    log << "cu2npu: error: " << llvm::toString(layout.takeError()) << "\n";
    return result;
  }

  Diagnostics diagnostics;
  FileSet outputs(own.outputFolder);
  for (const auto &[real, file] : facts.files) {
    llvm::Expected<std::string> text = rewriteFile(real, file, facts, *layout, inputs, diagnostics);
    if (!text) {
      log << "cu2npu: error: " << real << ": " << llvm::toString(text.takeError()) << "\n";
      return result;
    }
    outputs.add(layout->relativePath(real), std::move(*text));
  }
  diagnostics.print(log);
  if (llvm::Error error = outputs.write(result.written)) {
    log << "cu2npu: error: " << llvm::toString(std::move(error)) << "\n";
    return result;
  }
  result.status = diagnostics.hasErrors() ? TranslateStatus::Partial : TranslateStatus::Clean;
  return result;
}
