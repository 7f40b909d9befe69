// See kept_parses.h. A file's name is a hash of what was asked for; it holds a checksum, then the
// facts.
#include "kept_parses.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <dlfcn.h>

using namespace npu;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

// Where this code comes from: the program, or a library in another one.
std::string thisProgram() {
  Dl_info info = {};
  static const int anchor = 0;
  dladdr(&anchor, &info);
  std::string text;
  llvm::raw_string_ostream out(text);
  for (llvm::StringRef file : {"/proc/self/exe", info.dli_fname ? info.dli_fname : ""}) {
    FileState state = stateOf(file);
    out << file << ' ' << state.bytes << ' ' << state.modified << '\n';
  }
  return out.str();
}

std::string checksum(llvm::StringRef bytes) {
  return llvm::utohexstr(llvm::xxHash64(bytes), /*LowerCase=*/true, /*Width=*/16);
}

} // namespace

KeptParses::~KeptParses() {
  if (folder.empty() || !fs::is_directory(folder))
    return;
  fs::remove_directories(folder);
  if (madeParent)
    fs::remove(path::parent_path(folder)); // stays when outputs were written
}

std::string KeptParses::fileOf(const ParseOptions &options) const {
  static const std::string program = thisProgram();
  llvm::SmallString<256> currentFolder;
  fs::current_path(currentFolder);
  llvm::SHA256 hash;
  auto add = [&](llvm::StringRef text) {
    hash.update(text);
    hash.update(llvm::StringRef("\0", 1));
  };
  add(program);
  add(currentFolder);
  add(options.input);
  add(options.headerFolder);
  for (bool flag :
       {options.kernelSource, options.preInclude, options.deviceSide, options.errorsAreFacts})
    add(flag ? "1" : "0");
  for (const std::string &argument : options.clangArguments)
    add(argument);
  return folder + "/" + llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 32);
}

bool KeptParses::isAsItWas(const FileStates &states) {
  for (const auto &[file, then] : states) {
    auto [known, isNew] = current.try_emplace(file);
    if (isNew)
      known->second = stateOf(file);
    if (!(known->second == then))
      return false;
  }
  return true;
}

std::optional<UnitFacts> KeptParses::find(const ParseOptions &options) {
  if (folder.empty())
    return std::nullopt;
  auto buffer = llvm::MemoryBuffer::getFile(fileOf(options));
  if (!buffer)
    return std::nullopt;
  llvm::StringRef bytes = (*buffer)->getBuffer(), sum = bytes.take_front(16);
  bytes = bytes.drop_front(sum.size());
  UnitFacts unit;
  if (sum != checksum(bytes) || !fromBytes(bytes, unit) || !isAsItWas(unit.lookedAt))
    return std::nullopt;
  ++takenCount;
  return unit;
}

void KeptParses::keep(const ParseOptions &options, llvm::StringRef bytes) {
  if (folder.empty())
    return;
  madeParent |= !fs::exists(path::parent_path(folder));
  if (fs::create_directories(folder))
    return;
  std::string file = fileOf(options);
  llvm::SmallString<256> temporary;
  int descriptor = -1;
  if (fs::createUniqueFile(file + ".%%%%%%", descriptor, temporary))
    return;
  llvm::raw_fd_ostream out(descriptor, /*shouldClose=*/true);
  out << checksum(bytes) << bytes;
  out.close();
  if (out.has_error() || fs::rename(temporary, file)) {
    out.clear_error();
    fs::remove(temporary);
  }
}
