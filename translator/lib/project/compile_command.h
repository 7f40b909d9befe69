// How a build compiles its sources, from whatever recorded it, as units to translate.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu {

// One run of a compiler, as it was given.
struct CompileCommand {
  std::string directory;              // where it ran
  std::vector<std::string> arguments; // the compiler first
};

// One source of such a run, with paths made absolute.
struct CompiledSource {
  std::string path;
  std::vector<std::string>
      clangArguments; // for the front end; "-x", "cu" where the command says so
};

// Whether `program` is a compiler by name: nvcc, npucc, g++, clang++-15, x86_64-linux-gnu-gcc, ...
bool isCompiler(llvm::StringRef program);

// The C, C++ and CUDA sources of a command; none when it only links, preprocesses or asks
// something.
std::vector<CompiledSource> sourcesOf(const CompileCommand &command);

// Reads compile_commands.json; `path` is the file or its folder.
llvm::Expected<std::vector<CompileCommand>> readCompileCommands(llvm::StringRef path);

// Reads what a build printed: compilers' command lines among anything else. Follows `cd folder &&`
// and make's "Entering directory"; the build began in `directory`.
llvm::Expected<std::vector<CompileCommand>> readBuildLog(llvm::StringRef path,
                                                         llvm::StringRef directory);

// The text of a compile_commands.json.
std::string compileCommandsText(const std::vector<CompileCommand> &commands);

} // namespace npu
