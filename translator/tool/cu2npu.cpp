// cu2npu: translates CUDA sources into vendor-neutral ones. The command line only; see
// translation.h.
#include "driver/layout.h"
#include "explain.h"
#include "project/intercept.h"
#include "translation.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <CLI/CLI.hpp>
#include <thread>

namespace {

constexpr int kFailed = static_cast<int>(npu::TranslateStatus::Failed);

int fail(const llvm::Twine &message) {
  llvm::errs() << "cu2npu: error: " << message << "\n";
  return kFailed;
}

// Clang-style flags go to the front end as they are; the rest is for CLI11. Everything after "--"
// is Clang's.
void splitArguments(int argc, char **argv, std::vector<std::string> &own,
                    std::vector<std::string> &clangs) {
  bool onlyClang = false;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef argument = argv[i];
    bool takesNext = argument == "-I" || argument == "-D" || argument == "-U" ||
                     argument == "-isystem" || argument == "-include" || argument == "-x" ||
                     argument == "-iquote";
    bool isClangs = takesNext || argument.startswith("-I") || argument.startswith("-D") ||
                    argument.startswith("-U") || argument.startswith("-std=") ||
                    argument.startswith("-isystem") || argument.startswith("-f");
    if (!onlyClang && argument == "--") {
      onlyClang = true;
    } else if (onlyClang || isClangs) {
      clangs.push_back(argument.str());
      if (takesNext && i + 1 < argc)
        clangs.push_back(argv[++i]);
    } else {
      own.push_back(argument.str());
    }
  }
}

std::string programFile(const char *invokedAs) {
  static int anchor; // any address in this binary: the way to find its path
  return llvm::sys::fs::getMainExecutable(invokedAs, &anchor);
}

// cu2npu intercept [-o compile_commands.json] -- make ...
int interceptBuild(int argc, char **argv) {
  npu::InterceptOptions options;
  options.output = "compile_commands.json";
  int next = 2;
  for (; next < argc && llvm::StringRef(argv[next]) != "--"; ++next) {
    if (llvm::StringRef(argv[next]) != "-o" || next + 1 == argc)
      return fail(llvm::Twine("intercept: unknown argument '") + argv[next] +
                  "'; the form is: cu2npu intercept [-o FILE] -- COMMAND");
    options.output = argv[++next];
  }
  options.command.assign(argv + std::min(next + 1, argc), argv + argc);
  options.program = programFile(argv[0]);
  options.npucc = (llvm::sys::path::parent_path(options.program) + "/npucc").str();
  auto layout = npu::driver::findLayout(options.program);
  if (!layout)
    return fail(llvm::toString(layout.takeError()));
  options.toolkit = layout->toolkit;
  llvm::Expected<int> status = npu::intercept(options);
  return status ? *status : fail(llvm::toString(status.takeError()));
}

int explainNames(int argc, char **argv) {
  if (argc < 3)
    return fail("explain what? Give a CUDA name, a header or a diagnostic's id");
  bool allKnown = true;
  for (int i = 2; i < argc; ++i)
    allKnown = npu::explain(argv[i], llvm::outs()) && allKnown;
  return allKnown ? 0 : 1;
}

// What CLI11 reads before it means something to translate().
struct Lists {
  std::vector<std::string> reports, errors, definitionSets;
  bool quiet = false;
};

