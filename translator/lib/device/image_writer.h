// Kernel image from a finished module: one spir64 bitcode module per kernel.
#pragma once

#include "device/pipeline.h"

namespace npu {

// `module` has gone through the whole pipeline; `context` holds the rows that KernelAbi filled.
KernelImage writeImage(llvm::Module &module, const PassContext &context);

} // namespace npu
