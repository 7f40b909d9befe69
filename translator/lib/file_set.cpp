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
  std::string temporary, target, original;
};

llvm::Error cannotWrite(llvm::StringRef what, std::error_code error) {
  return llvm::createStringError(error, "cannot write '%s': %s", what.str().c_str(),
                                 error.message().c_str());
}

// An empty file beside `target`, which can be written from now on.
llvm::Expected<std::string> createTemporary(const std::string &target) {
  llvm::StringRef parent = path::parent_path(target);
  if (!parent.empty())
    if (std::error_code error = fs::create_directories(parent))
      return cannotWrite(parent, error);
  if (fs::is_directory(target))
    return cannotWrite(target, std::make_error_code(std::errc::is_a_directory));
  llvm::SmallString<256> model(parent), temporary;
  path::append(model, ".cu2npu-" + path::filename(target) + ".%%%%%%");
  int descriptor = -1;
  if (std::error_code error = fs::createUniqueFile(model, descriptor, temporary, fs::OF_None, 0666))
    return cannotWrite(target, error);
  llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true).flush();
  return temporary.str().str();
}

llvm::Error writeTo(const std::string &temporary, const std::string &target, llvm::StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream out(temporary, error);
  if (error)
    return cannotWrite(target, error);
  out << text;
  out.close();
  if (std::error_code failed = out.error()) {
    out.clear_error();
    return cannotWrite(target, failed);
  }
  return llvm::Error::success();
}

llvm::Error copyTo(const std::string &temporary, const std::string &target,
                   const std::string &source) {
  if (std::error_code error = fs::copy_file(source, temporary))
    return cannotWrite(target, error);
  if (llvm::ErrorOr<fs::perms> permissions = fs::getPermissions(source)) // scripts stay executable
    if (std::error_code error = fs::setPermissions(temporary, *permissions))
      return cannotWrite(target, error);
  return llvm::Error::success();
}

// The original is there under one of its names at every moment.
std::error_code keepOriginal(const std::string &original) {
  std::string backup = backupName(original);
  return fs::exists(backup) ? std::error_code() : fs::create_hard_link(original, backup);
}

std::error_code putInPlace(const Pending &each) {
  if (!each.original.empty())
    if (std::error_code error = keepOriginal(each.original))
      return error;
  if (std::error_code error = fs::rename(each.temporary, each.target))
    return error;
  if (!each.original.empty() && each.original != each.target)
    return fs::remove(each.original);
  return {};
}

} // namespace

std::string npu::backupName(const std::string &original) { return original + ".orig"; }

llvm::Error FileSet::write(std::vector<std::string> &written) const {
  std::vector<Pending> pending;
  auto discard = [&](size_t first) {
    for (size_t i = first; i < pending.size(); ++i)
      fs::remove(pending[i].temporary);
  };
  for (const File &file : files) {
    llvm::SmallString<256> place(folder);
    path::append(place, file.relativePath);
    std::string target = place.str().str();
    llvm::Expected<std::string> temporary = createTemporary(target);
    if (!temporary) {
      discard(0);
      return temporary.takeError();
    }
    pending.push_back({*temporary, target, file.original});
    if (llvm::Error error = file.copyOf.empty() ? writeTo(*temporary, target, file.text)
                                                : copyTo(*temporary, target, file.copyOf)) {
      discard(0);
      return error;
    }
  }
  for (size_t i = 0; i < pending.size(); ++i) {
    if (std::error_code error = putInPlace(pending[i])) {
      discard(i);
      return cannotWrite(pending[i].target, error);
    }
    written.push_back(pending[i].target);
  }
  return llvm::Error::success();
}
