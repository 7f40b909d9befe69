// See migration.h: what the two kinds of build files share.
#include "build_files/migration.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

using namespace npu;

BuildFile npu::buildFileKind(llvm::StringRef path) {
  llvm::StringRef name = llvm::sys::path::filename(path);
  if (name == "CMakeLists.txt" || name.endswith(".cmake"))
    return BuildFile::Cmake;
  if (name == "Makefile" || name == "makefile" || name == "GNUmakefile" || name.endswith(".mk"))
    return BuildFile::Make;
  return BuildFile::None;
}

LibraryState npu::libraryState(llvm::StringRef name) {
  return llvm::StringSwitch<LibraryState>(name)
#define COVERED(library) .Case(#library, LibraryState::Covered)
#define MISSING(library, title) .Case(#library, LibraryState::Missing)
#include "driver/libraries.def"
      .Default(LibraryState::Other);
}

std::string npu::withoutCudaSuffix(llvm::StringRef word) {
  std::string result;
  while (!word.empty()) {
    size_t found = word.find(".cu");
    if (found == llvm::StringRef::npos)
      break;
    llvm::StringRef rest = word.drop_front(found + 3);
    bool ends = rest.empty() || !(std::isalnum(static_cast<unsigned char>(rest[0])) ||
                                  rest[0] == '_' || rest[0] == '.');
    result += word.take_front(found).str() + (ends ? ".cpp" : ".cu");
    word = rest;
  }
  return result + word.str();
}
