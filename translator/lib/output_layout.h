// Where each of the program's files goes. The output folder is self-contained:
//   - a file below the inputs' common folder keeps its place; one below an -I folder lies as it was
//     written in the #include; any other lies at the top;
//   - x.cu becomes x.cpp, or x.cu.cpp where an x.cpp stands beside it; other names stay.
// A tree has a root instead: files below it keep their places, other files are not the program's,
// and includes stay as they are written, since the build's -I still lead to them.
#pragma once

#include "facts.h"

#include "llvm/Support/Error.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace npu {

class OutputLayout {
public:
  struct Tree {
    std::string root;                              // real path, trailing separator; "": no tree
    std::function<bool(llvm::StringRef)> excludes; // by path below the root
    bool inPlace = false;
  };

  // Fails when two files would become one, or an output would be one of the files that are read.
  static llvm::Expected<OutputLayout> make(const std::vector<std::string> &inputs,
                                           const std::vector<std::string> &includeFolders,
                                           const ProgramFacts &facts,
                                           const std::string &outputFolder, const Tree &tree);

  // Whether the file is the program's: has an output.
  bool has(const std::string &source) const { return places.count(source); }
  // Below the output folder.
  const std::string &relativePath(const std::string &source) const;
  // How the output of `includer` names the output of `included`; `spelled` is how the source does.
  std::string includeName(const std::string &includer, const std::string &included,
                          const std::string &spelled) const;
  bool keepsIncludes() const { return isTree; }

private:
  bool isTree = false;
  std::map<std::string, std::string> places; // real path of the source -> relative path
};

} // namespace npu
