// Functions that take structs by value and return them, as functions of numbers.
#pragma once

#include "llvm/IR/Function.h"

namespace npu {

// Whether the parameters and the result are numbers, or structs by value of few numbers.
bool hasFlatSignature(const llvm::Function &function);

// The function with a parameter for every number, whose result is a number or a struct of them.
// Replaces the function, which is called by name alone.
llvm::Function *flatten(llvm::Function &function);

} // namespace npu
