// Which values are the same for all threads of a block: what may decide about a barrier.
#pragma once

#include "device/warp/shapes.h"

namespace npu::warp {

class BlockUniformity {
public:
  BlockUniformity(llvm::Function &function, const Shapes &shapes,
                  llvm::SyncDependenceAnalysis &dependences);

  bool isUniform(const llvm::Value &value) const { return !divergence.isDivergent(value); }

private:
  llvm::DivergenceAnalysisImpl divergence;
};

bool isBarrier(const llvm::Instruction &instruction);

} // namespace npu::warp
