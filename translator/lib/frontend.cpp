// See frontend.h. The command line is built for Clang's driver, in the same way as npucc's, so that
// what translates is what compiles.
#include "frontend.h"
#include "api_table.h"
#include "ast_watch.h"
#include "binding_captures.h"
#include "child_launches.h"
#include "deduction_guides.h"
#include "launch_braces.h"
#include "lenience.h"
#include "preprocessor_watch.h"
#include "remedies.h"
#include "source_spellings.h"
#include "toolkit_guard.h"
#include "variable_array_pointers.h"
#include "variable_arrays.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/DiagnosticAST.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Frontend/Utils.h"
#include "clang/Lex/LexDiagnostic.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/VirtualFileSystem.h"

using namespace npu;

namespace {

// Keeps Clang's errors as text, and takes for itself the two kinds that mean "CUDA, but not here":
// an undeclared name, and a function whose row is a gap.
class ErrorCollector : public clang::DiagnosticConsumer {
public:
  ErrorCollector(ParseOutcome &outcome, ProgramFacts &facts, RewrittenSources &rewritten)
      : outcome(outcome), facts(facts), rewritten(rewritten) {}

  void BeginSourceFile(const clang::LangOptions &options, const clang::Preprocessor *) override {
    language = options;
  }
  void setPlaces(FactPlaces *watched) { places = watched; }

  void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                        const clang::Diagnostic &diagnostic) override {
    bool isError = level >= clang::DiagnosticsEngine::Error;
    if (isChildLaunch(diagnostic) || hideInitializer(diagnostic, rewritten) ||
        hideVariableArrayPointer(diagnostic, rewritten) ||
        hideLaunchBraces(diagnostic, rewritten) || isCapturedBinding(diagnostic))
      return;
    if (!isError && !(level == clang::DiagnosticsEngine::Note && lastShown))
      return;
    lastShown = false;
    if (isError && isKnownGap(diagnostic))
      return;
    if (isError && places && places->errorsAreFacts) {
      llvm::SmallString<128> message;
      diagnostic.FormatDiagnostic(message);
      if (places->noteError(diagnostic.getLocation(), message.str().str()))
        return;
    }
    if (isError)
      outcome.failed = true;
    lastShown = true;
    std::string text;
    llvm::raw_string_ostream out(text);
    clang::TextDiagnosticPrinter printer(out, new clang::DiagnosticOptions());
    printer.BeginSourceFile(language, nullptr);
    printer.HandleDiagnostic(level, diagnostic);
    printer.EndSourceFile();
    outcome.messages.push_back(out.str() + remedyLine(diagnostic));
  }

private:
  static std::string nameArgument(const clang::Diagnostic &diagnostic) {
    if (diagnostic.getNumArgs() == 0)
      return "";
    switch (diagnostic.getArgKind(0)) {
    case clang::DiagnosticsEngine::ak_identifierinfo:
      return diagnostic.getArgIdentifier(0)->getName().str();
    case clang::DiagnosticsEngine::ak_declarationname:
      return clang::DeclarationName::getFromOpaqueInteger(diagnostic.getRawArg(0)).getAsString();
    default:
      return "";
    }
  }

  bool isKnownGap(const clang::Diagnostic &diagnostic) {
    switch (diagnostic.getID()) {
    case clang::diag::err_unavailable:
    case clang::diag::err_unavailable_message:
      return true; // only our gap rows are so marked; the rules report them
    case clang::diag::err_pp_hash_error:
      // Headers of ours that stand for what has no counterpart are an #error.
      if (!places || !places->isOurs(places->sources.getFileID(diagnostic.getLocation())))
        return false;
      places->noteMissingHeader(diagnostic.getLocation(), "");
      return true;
    case clang::diag::err_non_template_in_template_id:
    case clang::diag::err_undeclared_var_use:
    case clang::diag::err_undeclared_use:
    case clang::diag::err_unknown_typename:
      break;
    default:
      return false;
    }
    std::string name = nameArgument(diagnostic);
    if (!looksLikeCuda(name) || !places)
      return false;
    FactPlaces::Place at = places->place(diagnostic.getLocation());
    if (at.file)
      facts.unknownNames[{at.path, at.offset}] = name;
    return at.file != nullptr;
  }

