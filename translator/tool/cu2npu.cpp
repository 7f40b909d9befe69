// cu2npu: translates CUDA sources into vendor-neutral ones. The command line only; see
// npu/translate.h.
#include "driver/layout.h"
#include "npu/translate.h"

#include "llvm/Support/FileSystem.h"
#include <CLI/CLI.hpp>

namespace {

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

} // namespace

int main(int argc, char **argv) {
  npu::TranslateOptions options;
  std::vector<std::string> own;
  splitArguments(argc, argv, own, options.clangArguments);

  CLI::App app("Translates CUDA sources into readable, vendor-neutral C++ for npucc.\n"
               "Clang's -I -D -U -isystem -iquote -include -std= -x cu are understood, too, and "
               "anything after --.\n"
               "Exit status: 0 clean, 1 something is left to do by hand, 2 nothing was written.",
               "cu2npu");
  app.set_version_flag("--version", "cu2npu " NPU_VERSION);
  app.add_option("sources", options.inputs, "CUDA sources: .cu, or .cpp that call CUDA libraries")
      ->required();
  app.add_option("-o,--output", options.outputFolder, "Folder for the translated files")
      ->required();
  app.add_option("--headers", options.headerFolder, "Folder of cu2npu's own headers");
  bool quiet = false;
  app.add_flag("-q,--quiet", quiet, "Do not list the files written");
  std::reverse(own.begin(), own.end());
  try {
    app.parse(own);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error); // --help, --version
    llvm::errs() << "cu2npu: error: " << error.what() << "; use --help for more information\n";
    return static_cast<int>(npu::TranslateStatus::Failed);
  }

  if (options.headerFolder.empty()) {
    static int anchor; // any address in this binary: the way to find its path
    auto layout = npu::driver::findLayout(llvm::sys::fs::getMainExecutable(argv[0], &anchor));
    if (!layout) {
      llvm::errs() << "cu2npu: error: " << llvm::toString(layout.takeError()) << "\n";
      return static_cast<int>(npu::TranslateStatus::Failed);
    }
    options.headerFolder = layout->includeFolders.back();
  }
  npu::TranslateResult result = npu::translate(options, llvm::errs());
  if (!quiet)
    for (const std::string &path : result.written)
      llvm::outs() << path << "\n";
  return static_cast<int>(result.status);
}
