// LLVM's own passes, by their names in `opt -passes`.
#pragma once

#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace npu {

void runPasses(llvm::Module &module, llvm::StringRef passes,
               llvm::TargetMachine *machine = nullptr);
void runPasses(llvm::Function &function, llvm::StringRef passes,
               llvm::TargetMachine *machine = nullptr);

} // namespace npu