  // A launch by device code is no error, but Clang's first word on it may be that a call has no
  // candidate, and only a note that this is why: the error is taken back then.
  bool isChildLaunch(const clang::Diagnostic &diagnostic) {
    if (diagnostic.getID() == clang::diag::err_ovl_no_viable_function_in_call)
      beforeUnresolved = {outcome.messages.size(), outcome.failed};
    clang::SourceLocation launch = launchErrors.placeIn(diagnostic);
    if (launch.isInvalid() || !places)
      return false;
    if (FactPlaces::Place at = places->place(launch); at.file) {
      at.file->childLaunches.insert(at.offset);
      facts.parseErrors.erase({at.path, at.offset});
    } else if (!places->isOurs(places->sources.getFileID(places->sources.getSpellingLoc(launch)))) {
      return false;
    }
    if (diagnostic.getID() == clang::diag::note_ovl_candidate_bad_target) {
      outcome.messages.resize(beforeUnresolved.first);
      outcome.failed = beforeUnresolved.second;
    }
    lastShown = false;
    return true;
  }

  ParseOutcome &outcome;
  ProgramFacts &facts;
  RewrittenSources &rewritten;
  FactPlaces *places = nullptr;
  clang::LangOptions language;
  bool lastShown = false;
  ChildLaunchErrors launchErrors;
  std::pair<size_t, bool> beforeUnresolved; // the messages and the outcome
};

class CollectConsumer : public clang::ASTConsumer {
public:
  CollectConsumer(clang::Preprocessor &preprocessor, FactPlaces &places)
      : preprocessor(preprocessor), places(places) {}
  void HandleTranslationUnit(clang::ASTContext &context) override {
    watchAst(context, preprocessor, places);
  }

private:
  clang::Preprocessor &preprocessor;
  FactPlaces &places;
};

class CollectAction : public clang::ASTFrontendAction {
public:
  CollectAction(const ParseOptions &options, ProgramFacts &facts, ErrorCollector &errors)
      : options(options), facts(facts), errors(errors) {}

  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler,
                                                        llvm::StringRef) override {
    places =
        std::make_unique<FactPlaces>(compiler.getSourceManager(), realFolder(options.headerFolder),
                                     facts, options.errorsAreFacts);
    errors.setPlaces(places.get());
    watchPreprocessor(compiler.getPreprocessor(), *places);
    std::vector<std::unique_ptr<clang::ASTConsumer>> both;
    both.push_back(allowChildLaunches());
    both.push_back(shareDeductionGuides());
    both.push_back(std::make_unique<CollectConsumer>(compiler.getPreprocessor(), *places));
    return std::make_unique<clang::MultiplexConsumer>(std::move(both));
  }
  bool BeginSourceFileAction(clang::CompilerInstance &compiler) override {
    if (options.kernelSource)
      acceptSpellings(compiler);
    return ASTFrontendAction::BeginSourceFileAction(compiler);
  }
  void EndSourceFileAction() override {
    places->reportMissingHeader();
    errors.setPlaces(nullptr);
  }

private:
  const ParseOptions &options;
  ProgramFacts &facts;
  ErrorCollector &errors;
  std::unique_ptr<FactPlaces> places;
};

// The files of an installed CUDA toolkit do not exist here, wherever it lies: a header that we do
// not provide must be reported, not taken from there. Notes what was asked for.
class NoToolkit : public llvm::vfs::ProxyFileSystem {
public:
  explicit NoToolkit(FileStates &lookedAt)
      : ProxyFileSystem(llvm::vfs::getRealFileSystem()), lookedAt(lookedAt) {}

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine &path) override {
    if (isHidden(path.str()))
      return std::make_error_code(std::errc::no_such_file_or_directory);
    llvm::ErrorOr<llvm::vfs::Status> found = ProxyFileSystem::status(path);
    note(path, found);
    return found;
  }
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>>
  openFileForRead(const llvm::Twine &path) override {
    if (isHidden(path.str()))
      return std::make_error_code(std::errc::no_such_file_or_directory);
    auto file = ProxyFileSystem::openFileForRead(path);
    note(path, file ? (*file)->status() : file.getError());
    return file;
  }

private:
  void note(const llvm::Twine &path, const llvm::ErrorOr<llvm::vfs::Status> &found) {
    lookedAt.try_emplace(path.str(), found ? stateOf(*found) : FileState());
  }

  bool isHidden(llvm::StringRef path) {
    for (llvm::StringRef folder = llvm::sys::path::parent_path(path); !folder.empty();
         folder = llvm::sys::path::parent_path(folder)) {
      auto [known, isNew] = toolkits.try_emplace(folder, false);
      if (isNew)
        known->second = isToolkitFolder(folder);
      if (known->second)
        return isToolkitHeaderName(path.drop_front(folder.size()).ltrim('/'));
    }
    return false;
  }

  FileStates &lookedAt;
  llvm::StringMap<bool> toolkits;
};

