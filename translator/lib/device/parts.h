// Large programs in parts: behind `optimize` no pass looks at more than one kernel, so that kernels
// go through the rest of the pipeline in modules, contexts and threads of their own. How they are
// grouped depends on the program alone, and so does the image. Where passes are dumped, all is one
// part: a dump is of the whole program.
#pragma once

#include "device/pipeline.h"

namespace npu {

// Takes a module that has gone through the passes over whole programs through the others and writes
// its image. `makeMachine` is called on this thread only.
llvm::Expected<KernelImage>
finishKernels(llvm::Module &module, PassContext &context,
              const std::function<std::unique_ptr<llvm::TargetMachine>()> &makeMachine);

} // namespace npu
