// Kernel image from a finished module: one spir64 bitcode module per kernel.
#pragma once

#include "device/pipeline.h"

namespace npu {

// What a kernel names, what that names, and so on.
llvm::SmallPtrSet<const llvm::Constant *, 32> reachableFrom(const llvm::Function &kernel);

// `module` has gone through the whole pipeline; `context` holds the rows that KernelAbi filled.
KernelImage writeImage(llvm::Module &module, const PassContext &context);

} // namespace npu
