// Brings kernels into the form that the warp vectoriser reads: no switches, no jumps into loops,
// one exit per loop, every conditional branch skips a region; vectors and struct accesses split
// into scalars.
#include "device/pipeline.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Scalar/DCE.h"
#include "llvm/Transforms/Scalar/Scalarizer.h"
#include "llvm/Transforms/Scalar/StructurizeCFG.h"
#include "llvm/Transforms/Utils/FixIrreducible.h"
#include "llvm/Transforms/Utils/LCSSA.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LowerSwitch.h"
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
    manager.addPass(FixIrreduciblePass());
    manager.addPass(LoopSimplifyPass());
    manager.addPass(UnifyLoopExitsPass());
    manager.addPass(StructurizeCFGPass());
    manager.addPass(LoopSimplifyPass());
    manager.addPass(LCSSAPass());
    for (Function &function : module)
      if (isKernel(function, context) || isWarpFunction(function)) {
        runPasses(function, "mergereturn"); // before structs are split: it joins what is returned
        StructSplitter().run(function);
        functions.invalidate(function, manager.run(function, functions));
      }
  }

private:
  // The parts of a struct are read where it is made, so that only numbers leave blocks and loops.
  class StructSplitter {
  public:
    void run(Function &function) {
      std::vector<ExtractValueInst *> all; // more come on the way
      for (Instruction &instruction : instructions(function))
        if (auto *part = dyn_cast<ExtractValueInst>(&instruction))
          if (part->getNumIndices() == 1)
            all.push_back(part);
      for (ExtractValueInst *part : all)
        if (Value *made = partOf(*part->getAggregateOperand(), part->getIndices()[0])) {
          part->replaceAllUsesWith(made);
          part->eraseFromParent();
        }
      splitResult(function);
      for (const WeakTrackingVH &phi : splitPhis)
        if (phi)
          RecursivelyDeleteDeadPHINode(cast<PHINode>(phi));
    }

  private:
    void splitResult(Function &function) {
      for (BasicBlock &block : function) {
        auto *leave = dyn_cast<ReturnInst>(block.getTerminator());
        auto *whole = leave ? dyn_cast_or_null<PHINode>(leave->getReturnValue()) : nullptr;
        if (!whole || !whole->getType()->isStructTy())
          continue;
        IRBuilder<> builder(leave);
        Value *result = PoisonValue::get(whole->getType());
        for (unsigned i = 0; i < whole->getType()->getStructNumElements(); ++i)
          result = builder.CreateInsertValue(result, partOf(*whole, i), i);
        leave->setOperand(0, result);
      }
    }

    // nullptr: stays where it is.
    Value *partOf(Value &whole, unsigned index) {
      if (auto *constant = dyn_cast<Constant>(&whole))
        return constant->getAggregateElement(index);
      auto *maker = dyn_cast<Instruction>(&whole);
      if (!maker || maker->isTerminator())
        return nullptr;
      Value *&part = parts[{maker, index}];
      if (part)
        return part;
      auto *phi = dyn_cast<PHINode>(maker);
      if (!phi)
        return part = ExtractValueInst::Create(maker, index, "", maker->getNextNode());
      PHINode *made = PHINode::Create(ExtractValueInst::getIndexedType(phi->getType(), index),
                                      phi->getNumIncomingValues(), "", phi);
      part = made; // before it is complete: phis may depend on one another
      splitPhis.emplace_back(phi);
      for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i) {
        BasicBlock *from = phi->getIncomingBlock(i);
        Value *incoming = partOf(*phi->getIncomingValue(i), index);
        if (!incoming)
          incoming =
              ExtractValueInst::Create(phi->getIncomingValue(i), index, "", from->getTerminator());
        made->addIncoming(incoming, from);
      }
      return made;
    }

    std::map<std::pair<Instruction *, unsigned>, Value *> parts;
    SmallVector<WeakTrackingVH, 4> splitPhis;
  };
};

} // namespace

std::unique_ptr<DevicePass> makeStructureControlFlow() {
  return std::make_unique<StructureControlFlow>();
}

} // namespace npu
