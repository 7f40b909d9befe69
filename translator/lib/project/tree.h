// The files of a project's folder.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

#include <string>
#include <vector>

namespace npu {

// What --exclude leaves out: a pattern (* ? []) that matches the path below the root, a folder
// above it, or one of these names alone.
class Exclusions {
public:
  static llvm::Expected<Exclusions> make(const std::vector<std::string> &patterns);
  bool excludes(llvm::StringRef relativePath) const;

private:
  std::vector<std::string> texts; // what the patterns refer to
  std::vector<llvm::GlobPattern> patterns;
};

// Every regular file below `root`, relative to it, sorted; not what lies in `skippedFolder` (a real
// path; the outputs') or in folders of version control (.git, .svn, .hg).
llvm::Expected<std::vector<std::string>> filesBelow(llvm::StringRef root,
                                                    llvm::StringRef skippedFolder);

// By extension: a source that a compiler is called for, or a file that such sources include.
bool isSourceFile(llvm::StringRef file);
bool isHeaderFile(llvm::StringRef file);

// Whether the text uses CUDA: includes one of its headers, or names something of the API tables.
bool usesCuda(llvm::StringRef text);

} // namespace npu
