// Variables that the host knows by name although their linkage is internal.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"

namespace npu {

// How many modules have an internal variable of each name.
using InternalNames = llvm::StringMap<unsigned>;
void countInternalNames(const llvm::Module &module, InternalNames &names);

// Makes them visible, with values that the host may set. Clang does so for static variables only:
// those in unnamed namespaces and of unnamed types stay internal, while the host side registers
// them by the same names. A name that several modules have means none of them to the host.
void exposeInternalVariables(llvm::Module &module, const InternalNames &names);

} // namespace npu
