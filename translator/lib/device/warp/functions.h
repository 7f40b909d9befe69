// Functions that warps call (called_functions.h): each has a form for every way in which kernels
// call it, which takes vectors of what differs between lanes and gives back vectors.
#pragma once

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Function.h"

#include <map>
#include <vector>

namespace npu::warp {

struct FunctionForm {
  llvm::SmallVector<bool, 8> isUniform; // of each parameter: one number for all lanes
  bool isFull = false;                  // all lanes call; else the last parameter, <32 x i8>, has
                                        // -1 for those that do and 0 for the others

  bool operator<(const FunctionForm &other) const {
    return std::tie(isFull, isUniform) < std::tie(other.isFull, other.isUniform);
  }
};

class WarpFunctions {
public:
  // The form for a call with these arguments, and what it takes as one number of them: less where
  // the function has forms enough. nullptr: the function has none.
  llvm::Function *formFor(llvm::Function &function, FunctionForm &form);
  const std::vector<llvm::Function *> &made() const { return all; }

private:
  llvm::Function *make(llvm::Function &function, const FunctionForm &form);

  std::map<llvm::Function *, std::map<FunctionForm, llvm::Function *>> forms;
  std::vector<llvm::Function *> all;
};

} // namespace npu::warp
