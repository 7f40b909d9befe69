// cu2npu: translates CUDA sources into vendor-neutral ones. The command line only; see
// npu/translate.h.
#include "driver/layout.h"
#include "explain.h"
#include "npu/translate.h"

#include "llvm/Support/FileSystem.h"
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

int explainNames(int argc, char **argv) {
  if (argc < 3)
    return fail("explain what? Give a CUDA name, a header or a diagnostic's id");
  bool allKnown = true;
  for (int i = 2; i < argc; ++i)
    allKnown = npu::explain(argv[i], llvm::outs()) && allKnown;
  return allKnown ? 0 : 1;
}

void addOptions(CLI::App &app, npu::TranslateOptions &options) {
  app.set_version_flag("--version", "cu2npu " NPU_VERSION);
  app.add_option("sources", options.inputs, "CUDA sources: .cu, or .cpp that call CUDA libraries")
      ->required();
  app.add_option("-o,--output", options.outputFolder, "Folder for the translated files")
      ->required();
  app.add_option("--headers", options.headerFolder, "Folder of cu2npu's own headers");
  app.add_option("-j,--jobs", options.jobs,
                 "Parse so many sources at once (default: one per core)");
  app.add_option("--suppress", options.suppressed, "Diagnostics not to mention (npu-partial,...)")
      ->delimiter(',');
  app.add_option("--diagnostics", options.diagnosticsFile,
                 "Write the diagnostics to this file, .json or .sarif");
}

// --report html,md -> files in the output folder. --werror=untranslated or an id.
void applyLists(const std::vector<std::string> &reports, const std::vector<std::string> &errors,
                npu::TranslateOptions &options) {
  for (const std::string &report : reports)
    options.reportFiles.push_back(llvm::StringRef(report).contains('.')
                                      ? report
                                      : options.outputFolder + "/cu2npu-report." + report);
  for (const std::string &error : errors)
    if (error == "untranslated")
      options.untranslatedIsFailure = true;
    else
      options.errors.insert(error);
}

} // namespace

int main(int argc, char **argv) {
  if (argc > 1 && llvm::StringRef(argv[1]) == "explain")
    return explainNames(argc, argv);
  npu::TranslateOptions options;
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> own, reports, errors;
  splitArguments(argc, argv, own, options.clangArguments);

  CLI::App app(
      "Translates CUDA sources into readable, vendor-neutral C++ for npucc.\n"
      "Clang's -I -D -U -isystem -iquote -include -std= -x cu are understood, too, and "
      "anything after --.\n"
      "cu2npu explain NAME... says what is known of a CUDA name, a header or a diagnostic.\n"
      "Exit status: 0 clean, 1 something is left to do by hand, 2 nothing was written.",
      "cu2npu");
  addOptions(app, options);
  app.add_option("--report", reports,
                 "html, json, md: write a report into the output folder; or a file of such a name")
      ->delimiter(',');
  app.add_option("--werror", errors,
                 "untranslated: write nothing when something is left; or ids that count as errors")
      ->delimiter(',');
  bool quiet = false;
  app.add_flag("-q,--quiet", quiet, "Do not list the files written");
  std::reverse(own.begin(), own.end());
  try {
    app.parse(own);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error); // --help, --version
    return fail(llvm::Twine(error.what()) + "; use --help for more information");
  }
  applyLists(reports, errors, options);

  if (options.headerFolder.empty()) {
    static int anchor; // any address in this binary: the way to find its path
    auto layout = npu::driver::findLayout(llvm::sys::fs::getMainExecutable(argv[0], &anchor));
    if (!layout)
      return fail(llvm::toString(layout.takeError()));
    options.headerFolder = layout->includeFolders.back();
  }
  npu::TranslateResult result = npu::translate(options, llvm::errs());
  if (!quiet)
    for (const std::string &path : result.written)
      llvm::outs() << path << "\n";
  return static_cast<int>(result.status);
}
