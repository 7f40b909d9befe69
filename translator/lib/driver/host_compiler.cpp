// Builds Clang's command lines.
#include "driver/host_compiler.h"
#include "lenience.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;

namespace npu::driver {

namespace {

using Arguments = std::vector<std::string>;

void append(Arguments &arguments, const Arguments &more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

// The name goes through the include folders, as ownHeaders() wants it, but past a cuda_runtime.h in
// the current folder, which -include would find first.
constexpr const char *kPreIncluded = "npu/../cuda/cuda_runtime.h";

// Our headers come before every user folder, which only -I gives; their names are declared system
// headers so that the user's warning options do not apply to them and -MM leaves them out.
Arguments ownHeaders(const Layout &layout) {
  Arguments folders, names;
  for (const std::string &folder : layout.includeFolders) {
    folders.push_back("-I" + folder);
    names.push_back("--system-header-prefix=" + folder + "/");
    std::error_code error;
    for (sys::fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const char *slash = sys::fs::is_directory(entry->path()) ? "/" : "";
      names.push_back(
          ("--system-header-prefix=" + sys::path::filename(entry->path()) + slash).str());
    }
  }
  llvm::sort(names); // folders list their files in no order, and command lines should repeat
  append(folders, names);
  append(folders, {"-ivfsoverlay", layout.packageOverlay});
  return folders;
}

// What nvcc defines and Clang does not. libstdc++ and glibc also look at __CUDACC__: they hide
// __float128 then, which device code cannot have; so neutral sources get it too. And the release,
// which sources may ask for before and after translation.
Arguments predefined(const Input &input, const Settings &settings) {
  Arguments arguments = {"-D__CUDACC__", "-D__CUDACC_VER_MAJOR__=12", "-D__CUDACC_VER_MINOR__=8",
                         "-D__CUDACC_VER_BUILD__=0"};
  if (input.kind == InputKind::CudaSource)
    append(arguments,
           {"-D__NVCC__", "-D__NVCC_DIAG_PRAGMA_SUPPORT__=1", "-D__CUDA_ARCH_LIST__=800"});
  if (settings.relocatable)
    arguments.push_back("-D__CUDACC_RDC__");
  if (settings.extendedLambda)
    arguments.push_back("-D__CUDACC_EXTENDED_LAMBDA__");
  if (settings.relaxedConstexpr)
    arguments.push_back("-D__CUDACC_RELAXED_CONSTEXPR__");
  if (settings.deviceDebug)
    arguments.push_back("-D__CUDACC_DEBUG__");
  if (settings.fastMath)
    arguments.push_back("-D__USE_FAST_MATH__");
  return arguments;
}

// -Xcompiler options that decide what the source means: the device side must see them as well.
Arguments meaningful(const Arguments &compilerOptions) {
  static const StringRef separate[] = {"-I",       "-D",      "-U",        "-include",
                                       "-isystem", "-iquote", "-idirafter"};
  static const StringRef joined[] = {"-I", "-D", "-U", "-isystem", "-std="};
  static const StringRef whole[] = {"-fno-exceptions", "-fno-rtti",       "-fsigned-char",
                                    "-funsigned-char", "-fms-extensions", "-fno-operator-names",
                                    "-fshort-enums"};
  Arguments arguments;
  for (size_t i = 0; i < compilerOptions.size(); ++i) {
    StringRef option = compilerOptions[i];
    bool takesNext = is_contained(separate, option) && i + 1 < compilerOptions.size();
    if (takesNext || is_contained(whole, option) ||
        any_of(joined, [&](StringRef prefix) { return option.startswith(prefix); }))
      arguments.push_back(option.str());
    if (takesNext)
      arguments.push_back(compilerOptions[++i]);
  }
  return arguments;
}

Arguments languageArguments(const Input &input, const Settings &settings) {
  Arguments arguments;
  if (input.kind != InputKind::CSource)
    arguments.push_back("-std=" + (settings.standard.empty() ? "gnu++17" : settings.standard));
  if (!settings.templateDepth.empty())
    arguments.push_back("-ftemplate-depth=" + settings.templateDepth);
  if (!settings.templateBacktraceLimit.empty())
    arguments.push_back("-ftemplate-backtrace-limit=" + settings.templateBacktraceLimit);
  return arguments;
}

// Sources written for nvcc and its host compilers: what Clang alone complains about is left out.
const char *const kQuiet[] = {"-Wno-unknown-cuda-version",
                              "-Wno-unused-command-line-argument",
                              "-Wno-unknown-warning-option",
                              "-Wno-ignored-optimization-argument",
                              "-Wno-unknown-pragmas",
                              "-Wno-unknown-attributes",
                              "-Wno-unknown-escape-sequence",
                              "-Wno-return-type-c-linkage",
                              "-Wno-cuda-compat"};

} // namespace

Arguments HostCompiler::sharedArguments(const Input &input, const std::string &unit) const {
  Arguments arguments = languageArguments(input, settings);
  append(arguments, ownHeaders(layout));
  if (input.hasDeviceCode()) {
    // No installed CUDA toolkit is ever looked at. The version selects Clang's current launch
    // calls.
    append(arguments, {"--cuda-path=" + layout.emptyToolkit, "-nocudainc", "-nocudalib"});
    append(arguments, {"-Xclang", "-target-sdk-version=11.5"});
    append(arguments, predefined(input, settings));
    // Clang's driver hands its own -cuid to device compilations only, after -Xclang's.
    if (settings.relocatable)
      append(arguments, {"-cuid=" + unit, "-Xclang", "-cuid=" + unit});
  }
  if (input.kind == InputKind::CudaSource)
    append(arguments, {"-include", kPreIncluded});
  append(arguments, userArguments());
  if (input.hasDeviceCode())
    append(arguments, meaningful(settings.compilerOptions));
  append(arguments, {std::begin(kQuiet), std::end(kQuiet)});
  if (input.hasDeviceCode())
    append(arguments, {std::begin(kLenience), std::end(kLenience)});
  return arguments;
}

Arguments HostCompiler::userArguments() const {
  Arguments arguments;
  if (settings.perThreadDefaultStream)
    arguments.push_back("-DCUDA_API_PER_THREAD_DEFAULT_STREAM");
  for (const std::string &folder : settings.includeFolders)
    arguments.push_back("-I" + folder);
  for (const std::string &folder : settings.systemIncludeFolders)
    append(arguments, {"-isystem", folder});
  append(arguments, settings.preprocessor);
  return arguments;
}

Arguments HostCompiler::frontEnd(const Input &input, const std::string &unit) const {
  Arguments arguments = {layout.clang};
  switch (input.kind) {
  case InputKind::CSource:
    append(arguments, {"-x", "c"});
    break;
  case InputKind::CxxSource:
    append(arguments, {"-x", "c++"});
    break;
  default:
    append(arguments, {"-x", "cuda", "--cuda-host-only", "-fplugin=" + layout.hostPlugin,
                       "-fpass-plugin=" + layout.hostPlugin});
    if (settings.relocatable)
      arguments.push_back("-fgpu-rdc");
  }
  append(arguments, sharedArguments(input, unit));
  append(arguments, codeOptions());
  return arguments;
}

Arguments HostCompiler::codeOptions() const {
  Arguments arguments;
  if (!settings.optimize.empty())
    arguments.push_back("-O" + settings.optimize);
  const std::pair<bool, const char *> switches[] = {
      {settings.shared, "-fPIC"},
      {settings.debug, "-g"},
      {settings.profile, "-pg"},
      {settings.noExceptions, "-fno-exceptions"},
      {settings.reorderWarnings, "-Wreorder"},
      {settings.noDeprecatedDeclarations, "-Wno-deprecated-declarations"},
      {settings.warningsAreErrors, "-Werror"},
      {settings.noWarnings, "-w"}};
  for (auto [wanted, spelling] : switches)
    if (wanted)
      arguments.push_back(spelling);
  append(arguments, settings.compilerOptions);
  if (settings.forwardUnknownToCompiler)
    append(arguments, settings.unknown);
  return arguments;
}

Arguments HostCompiler::compile(const Input &input, const std::string &unit,
                                const std::string &image, const std::string &output,
                                const std::string &dependencyFile,
                                const std::string &dependencyTarget) const {
  Arguments arguments = frontEnd(input, unit);
  if (!image.empty())
    append(arguments, {"-Xclang", "-fcuda-include-gpubinary", "-Xclang", image});
  append(arguments, toObject(input, output, dependencyFile, dependencyTarget));
  return arguments;
}

Arguments HostCompiler::toObject(const Input &input, const std::string &output,
                                 const std::string &dependencyFile,
                                 const std::string &dependencyTarget) const {
  Arguments arguments;
  if (!dependencyFile.empty()) {
    append(arguments, {settings.onlyUserHeaders ? "-MMD" : "-MD", "-MF", dependencyFile, "-MT",
                       dependencyTarget});
    if (settings.phonyTargets)
      arguments.push_back("-MP");
  }
  append(arguments, {"-c", input.path, "-o", output});
  return arguments;
}

Arguments HostCompiler::compileByGcc(const Input &input, const std::string &output,
                                     const std::string &dependencyFile,
                                     const std::string &dependencyTarget) const {
  const bool isC = input.kind == InputKind::CSource;
  if (!isC && input.kind != InputKind::CxxSource)
    return {};
  const ErrorOr<std::string> program = sys::findProgramByName(isC ? "gcc" : "g++");
  if (!program)
    return {};
  Arguments arguments = {*program, "-x", isC ? "c" : "c++"};
  append(arguments, languageArguments(input, settings));
  for (const std::string &folder : layout.includeFolders)
    arguments.push_back("-I" + folder);
  append(arguments, userArguments());
  append(arguments, codeOptions());
  append(arguments, toObject(input, output, dependencyFile, dependencyTarget));
  return arguments;
}

Arguments HostCompiler::preprocess(const Input &input, const std::string &output) const {
  Arguments arguments = frontEnd(input, "");
  append(arguments, {"-E", input.path, "-o", output.empty() ? "-" : output});
  return arguments;
}

Arguments HostCompiler::dependencies(const Input &input, const std::string &output,
                                     const std::string &target) const {
  Arguments arguments = frontEnd(input, "");
  append(arguments, {settings.onlyUserHeaders ? "-MM" : "-M", "-MT", target});
  if (settings.phonyTargets)
    arguments.push_back("-MP");
  append(arguments, {input.path, "-o", output.empty() ? "-" : output});
  return arguments;
}

Arguments HostCompiler::link(const Arguments &files, const Arguments &libraryFolders,
                             const Arguments &libraries, bool withRuntime,
                             const std::string &output) const {
  Arguments arguments = {layout.clang};
  if (settings.shared)
    arguments.push_back("-shared");
  if (settings.profile)
    arguments.push_back("-pg");
  append(arguments, settings.compilerOptions); // -fopenmp, -pthread and -Wl, matter here too
  arguments.push_back("-Wno-unused-command-line-argument");
  append(arguments, files);
  if (settings.forwardUnknownToLinker)
    append(arguments, settings.unknown);
  for (const std::string &folder : libraryFolders)
    arguments.push_back("-L" + folder);
  for (const std::string &option : settings.linkerOptions)
    append(arguments, {"-Xlinker", option});
  for (const std::string &library : libraries)
    arguments.push_back("-l" + library);
  if (withRuntime)
    // The second folder has the driver API by name, for programs that open libcuda.so.1.
    append(arguments, {"-L" + layout.libraryFolder, "-Wl,-rpath," + layout.libraryFolder,
                       "-Wl,-rpath," + layout.libraryFolder + "/cu2npu", "-lnpurt"});
  append(arguments, {"-lpthread", "-ldl", "-lrt", "-o", output});
  return arguments;
}

} // namespace npu::driver
