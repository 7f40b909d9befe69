// What a command line asks for, as plain data: the result of reading options.def's rows against
// argv. Nothing here touches a file.
#pragma once

#include <string>
#include <vector>

namespace npu::driver {

// What the run ends with.
enum class Phase { Link, Compile, Preprocess, Dependencies, DeviceLink, Library, DeviceImage };

// What Phase::DeviceImage writes: the same image, as bytes or as text (npu/image_text.h).
enum class ImageForm { Fatbin, Cubin, Text };

struct Settings {
  ImageForm imageForm = ImageForm::Fatbin;
  Phase phase = Phase::Link;
  std::vector<std::string> inputs;
  std::string output;          // empty: nvcc's default name
  std::string outputDirectory; // -odir
  std::string language;        // -x: "", "cu", "c++" or "c"

  // Clang spellings, in the order given: {"-D", "A=1", "-include", "x.h"}.
  std::vector<std::string> preprocessor;
  std::vector<std::string> includeFolders;
  std::vector<std::string> systemIncludeFolders;
  std::string standard; // "c++17"; empty: gnu++17
  std::string optimize; // "3"; empty: the host compiler's default
  bool debug = false, deviceDebug = false, profile = false;
  bool noWarnings = false, warningsAreErrors = false, reorderWarnings = false;
  bool noDeprecatedDeclarations = false, noExceptions = false;
  std::string templateDepth, templateBacktraceLimit;
  std::vector<std::string> compilerOptions, linkerOptions, archiveOptions, assemblerOptions;
  bool forwardUnknownToCompiler = false, forwardUnknownToLinker = false;
  std::vector<std::string> unknown; // in the order given, when forwarded

  bool relocatable = false;
  bool extendedLambda = false, relaxedConstexpr = false;
  bool fastMath = false, fuseMultiplyAdd = true;
  bool perThreadDefaultStream = false;
  std::string deviceOptimize; // from -Xptxas -O<n>; empty: 3
  std::string dumpPasses;     // folder for the device code's IR after each pass
  std::string deviceLowering; // "", "auto", "warp" or "thread"

  bool shared = false, relocatableLink = false, noDeviceLink = false;
  std::vector<std::string> libraries, libraryFolders; // -l and -L values
  bool noRuntime = false;                             // -cudart=none

  bool onlyUserHeaders = false; // -MM, -MMD
  bool writeDependencies = false, phonyTargets = false;
  std::string dependencyFile, dependencyTarget;

  bool dryRun = false, verbose = false, keep = false, run = false;
  bool help = false, version = false;
  bool listArchitectures = false, listCodes = false;
  std::string keepDirectory;
  std::vector<std::string> runArguments;
  std::string hostCompiler; // -ccbin: only reported
  unsigned threads = 1;     // 0: as many as the machine has cores
};

} // namespace npu::driver
