// See file_set.h.
#include "file_set.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace npu;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

struct Pending {
  std::string temporary, target;
};

llvm::Error cannotWrite(llvm::StringRef what, std::error_code error) {
  return llvm::createStringError(error, "cannot write '%s': %s", what.str().c_str(),
                                 error.message().c_str());
}

llvm::Error writeTemporary(const std::string &target, llvm::StringRef text,
                           std::vector<Pending> &pending) {
  if (std::error_code error = fs::create_directories(path::parent_path(target)))
    return cannotWrite(path::parent_path(target), error);
  if (fs::is_directory(target))
    return cannotWrite(target, std::make_error_code(std::errc::is_a_directory));
  int descriptor = -1;
  llvm::SmallString<256> temporary;
  if (std::error_code error =
          fs::createUniqueFile(target + ".%%%%%%", descriptor, temporary, fs::OF_None, 0666))
    return cannotWrite(target, error);
  pending.push_back({temporary.str().str(), target});
  llvm::raw_fd_ostream out(descriptor, /*shouldClose=*/true);
  out << text;
  out.close();
  if (std::error_code error = out.error()) {
    out.clear_error();
    return cannotWrite(target, error);
  }
  return llvm::Error::success();
}

} // namespace

llvm::Error FileSet::write(std::vector<std::string> &written) const {
  std::vector<Pending> pending;
  auto discard = [&](size_t first) {
    for (size_t i = first; i < pending.size(); ++i)
      fs::remove(pending[i].temporary);
  };
  for (const auto &[relative, text] : files) {
    llvm::SmallString<256> target(folder);
    path::append(target, relative);
    if (llvm::Error error = writeTemporary(target.str().str(), text, pending)) {
      discard(0);
      return error;
    }
  }
  for (size_t i = 0; i < pending.size(); ++i) {
    if (std::error_code error = fs::rename(pending[i].temporary, pending[i].target)) {
      discard(i);
      return cannotWrite(pending[i].target, error);
    }
    written.push_back(pending[i].target);
  }
  return llvm::Error::success();
}
