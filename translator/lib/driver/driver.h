// npucc: from a command line to files.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace npu::driver {

// `program` is the path of the running binary, `arguments` what follows it. Returns the exit
// status: 0, 1 for what npucc itself finds, otherwise the failing step's. Prints each error in one
// line.
int runDriver(llvm::StringRef program, llvm::ArrayRef<std::string> arguments);

} // namespace npu::driver
