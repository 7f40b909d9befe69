// See tree.h.
#include "project/tree.h"
#include "api_table.h"
#include "source_view.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

llvm::Expected<Exclusions> Exclusions::make(const std::vector<std::string> &given) {
  Exclusions result;
  result.texts = given;
  for (std::string &text : result.texts) {
    while (llvm::StringRef(text).endswith("/"))
      text.pop_back();
    llvm::Expected<llvm::GlobPattern> pattern = llvm::GlobPattern::create(text);
    if (!pattern)
      return llvm::createStringError(llvm::inconvertibleErrorCode(), "--exclude '%s': %s",
                                     text.c_str(), llvm::toString(pattern.takeError()).c_str());
    result.patterns.push_back(std::move(*pattern));
  }
  return result;
}

bool Exclusions::excludes(llvm::StringRef relativePath) const {
  for (llvm::StringRef part = relativePath; !part.empty(); part = path::parent_path(part))
    for (const llvm::GlobPattern &pattern : patterns)
      if (pattern.match(part) || pattern.match(path::filename(part)))
        return true;
  return false;
}

llvm::Expected<std::vector<std::string>> npu::filesBelow(llvm::StringRef root,
                                                         llvm::StringRef skippedFolder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator each(root, error, /*follow_symlinks=*/false), end;
       each != end && !error; each.increment(error)) {
    llvm::StringRef name = path::filename(each->path());
    fs::file_type type = each->type();
    if (type == fs::file_type::directory_file) {
      if (name == ".git" || name == ".svn" || name == ".hg" || each->path() == skippedFolder ||
          name.startswith(".cu2npu-"))
        each.no_push();
      continue;
    }
    if (type == fs::file_type::symlink_file && !fs::is_regular_file(each->path()))
      continue; // to a folder, or to nothing
    if (!name.startswith(".cu2npu-"))
      files.push_back(llvm::StringRef(each->path()).drop_front(root.size()).ltrim('/').str());
  }
  if (error)
    return llvm::createStringError(error, "cannot read the folder '%s': %s", root.str().c_str(),
                                   error.message().c_str());
  std::sort(files.begin(), files.end());
  return files;
}

bool npu::isSourceFile(llvm::StringRef file) {
  return llvm::StringSwitch<bool>(path::extension(file))
      .Cases(".cu", ".cpp", ".cc", ".cxx", ".c", ".C", true)
      .Default(false);
}

bool npu::isHeaderFile(llvm::StringRef file) {
  return llvm::StringSwitch<bool>(path::extension(file))
      .Cases(".cuh", ".h", ".hh", ".hpp", ".hxx", ".inl", ".inc", ".tcc", true)
      .Cases(".ipp", ".impl", true)
      .Default(false);
}

bool npu::usesCuda(llvm::StringRef text) {
  FileFacts file;
  file.contents = text.str();
  SourceView view("", file);
  const auto &tokens = view.tokens();
  for (const SourceDirective &directive : view.directives())
    if (directive.kind == SourceDirective::Kind::Include &&
        directive.lastToken >= directive.firstToken + 2) {
      unsigned begin = tokens[directive.firstToken + 2].offset;
      unsigned end = tokens[directive.lastToken].end();
      llvm::StringRef name = view.contents().slice(begin, end).trim("<>\" ");
      if (looksLikeCudaHeader(name) || name.endswith(".cu") || name.endswith(".cuh"))
        return true;
    }
  return std::any_of(tokens.begin(), tokens.end(), [](const SourceToken &token) {
    if (token.kind == clang::tok::lesslessless)
      return true;
    if (token.kind != clang::tok::raw_identifier)
      return false;
    const ApiRow *row = findRow(token.text);
    return (row && (row->isCall() || token.text.startswith("__"))) || looksLikeCuda(token.text);
  });
}
