// The number that stands for a device function's address. It depends on the mangled name, and for a
// function that only its own source file can name, on the file's unit as well.
#pragma once

#include "llvm/IR/Module.h"

namespace npu {

// Notes the unit at the functions that need it. To be called on a source file's own module, before
// it is linked with others.
void markUnit(llvm::Module &module, llvm::StringRef unit);

// Never 0; even, since a C++ member pointer's lowest bit means "virtual"; no address of memory.
uint64_t functionNumber(const llvm::Function &function);

} // namespace npu
