// Inlines every device function into the kernels. OpenCL runtimes need barriers and shared
// variables in the kernel itself, and one flat function is what the later passes reason about.
// Functions that call themselves, directly or through others, stay functions (LiftRecursion), but
// for calls that are the last thing they do: those become loops. Large functions that are called in
// many places stay functions, too (called_functions.h).
#include "device/called_functions.h"

#include "llvm/ADT/SCCIterator.h"
#include "llvm/Analysis/CallGraph.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

class InlineCalls : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    keepRecursive(module, context);
    for (Function &function : module) {
      if (function.isDeclaration() || isScalarFunction(function))
        continue;
      function.removeFnAttr(Attribute::NoInline);
      function.removeFnAttr(Attribute::OptimizeNone);
    }
    for (Function &function : module)
      for (Instruction &instruction : instructions(function))
        if (auto *call = dyn_cast<CallBase>(&instruction))
          call->removeFnAttr(Attribute::NoInline);
    chooseCalledFunctions(module, context);
    for (Function &function : module)
      if (!function.isDeclaration() && !isScalarFunction(function) && !isKernel(function, context))
        function.addFnAttr(Attribute::AlwaysInline);
    runPasses(module, "always-inline", context.machine);
  }

private:
  static std::vector<Function *> recursiveFunctions(Module &module) {
    std::vector<Function *> result;
    CallGraph graph(module);
    for (auto component = scc_begin(&graph); !component.isAtEnd(); ++component)
      if (component.hasCycle())
        for (CallGraphNode *node : *component)
          if (Function *function = node->getFunction(); function && !function->isDeclaration())
            result.push_back(function);
    return result;
  }

  static void keepRecursive(Module &module, PassContext &context) {
    std::vector<Function *> functions = recursiveFunctions(module);
    if (functions.empty())
      return;
    for (Function *function : functions)
      if (isKernel(*function, context))
        return context.refuse(*function, "recursion", "a kernel that calls itself",
                              "call a device function that does the same");
    makeTailCallsLoops(functions, context);
    for (Function *function : recursiveFunctions(module)) {
      function->addFnAttr(kScalarFunction);
      function->removeFnAttr(Attribute::AlwaysInline);
      function->removeFnAttr(Attribute::OptimizeNone);
      function->addFnAttr(Attribute::NoInline);
    }
  }

  static void makeTailCallsLoops(ArrayRef<Function *> recursive, PassContext &context) {
    for (Function *function : recursive)
      if (!function->hasOptNone())
        runPasses(*function, "sroa,instcombine,simplifycfg,tailcallelim", context.machine);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeInlineCalls() { return std::make_unique<InlineCalls>(); }

} // namespace npu
