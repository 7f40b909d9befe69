// See units.h.
#include "units.h"
#include "frontend.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

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

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

} // namespace

llvm::Expected<Unit> npu::openUnit(const std::string &given, std::vector<std::string> arguments) {
  Unit unit;
  llvm::SmallString<256> real;
  if (std::error_code error = llvm::sys::fs::real_path(given, real))
    return failure("cannot read '" + given + "': " + error.message());
  if (!llvm::sys::fs::is_regular_file(real))
    return failure("'" + given + "' is not a file; name the sources to translate");
  auto buffer = llvm::MemoryBuffer::getFile(real);
  if (!buffer)
    return failure("cannot read '" + given + "': " + buffer.getError().message());
  llvm::StringRef text = (*buffer)->getBuffer();
  if (text.contains('\0'))
    return failure("'" + given + "' is not a source file: it holds binary data");
  bool forceCuda = false;
  auto language = std::find(arguments.begin(), arguments.end(), "-x");
  if (language != arguments.end() && language + 1 != arguments.end()) {
    forceCuda = language[1] == "cu" || language[1] == "cuda";
    arguments.erase(language, language + 2);
  }
  unit.given = given;
  unit.real = real.str().str();
  unit.clangArguments = std::move(arguments);
  llvm::StringRef extension = path::extension(given);
  unit.preInclude = forceCuda || extension == ".cu" || extension == ".cuh";
  unit.kernelSource = unit.preInclude || includesKernelHeader(text);
  return unit;
}

std::vector<std::string> npu::includeFolders(const std::vector<Unit> &units) {
  std::vector<std::string> result;
  auto add = [&](llvm::StringRef folder) {
    std::string real = realFolder(folder);
    if (!real.empty() && std::find(result.begin(), result.end(), real) == result.end())
      result.push_back(std::move(real));
  };
  for (const Unit &unit : units)
    for (size_t i = 0; i < unit.clangArguments.size(); ++i) {
      llvm::StringRef argument = unit.clangArguments[i];
      if (argument == "-I" && i + 1 < unit.clangArguments.size())
        add(unit.clangArguments[++i]);
      else if (argument.startswith("-I"))
        add(argument.drop_front(2));
    }
  return result;
}
