// Brings kernels into the form that the warp vectoriser reads: no switches, no jumps into loops,
// one exit per loop, every conditional branch skips a region; vectors and struct accesses split
// into scalars.
#include "device/pipeline.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Scalar/DCE.h"
#include "llvm/Transforms/Scalar/Scalarizer.h"
#include "llvm/Transforms/Scalar/StructurizeCFG.h"
#include "llvm/Transforms/Utils/FixIrreducible.h"
#include "llvm/Transforms/Utils/LCSSA.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LowerSwitch.h"
#include "llvm/Transforms/Utils/UnifyFunctionExitNodes.h"
#include "llvm/Transforms/Utils/UnifyLoopExits.h"

using namespace llvm;

namespace npu {

namespace {

class StructureControlFlow : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    if (!context.options.warps)
      return;
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager components;
    ModuleAnalysisManager modules;
    PassBuilder builder(context.machine);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    FunctionPassManager manager;
    ScalarizerPass scalarizer;
    scalarizer.setScalarizeLoadStore(true);
    manager.addPass(std::move(scalarizer));
    manager.addPass(DCEPass());
    manager.addPass(LowerSwitchPass());
    manager.addPass(UnifyFunctionExitNodesPass());
    manager.addPass(FixIrreduciblePass());
    manager.addPass(LoopSimplifyPass());
    manager.addPass(UnifyLoopExitsPass());
    manager.addPass(StructurizeCFGPass());
    manager.addPass(LoopSimplifyPass());
    manager.addPass(LCSSAPass());
    for (Function &function : module)
      if (isKernel(function, context)) {
        splitStructs(function);
        functions.invalidate(function, manager.run(function, functions));
      }
  }

private:
  // The parts of a struct are read where it is made, so that only numbers leave blocks and loops.
  static void splitStructs(Function &function) {
    std::map<std::pair<Instruction *, unsigned>, Instruction *> parts;
    std::vector<ExtractValueInst *> all; // they move, also to blocks that come later
    for (Instruction &instruction : instructions(function))
      if (auto *part = dyn_cast<ExtractValueInst>(&instruction))
        all.push_back(part);
    for (ExtractValueInst *part : all) {
      auto *whole = dyn_cast<Instruction>(part->getAggregateOperand());
      if (!whole || part->getNumIndices() != 1 || isa<PHINode>(whole) || whole->isTerminator())
        continue;
      Instruction *&first = parts[{whole, part->getIndices()[0]}];
      if (first == part) // comes by again, where a block stands behind one that it leads to
        continue;
      if (first) {
        part->replaceAllUsesWith(first);
        part->eraseFromParent();
        continue;
      }
      part->moveAfter(whole);
      first = part;
    }
  }
};

} // namespace

std::unique_ptr<DevicePass> makeStructureControlFlow() {
  return std::make_unique<StructureControlFlow>();
}

} // namespace npu