void addOptions(CLI::App &app, npu::TranslateOptions &options, Lists &lists) {
  app.set_version_flag("--version", "cu2npu " NPU_VERSION);
  app.add_option("sources", options.inputs, "CUDA sources: .cu, or .cpp that call CUDA libraries");
  app.add_option("-o,--output,--out-root", options.outputFolder, "Folder for the translated files");
  app.add_option("--headers", options.headerFolder, "Folder of cu2npu's own headers");
  app.add_option("-j,--jobs", options.jobs,
                 "Parse so many sources at once (default: one per core)");
  app.add_flag("-q,--quiet", lists.quiet, "Do not list the files written, show no progress");

  app.add_option("--rules", options.ruleFiles,
                 "YAML files with names and headers of your own, and what becomes of them");

  const char *project = "Whole projects";
  app.add_option("--in-root", options.root,
                 "The project's folder: its files keep their places; without sources, -p or "
                 "--parse-build-log, every source in it that uses CUDA is translated")
      ->group(project);
  app.add_option("-p,--build", options.buildFolder, "compile_commands.json, or the folder it is in")
      ->group(project);
  app.add_option("--parse-build-log", options.buildLog,
                 "Take sources and their options from what a build printed")
      ->group(project);
  app.add_option("--exclude", options.exclude,
                 "Patterns of files or folders below --in-root to leave out")
      ->delimiter(',')
      ->group(project);
  app.add_flag("--copy-others", options.copyOthers, "Copy the other files of --in-root, too")
      ->group(project);
  app.add_flag("--in-place", options.inPlace,
               "Change the files of --in-root; each original is kept as *.orig")
      ->group(project);
  app.add_flag("-k,--keep-going", options.keepGoing,
               "Translate what is understood of sources with errors (default for whole projects)")
      ->group(project);
  app.add_option("--define-set", lists.definitionSets,
                 "Read each source with these definitions (A=1,B,-C), once per --define-set, and "
                 "translate from all")
      ->group(project);

  app.add_flag("--migrate-cmake", options.migrateCmake,
               "Rewrite CMakeLists.txt and *.cmake, too: those given, or all of --in-root")
      ->group(project);
  app.add_flag("--migrate-makefile", options.migrateMakefile,
               "Rewrite makefiles, too: those given, or all of --in-root")
      ->group(project);

  const char *output = "Reports and messages";
  app.add_flag("--dry-run", options.dryRun, "Write no source; reports are written")->group(output);
  app.add_flag("--diff", options.diff, "Print what changes, as a unified diff")->group(output);
  app.add_option("--report", lists.reports,
                 "html, json, md: write a report into the output folder; or a file of such a name")
      ->delimiter(',')
      ->group(output);
  app.add_option("--diagnostics", options.diagnosticsFile,
                 "Write the diagnostics to this file, .json or .sarif")
      ->group(output);
  app.add_option("--suppress", options.suppressed, "Diagnostics not to mention (npu-partial,...)")
      ->delimiter(',')
      ->group(output);
  app.add_option("--werror", lists.errors,
                 "untranslated: write nothing when something is left; or ids that count as errors")
      ->delimiter(',')
      ->group(output);
}

void applyLists(const Lists &lists, npu::TranslateOptions &options) {
  for (const std::string &report : lists.reports)
    options.reportFiles.push_back(llvm::StringRef(report).contains('.') ? report
                                  : options.outputFolder.empty()
                                      ? "cu2npu-report." + report
                                      : options.outputFolder + "/cu2npu-report." + report);
  for (const std::string &error : lists.errors)
    if (error == "untranslated")
      options.untranslatedIsFailure = true;
    else
      options.errors.insert(error);
  for (const std::string &set : lists.definitionSets) {
    std::vector<std::string> arguments;
    llvm::SmallVector<llvm::StringRef, 8> names;
    llvm::StringRef(set).split(names, ',', -1, /*KeepEmpty=*/false);
    for (llvm::StringRef name : names)
      arguments.push_back(name.consume_front("-") ? "-U" + name.str() : "-D" + name.str());
    options.definitionSets.push_back(std::move(arguments));
  }
  bool wholeProject =
      !options.root.empty() || !options.buildFolder.empty() || !options.buildLog.empty();
  options.keepGoing |= wholeProject;
  options.resumable = wholeProject;
  options.progress = wholeProject && !lists.quiet && llvm::errs().is_displayed();
}

} // namespace

int main(int argc, char **argv) {
  if (npu::isStandIn(argv[0]))
    return npu::runStandIn(argc, argv);
  if (argc > 1 && llvm::StringRef(argv[1]) == "explain")
    return explainNames(argc, argv);
  if (argc > 1 && llvm::StringRef(argv[1]) == "intercept")
    return interceptBuild(argc, argv);
  npu::TranslateOptions options;
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> own;
  Lists lists;
  splitArguments(argc, argv, own, options.clangArguments);

  CLI::App app(
      "Translates CUDA sources into readable, vendor-neutral C++ for npucc.\n"
      "Clang's -I -D -U -isystem -iquote -include -std= -x cu are understood, too, and "
      "anything after --.\n"
      "cu2npu explain NAME... says what is known of a CUDA name, a header or a diagnostic.\n"
      "Exit status: 0 clean, 1 something is left to do by hand, 2 nothing was written.",
      "cu2npu");
  addOptions(app, options, lists);
  std::reverse(own.begin(), own.end());
  try {
    app.parse(own);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error); // --help, --version
    return fail(llvm::Twine(error.what()) + "; use --help for more information");
  }
  if (!app.count("--output") && !options.inPlace && !options.dryRun)
    return fail("--output is required; use --help for more information");
  applyLists(lists, options);

  if (options.headerFolder.empty()) {
    auto layout = npu::driver::findLayout(programFile(argv[0]));
    if (!layout)
      return fail(llvm::toString(layout.takeError()));
    options.headerFolder = layout->includeFolders.back();
  }
  npu::TranslateResult result = npu::translateTo(llvm::errs(), options);
  llvm::outs() << result.diff;
  if (!lists.quiet)
    for (const std::string &path : result.written)
      llvm::outs() << path << "\n";
  return static_cast<int>(result.status);
}
