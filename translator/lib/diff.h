// The difference of two texts, in the unified form that `patch` reads.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// "" when the texts are the same. Names as after --- and +++.
std::string unifiedDiff(llvm::StringRef before, llvm::StringRef after, llvm::StringRef beforeName,
                        llvm::StringRef afterName);

} // namespace npu
