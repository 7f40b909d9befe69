// Where a kernel's CUDA parameters lie in its argument struct: C's layout rules over the parameters
// in order. Used by the kernel ABI and by launches that kernels make.
#pragma once

#include "npu/kernel_image.h"

#include "llvm/IR/Function.h"

namespace npu {

// Fills `parameters`, and `argumentBytes` with their end.
KernelImage::Kernel parameterLayout(const llvm::Function &kernel, const llvm::DataLayout &target);

} // namespace npu
