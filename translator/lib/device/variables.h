// What becomes of a module's variables. Four kinds:
//   static shared    addrspace(3) with a size; stays in the module (see image_writer.cpp)
//   dynamic shared   `extern __shared__`; the kernel's second argument
//   private constant never written, not visible to the host, its address kept nowhere; stays in
//                    the module
//   registered       __device__, __constant__ and other constants: vtables, what pointers in memory
//                    point to, what holds addresses; the runtime owns the
//                    memory, kernels get the address, the image holds the initial bytes;
//                    and the services of npu/device_services.h, which nobody defines
#pragma once

#include "device/pipeline.h"

#include "llvm/ADT/MapVector.h"

namespace npu {

// Whether this is a private constant.
bool staysInModule(const llvm::GlobalVariable &variable);
// All that the function names, also inside constant expressions.
std::vector<llvm::GlobalVariable *> variablesIn(const llvm::Function &function);

class Variables {
public:
  // Classifies all, appends the registered ones to context.globals, and refuses what has no value
  // here (undefined variables).
  Variables(llvm::Module &module, PassContext &context);

  // In the order of context.globals.
  std::vector<llvm::GlobalVariable *> usedBy(const llvm::Function &function) const;
  std::vector<llvm::GlobalVariable *> dynamicSharedIn(const llvm::Function &function) const;
  std::vector<llvm::GlobalVariable *> staticSharedIn(const llvm::Function &function) const;
  uint64_t staticSharedBytes(const llvm::Function &function) const;
  uint32_t indexOf(llvm::GlobalVariable *variable) const { return registered.lookup(variable); }

  using Replacements = llvm::DenseMap<llvm::GlobalVariable *, llvm::Value *>;
  // Replaces the variables in `function`, also inside constant expressions, which become
  // instructions. The replacements must dominate the whole function. Static shared variables stay,
  // but their constant expressions become instructions too: OpenCL compilers turn the variables
  // into arguments.
  static void replaceIn(llvm::Function &function, const Replacements &replacements);

  // After all kernels are rewritten: removes the registered and dynamic shared variables.
  void eraseReplaced();

private:
  void classify(llvm::GlobalVariable &variable, PassContext &context);
  void initialize(llvm::GlobalVariable &variable, PassContext &context);
  void registerVariable(llvm::GlobalVariable &variable, PassContext &context);
  void makeGeneric(llvm::GlobalVariable &variable);

  llvm::Module &module;
  llvm::MapVector<llvm::GlobalVariable *, uint32_t> registered; // -> index into context.globals
  std::vector<llvm::GlobalVariable *> dynamicShared;
};

} // namespace npu
