// Small things about LLVM IR that several passes need.
#pragma once

#include "llvm/IR/Instructions.h"

namespace npu {

// What every context of device code needs: pointers with types, as SPIR 1.2 has them, and silence
// about loops that could not be transformed as asked (nvcc says nothing of these either).
void prepare(llvm::LLVMContext &context);

// Of a call by name; empty for everything else.
llvm::StringRef calleeName(const llvm::Instruction &instruction);

// A call that can be inlined by its construction.
void inlineCall(llvm::CallInst &call);

// Asks the OpenCL compiler for no copies of a loop's body: neither unrolled nor vectorized.
void keepRolled(llvm::BranchInst &latch);

// Gives the function a variable of its own in the place of a struct that is passed by value.
void copyStruct(llvm::Argument &argument);

} // namespace npu
