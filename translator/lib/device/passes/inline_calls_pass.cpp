// Inlines every device function into the kernels. OpenCL runtimes need barriers and shared
// variables in the kernel itself, and one flat function is what the later passes reason about.
#include "device/pipeline.h"

#include "llvm/ADT/SCCIterator.h"
#include "llvm/Analysis/CallGraph.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"

using namespace llvm;

namespace npu {

namespace {

class InlineCalls : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    refuseRecursion(module, context);
    if (context.failed())
      return;
    for (Function &function : module) {
      if (function.isDeclaration() || isScalarFunction(function))
        continue;
      function.removeFnAttr(Attribute::NoInline);
      function.removeFnAttr(Attribute::OptimizeNone);
      if (!isKernel(function, context))
        function.addFnAttr(Attribute::AlwaysInline);
    }
    for (Function &function : module)
      for (BasicBlock &block : function)
        for (Instruction &instruction : block)
          if (auto *call = dyn_cast<CallBase>(&instruction))
            call->removeFnAttr(Attribute::NoInline);

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
    ModulePassManager manager;
    manager.addPass(AlwaysInlinerPass());
    manager.run(module, modules);
  }

private:
  static void refuseRecursion(Module &module, PassContext &context) {
    CallGraph graph(module);
    for (auto component = scc_begin(&graph); !component.isAtEnd(); ++component) {
      if (!component.hasCycle())
        continue;
      if (const Function *function = component->front()->getFunction())
        context.refuse(*function, "recursion",
                       "this function calls itself, directly or through others",
                       "rewrite it as a loop");
    }
  }
};

} // namespace

std::unique_ptr<DevicePass> makeInlineCalls() { return std::make_unique<InlineCalls>(); }

} // namespace npu