bool isCxxStandard(llvm::StringRef argument) {
  return argument.startswith("-std=") && argument.contains("++");
}

std::vector<std::string> commandLine(const ParseOptions &options) {
  const std::string &folder = options.headerFolder;
  const bool isC = !options.kernelSource && llvm::sys::path::extension(options.input) == ".c";
  std::vector<std::string> line = {NPU_CLANG_EXECUTABLE, "-fsyntax-only",       "-w",
                                   "-ferror-limit=0",    "-fno-spell-checking", "-std=c++17"};
  if (options.kernelSource) {
    // The version is npucc's: it selects what a launch calls.
    line.insert(line.end(), {"-x", "cuda", "--cuda-path=/nonexistent", "-nocudainc", "-nocudalib",
                             "-Xclang", "-target-sdk-version=11.5", "--cuda-gpu-arch=sm_80",
                             options.deviceSide ? "--cuda-device-only" : "--cuda-host-only",
                             "-D__CUDACC__", "-D__NVCC__", "-DNPU_TRANSLATOR"});
  } else if (isC) {
    line.back() = "-std=gnu17";
    line.insert(line.end(), {"-x", "c"});
  }
  if (options.kernelSource)
    line.insert(line.end(), std::begin(kLenience), std::end(kLenience));
  line.insert(line.end(), {"-I" + folder + "/cuda", "-I" + folder, "-ivfsoverlay",
                           folder + "/packages/overlay.yaml"});
  // A standard of C++ is for the C++ files among the inputs.
  for (const std::string &argument : options.clangArguments)
    if (!isC || !isCxxStandard(argument))
      line.push_back(argument);
  if (options.preInclude)
    line.insert(line.end(), {"-include", "cuda_runtime.h"});
  line.push_back(options.input);
  return line;
}

// One parse of the sources as `rewritten` has them.
ParseOutcome parseOnce(const ParseOptions &options, ProgramFacts &facts,
                       RewrittenSources &rewritten) {
  ParseOutcome outcome;
  ErrorCollector errors(outcome, facts, rewritten);
  auto diagnostics =
      clang::CompilerInstance::createDiagnostics(new clang::DiagnosticOptions(), &errors,
                                                 /*ShouldOwnClient=*/false);
  std::vector<std::string> line = commandLine(options);
  std::vector<const char *> arguments;
  for (const std::string &argument : line)
    arguments.push_back(argument.c_str());
  clang::CreateInvocationOptions creation;
  creation.Diags = diagnostics;
  std::unique_ptr<clang::CompilerInvocation> invocation =
      clang::createInvocation(arguments, std::move(creation));
  if (!invocation) {
    outcome.failed = true;
    return outcome;
  }
  invocation->getFrontendOpts().DisableFree = false;
  for (const auto &[path, text] : rewritten.texts())
    invocation->getPreprocessorOpts().addRemappedFile(
        path, llvm::MemoryBuffer::getMemBufferCopy(text, path).release());
  clang::CompilerInstance compiler;
  compiler.setInvocation(std::move(invocation));
  compiler.createDiagnostics(&errors, /*ShouldOwnClient=*/false);
  compiler.createFileManager(clang::createVFSFromCompilerInvocation(
      compiler.getInvocation(), *diagnostics,
      llvm::makeIntrusiveRefCnt<NoToolkit>(outcome.lookedAt)));
  compiler.setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
  CollectAction action(options, facts, errors);
  bool parsed = compiler.ExecuteAction(action);
  // Errors that were taken for gaps do not make a parse fail, but one that says nothing did not
  // happen.
  if (!parsed && !compiler.getDiagnostics().hasErrorOccurred())
    outcome.failed = true;
  return outcome;
}

} // namespace

std::string npu::realFolder(llvm::StringRef folder) {
  llvm::SmallString<256> path;
  if (llvm::sys::fs::real_path(folder, path))
    return "";
  return path.str().str() + "/";
}

ParseOutcome npu::parse(const ParseOptions &options, ProgramFacts &facts) {
  // A place that is hidden can let Clang see further ones: in templates that the first
  // instantiates.
  constexpr int kMostParses = 16;
  RewrittenSources rewritten;
  for (int parses = 1;; ++parses) {
    ProgramFacts found = facts;
    ParseOutcome outcome = parseOnce(options, found, rewritten);
    if (!rewritten.rewrite() || parses == kMostParses) {
      facts = std::move(found);
      return outcome;
    }
  }
}
