// Running the steps of a compilation: other programs and pieces of this one, each in a process of
// its own, so that a crash in one is one error line and several can run at once. Also the files
// they leave.
//
// Thread rule: none is needed; the driver itself has one thread and forks.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace npu::driver {

// One step. `command` is what a person would type for it, and what runs when `work` is empty.
struct Step {
  std::vector<std::string> command;
  // Runs in this process before the step, for what depends on the steps before it.
  std::function<void(std::vector<std::string> &command)> before;
  // Runs when the command fails, whose messages are then seen only if this fails, too.
  std::vector<std::string> alternative;
  std::function<int()> work;         // runs in a forked child; its result is the exit status
  std::function<llvm::Error()> then; // runs in this process after success
};

struct StepPolicy {
  bool print = false;  // -v, --dryrun
  bool execute = true; // false: --dryrun
  unsigned parallel = 1;
};

// Runs each sequence's steps in order, several sequences at once. A failing step ends everything
// that has not begun. Returns the first failure's exit status, or 0; prints what the steps did not.
int runSteps(std::vector<std::vector<Step>> sequences, const StepPolicy &policy);

// Files to be deleted when the process ends, by a signal too, unless they were put in place.
class TemporaryFiles {
public:
  TemporaryFiles() = default;
  TemporaryFiles(const TemporaryFiles &) = delete;
  ~TemporaryFiles();

  // A new empty file in the system's folder for temporary files.
  llvm::Expected<std::string> create(llvm::StringRef stem, llvm::StringRef extension);
  // A new empty file in the folder of `target`, to be renamed to it. When `target` exists and is no
  // regular file (/dev/null), a file elsewhere, to be copied into it.
  llvm::Expected<std::string> createBeside(llvm::StringRef target);
  // Another file, made by a step, to be deleted like those that create() made.
  void adopt(llvm::StringRef path) { add(path); }
  // Renames (or copies) what createBeside made. Files that a failed run leaves are never visible as
  // outputs.
  llvm::Error putInPlace(llvm::StringRef temporary, llvm::StringRef target);

private:
  void add(llvm::StringRef path);
  std::vector<std::string> paths;
};

} // namespace npu::driver
