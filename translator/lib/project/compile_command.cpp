// See compile_command.h: what a compiler's command line means for the front end. nvcc's options are
// npucc's table; of other compilers' options those are kept that change what a source means.
#include "project/compile_command.h"
#include "driver/options.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

std::string absolute(llvm::StringRef file, llvm::StringRef directory) {
  llvm::SmallString<256> result(file);
  llvm::sys::fs::make_absolute(directory, result);
  path::remove_dots(result, /*remove_dot_dot=*/true);
  return result.str().str();
}

bool isSource(llvm::StringRef file) {
  return llvm::StringSwitch<bool>(path::extension(file))
      .Cases(".cu", ".cpp", ".cc", ".cxx", ".c", ".C", true)
      .Default(false);
}

bool isNvcc(llvm::StringRef program) {
  llvm::StringRef name = path::filename(program);
  return name == "nvcc" || name == "npucc";
}

void addSources(llvm::ArrayRef<std::string> inputs, llvm::StringRef directory,
                const std::vector<std::string> &arguments, llvm::StringRef language,
                std::vector<CompiledSource> &sources) {
  for (const std::string &input : inputs) {
    if (!isSource(input))
      continue;
    CompiledSource source{absolute(input, directory), arguments};
    if (language == "cu" || language == "cuda")
      source.clangArguments.insert(source.clangArguments.end(), {"-x", "cu"});
    sources.push_back(std::move(source));
  }
}

std::vector<CompiledSource> nvccSources(const CompileCommand &command) {
  std::vector<std::string> arguments = {"--forward-unknown-to-host-compiler"};
  arguments.insert(arguments.end(), command.arguments.begin() + 1, command.arguments.end());
  std::vector<std::string> warnings;
  llvm::Expected<driver::Settings> settings = driver::parseCommandLine(arguments, warnings);
  std::vector<CompiledSource> sources;
  if (!settings) {
    llvm::consumeError(settings.takeError()); // a command that npucc itself would refuse
    return sources;
  }
  if (settings->help || settings->version)
    return sources;
  std::vector<std::string> result;
  for (size_t i = 0; i < settings->preprocessor.size(); ++i) {
    bool file = i > 0 && settings->preprocessor[i - 1] == "-include";
    result.push_back(file ? absolute(settings->preprocessor[i], command.directory)
                          : settings->preprocessor[i]);
  }
  for (const std::string &folder : settings->includeFolders)
    result.push_back("-I" + absolute(folder, command.directory));
  for (const std::string &folder : settings->systemIncludeFolders)
    result.insert(result.end(), {"-isystem", absolute(folder, command.directory)});
  if (!settings->standard.empty())
    result.push_back("-std=" + settings->standard);
  if (llvm::is_contained(settings->compilerOptions, "-fopenmp"))
    result.push_back("-fopenmp");
  addSources(settings->inputs, command.directory, result, settings->language, sources);
  return sources;
}

std::vector<CompiledSource> hostSources(const CompileCommand &command) {
  std::vector<std::string> result, inputs;
  std::string language;
  for (size_t i = 1; i < command.arguments.size(); ++i) {
    llvm::StringRef argument = command.arguments[i];
    auto value = [&](llvm::StringRef option) {
      llvm::StringRef joined = argument.drop_front(option.size());
      return !joined.empty()                    ? joined.str()
             : i + 1 < command.arguments.size() ? command.arguments[++i]
                                                : std::string();
    };
    if (argument == "-E" || argument == "-M" || argument == "-MM")
      return {};
    if (argument == "-isystem" || argument == "-iquote" || argument == "-idirafter")
      result.insert(result.end(), {argument.str(), absolute(value(argument), command.directory)});
    else if (argument == "-include")
      result.insert(result.end(), {"-include", absolute(value(argument), command.directory)});
    else if (argument.startswith("-I"))
      result.push_back("-I" + absolute(value("-I"), command.directory));
    else if (argument.startswith("-D") || argument.startswith("-U"))
      result.push_back(argument.take_front(2).str() + value(argument.take_front(2)));
    else if (argument == "-x")
      language = value("-x");
    else if (argument.startswith("-std=") || argument == "-fopenmp")
      result.push_back(argument.str());
    else if (argument == "-o" || argument == "-MF" || argument == "-MT" || argument == "-MQ")
      ++i;
    else if (!argument.startswith("-"))
      inputs.push_back(argument.str());
  }
  std::vector<CompiledSource> sources;
  addSources(inputs, command.directory, result, language, sources);
  return sources;
}

} // namespace

bool npu::isCompiler(llvm::StringRef program) {
  if (isNvcc(program))
    return true;
  llvm::StringRef name = path::filename(program);
  name = name.rtrim("0123456789.").rtrim('-'); // g++-12, clang++-15
  for (llvm::StringRef known : {"gcc", "g++", "cc", "c++", "clang", "clang++"})
    if (name == known || (name.endswith(known) && name.drop_back(known.size()).endswith("-")))
      return true;
  return false;
}

std::vector<CompiledSource> npu::sourcesOf(const CompileCommand &command) {
  if (command.arguments.empty())
    return {};
  CompileCommand own = command;
  // ccache g++ ..., and whatever else stands before the compiler.
  while (own.arguments.size() > 1 && !isCompiler(own.arguments.front()) &&
         isCompiler(own.arguments[1]))
    own.arguments.erase(own.arguments.begin());
  return isNvcc(own.arguments.front()) ? nvccSources(own) : hostSources(own);
}
