// Which values are the same for all threads of a block: what may decide about a barrier. Two
// degrees, since warps whose threads have all returned still execute code around barriers:
//   isUniform   the same in every thread that is there
//   isCertain   the same in warps without any thread too: it depends on no memory, which such warps
//               do not read
#pragma once

#include "device/warp/shapes.h"

namespace npu::warp {

class BlockUniformity {
public:
  BlockUniformity(llvm::Function &function, const Shapes &shapes,
                  llvm::SyncDependenceAnalysis &dependences);

  bool isUniform(const llvm::Value &value) const { return !uniform.isDivergent(value); }
  bool isCertain(const llvm::Value &value) const { return !certain.isDivergent(value); }

private:
  llvm::DivergenceAnalysisImpl uniform, certain;
};

bool isBarrier(const llvm::Instruction &instruction);
// A read of memory that every warp may make at any time: the kernel's parameters, and constants.
bool isAlwaysReadable(const llvm::LoadInst &load);

} // namespace npu::warp
