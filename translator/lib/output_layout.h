// Where each of the program's files goes. The output folder is self-contained:
//   - a file below the inputs' common folder keeps its place; one below an -I folder lies as it was
//     written in the #include; any other lies at the top;
//   - x.cu becomes x.cpp, or x.cu.cpp where an x.cpp stands beside it; other names stay.
#pragma once

#include "facts.h"

#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace npu {

class OutputLayout {
public:
  // Fails when two files would become one, or an output would be one of the files that are read.
  static llvm::Expected<OutputLayout> make(const std::vector<std::string> &inputs,
                                           const std::vector<std::string> &includeFolders,
                                           const ProgramFacts &facts,
                                           const std::string &outputFolder);

  // Below the output folder.
  const std::string &relativePath(const std::string &source) const;
  // How the output of `includer` names the output of `included` between quotes.
  std::string includeName(const std::string &includer, const std::string &included) const;

private:
  std::map<std::string, std::string> places; // real path of the source -> relative path
};

} // namespace npu
