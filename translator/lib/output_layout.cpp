// See output_layout.h.
#include "output_layout.h"
#include "file_set.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace npu;
namespace path = llvm::sys::path;
namespace fs = llvm::sys::fs;

namespace {

std::string commonFolder(const std::vector<std::string> &files) {
  std::string common = path::parent_path(files.front()).str();
  for (const std::string &file : files)
    while (!common.empty() && !llvm::StringRef(file).startswith(common + "/"))
      common = path::parent_path(common).str();
  return common;
}

std::string renamed(const std::string &source, llvm::StringRef relative, bool inPlace) {
  if (path::extension(relative) != ".cu")
    return relative.str();
  llvm::SmallString<256> sibling(source);
  path::replace_extension(sibling, ".cpp");
  // In place, an x.cpp beside the kept original of x.cu is an earlier translation.
  if (fs::exists(sibling) && !(inPlace && fs::exists(backupName(source))))
    return (relative + ".cpp").str();
  llvm::SmallString<256> result(relative);
  path::replace_extension(result, ".cpp");
  return result.str().str();
}

} // namespace

llvm::Expected<OutputLayout> OutputLayout::make(const std::vector<std::string> &inputs,
                                                const std::vector<std::string> &includeFolders,
                                                const ProgramFacts &facts,
                                                const std::string &outputFolder, const Tree &tree) {
  OutputLayout layout;
  layout.isTree = !tree.root.empty();
  std::string root =
      layout.isTree ? llvm::StringRef(tree.root).rtrim('/').str() : commonFolder(inputs);
  std::map<std::string, std::string> taken;
  for (const auto &[source, fileFacts] : facts.files) {
    std::string below;
    llvm::StringRef name = source;
    if (layout.isTree &&
        (!name.startswith(tree.root) || tree.excludes(name.drop_front(tree.root.size()))))
      continue;
    if (name.startswith(root + "/")) {
      below = root + "/";
    } else {
      for (const std::string &folder : includeFolders)
        if (name.startswith(folder) && folder.size() > below.size())
          below = folder;
    }
    std::string relative =
        renamed(source, below.empty() ? path::filename(source) : name.drop_front(below.size()),
                tree.inPlace);
    if (auto [other, isNew] = taken.try_emplace(relative, source); !isNew)
      return llvm::createStringError(
          llvm::inconvertibleErrorCode(),
          "%s and %s would both be written to %s/%s; translate them into "
          "different folders",
          other->second.c_str(), source.c_str(), outputFolder.c_str(), relative.c_str());
    llvm::SmallString<256> target(outputFolder), real;
    path::append(target, relative);
    if (!tree.inPlace && !fs::real_path(target, real) && facts.files.count(real.str().str()))
      return llvm::createStringError(
          llvm::inconvertibleErrorCode(),
          "%s would be overwritten by its own translation; choose another "
          "output folder",
          real.c_str());
    layout.places[source] = relative;
  }
  return layout;
}

const std::string &OutputLayout::relativePath(const std::string &source) const {
  return places.at(source);
}

std::string OutputLayout::includeName(const std::string &includer, const std::string &included,
                                      const std::string &spelled) const {
  auto found = places.find(included);
  if (isTree) {
    if (found == places.end())
      return spelled;
    // Only the name may differ: x.cu is x.cpp now.
    llvm::StringRef folder = spelled, name = path::filename(spelled);
    return folder.drop_back(name.size()).str() + path::filename(found->second).str();
  }
  if (found == places.end())
    return path::filename(included).str();
  llvm::StringRef from = path::parent_path(relativePath(includer)), to = found->second;
  std::string up;
  while (!from.empty() && !to.startswith((from + "/").str())) {
    up += "../";
    from = path::parent_path(from);
  }
  return up + (from.empty() ? to : to.drop_front(from.size() + 1)).str();
}
