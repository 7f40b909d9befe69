// Reads the command line, checks it as a whole, keeps CUDA toolkits out, and starts the build.
#include "driver/driver.h"

#include "driver/argument_list.h"
#include "driver/build.h"
#include "driver/options.h"
#include "driver/toolkit.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace llvm;

namespace npu::driver {

namespace {

// The CUDA release whose command line, macros and headers npucc follows. Build systems read the
// "release" line; CMake takes a compiler for nvcc by the name after "nvcc:".
constexpr const char *kVersionText =
    "npucc: cu2npu " NPU_VERSION ", in place of nvcc: NVIDIA (R) Cuda compiler driver\n"
    "Cuda compilation tools, release 12.8, V12.8.0\n"
    "Build cu2npu_" NPU_VERSION "\n";

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

// nvcc reads more options from these two variables.
std::vector<std::string> withEnvironment(ArrayRef<std::string> arguments) {
  std::vector<std::string> all;
  if (const char *text = getenv("NVCC_PREPEND_FLAGS"))
    all = splitWords(text);
  all.insert(all.end(), arguments.begin(), arguments.end());
  if (const char *text = getenv("NVCC_APPEND_FLAGS"))
    for (std::string &word : splitWords(text))
      all.push_back(std::move(word));
  return all;
}

Error checkWhole(const Settings &settings) {
  if (settings.inputs.empty())
    return failure("no input files; use option --help for more information");
  bool joins = settings.phase == Phase::Link || settings.phase == Phase::DeviceLink ||
               settings.phase == Phase::Library;
  if (!joins && settings.inputs.size() > 1 && !settings.output.empty())
    return failure("-o names one output, but " + Twine(settings.inputs.size()) +
                   " inputs are compiled without linking; leave -o out, or use -odir");
  if (settings.run && settings.phase != Phase::Link)
    return failure("--run needs a linked program");
  if (settings.run && settings.shared)
    return failure("--run needs a program, not a shared library");
  // equivalent() compares the files themselves, whatever they are called.
  for (const std::string &input : settings.inputs)
    for (const std::string &output : {settings.output, settings.dependencyFile})
      if (!output.empty() && sys::fs::is_regular_file(input) && sys::fs::equivalent(input, output))
        return failure("the output '" + output + "' is the input '" + input +
                       "', which it would overwrite");
  for (const std::string &folder : {settings.outputDirectory, settings.keepDirectory})
    if (!folder.empty() && !sys::fs::is_directory(folder))
      return failure("'" + folder + "' is not a folder");
  return Error::success();
}

// Removes toolkit folders and libraries from the settings, and library files from the inputs.
Error keepToolkitsOut(ToolkitFilter &filter, Settings &settings, bool &withRuntime) {
  filter.environment();
  settings.includeFolders = filter.includeFolders(settings.includeFolders);
  settings.systemIncludeFolders = filter.includeFolders(settings.systemIncludeFolders);
  settings.libraryFolders = filter.libraryFolders(settings.libraryFolders);
  Expected<std::vector<std::string>> libraries = filter.libraries(settings.libraries, withRuntime);
  if (!libraries)
    return libraries.takeError();
  settings.libraries = std::move(*libraries);
  std::vector<std::string> inputs;
  for (const std::string &input : settings.inputs) {
    Expected<bool> keep = filter.keepsLibraryFile(input, withRuntime);
    if (!keep)
      return keep.takeError();
    if (*keep)
      inputs.push_back(input);
  }
  settings.inputs = std::move(inputs);
  return Error::success();
}

// What build systems read from "nvcc -v", in nvcc's form: CMake takes the toolkit's folder, the
// architecture, and from the line of the link what it must add when it links by itself.
void printForBuildSystems(const Layout &layout, const Settings &settings) {
  if (layout.toolkit.empty())
    return;
  std::string libraries = "-L" + shellQuote(layout.toolkit + "/lib64");
  const char *path = getenv("PATH");
  errs() << "#$ TOP=" << layout.toolkit << "\n#$ NVVMIR_LIBRARY_DIR=" << layout.toolkit
         << "/nvvm/libdevice\n#$ PATH=" << layout.toolkit << "/bin:" << (path ? path : "")
         << "\n#$ INCLUDES=-I" << shellQuote(layout.toolkit + "/include")
         << "\n#$ LIBRARIES=" << libraries << "\n#$ ARCHITECTURE=-arch compute_80\n";
  if (settings.phase == Phase::Link && !settings.noRuntime && !settings.dryRun)
    errs() << "npucc: note: a link without npucc needs\n#$ " << shellQuote(layout.clang) << ' '
           << libraries << " -lcudadevrt -lcudart_static -lrt -lpthread -ldl\n";
}

Expected<int> drive(StringRef program, ArrayRef<std::string> arguments) {
  std::vector<std::string> notes, warnings;
  Expected<Settings> settings = parseCommandLine(withEnvironment(arguments), warnings);
  if (!settings)
    return settings.takeError();
  if (settings->help || settings->version) {
    outs() << (settings->help ? helpText() : kVersionText);
    return 0;
  }
  if (settings->listArchitectures || settings->listCodes) {
    outs() << (settings->listArchitectures ? "compute_80\n" : "sm_80\n"); // __CUDA_ARCH__ 800
    return 0;
  }
  if (!settings->noWarnings)
    for (const std::string &warning : warnings)
      errs() << "npucc: warning: " << warning << '\n';
  Expected<Layout> layout = findLayout(program);
  if (!layout)
    return layout.takeError();
  if (!settings->hostCompiler.empty())
    notes.push_back("-ccbin " + settings->hostCompiler + ": ignored; " + layout->clang +
                    " compiles the host side");
  if (settings->verbose || settings->dryRun)
    printForBuildSystems(*layout, *settings);
  ToolkitFilter filter(*layout, notes);
  bool withRuntime = !settings->noRuntime;
  if (Error error = keepToolkitsOut(filter, *settings, withRuntime))
    return error;
  if (settings->verbose)
    for (const std::string &note : notes)
      errs() << "npucc: note: " << note << '\n';
  if (Error error = checkWhole(*settings))
    return error;
  Expected<std::vector<Input>> inputs = classifyInputs(*settings);
  if (!inputs)
    return inputs.takeError();
  return Build(*layout, *settings, std::move(*inputs), withRuntime).run();
}

} // namespace

int runDriver(StringRef program, ArrayRef<std::string> arguments) {
  Expected<int> status = drive(program, arguments);
  if (status)
    return *status;
  errs() << "npucc: error: " << toString(status.takeError()) << '\n';
  return 1;
}

} // namespace npu::driver
