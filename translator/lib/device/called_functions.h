// Which device functions stay functions. Most are inlined; one that is large and that a kernel
// calls in many places is compiled once, and warps call it with vectors (warp/functions.h). A
// texture read in seventeen places, say, would otherwise be more code than the processor's
// instruction cache holds.
#pragma once

#include "device/pipeline.h"

namespace npu {

// Marks these with kWarpFunction and kScalarFunction. The functions compute numbers from numbers:
// they only read memory, name no variable that may change, and know nothing of their thread. Their
// calls with constants, which inlining simplifies, are inlined here.
void chooseCalledFunctions(llvm::Module &module, PassContext &context);

} // namespace npu
