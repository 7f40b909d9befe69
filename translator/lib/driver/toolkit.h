// Keeps an installed CUDA toolkit out: its headers would clash with ours, its libraries would talk
// to a GPU. A folder is known by its content, never by its name.
#pragma once

#include "driver/layout.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu::driver {

class ToolkitFilter {
public:
  // `notes` receives one sentence for each thing left out.
  ToolkitFilter(const Layout &layout, std::vector<std::string> &notes);

  std::vector<std::string> includeFolders(const std::vector<std::string> &folders);
  std::vector<std::string> libraryFolders(const std::vector<std::string> &folders);
  // Rewrites CPATH, C_INCLUDE_PATH, CPLUS_INCLUDE_PATH and LIBRARY_PATH of this process.
  void environment();
  // Names as after -l. `needsRuntime` is set when one of them stands for libnpurt.
  llvm::Expected<std::vector<std::string>> libraries(const std::vector<std::string> &names,
                                                     bool &needsRuntime);
  // The same for a library given as a file.
  llvm::Expected<bool> keepsLibraryFile(llvm::StringRef path, bool &needsRuntime);

private:
  bool isToolkitIncludeFolder(llvm::StringRef folder) const;
  void note(const llvm::Twine &sentence) { notes.push_back(sentence.str()); }

  const Layout &layout;
  std::vector<std::string> &notes;
};

} // namespace npu::driver
