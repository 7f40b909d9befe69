// Replaces each kernel by its warp form (warp/vectorizer.h), in two variants: for any block, and
// for blocks whose rows are whole warps, where lanes are neighbours and no lane is ever missing at
// the start. A kernel that has no warp form stays one thread per execution; CheckBarriers judges it
// then.
#include "device/pipeline.h"
#include "device/warp/vectorizer.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kSharedSpace = 3;

class VectorizeWarps : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    if (!context.options.warps)
      return;
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context))
        kernels.push_back(&function);
    for (Function *kernel : kernels)
      vectorize(*kernel, context);
    clean(module, context);
  }

private:
  // Whether the kernel's meaning depends on lockstep: warp operations, and volatile shared memory,
  // by which code older than __syncwarp() exchanges values within a warp.
  static bool usesWarp(Function &kernel) {
    for (Instruction &instruction : instructions(kernel)) {
      if (instruction.isVolatile() && isSharedAccess(instruction))
        return true;
      if (auto *call = dyn_cast<CallInst>(&instruction))
        if (const Function *callee = call->getCalledFunction())
          for (StringRef prefix : {"llvm.nvvm.shfl", "llvm.nvvm.vote", "llvm.nvvm.match",
                                   "llvm.nvvm.redux", "llvm.nvvm.bar.warp.sync"})
            if (callee->getName().startswith(prefix))
              return true;
    }
    return false;
  }

  static bool isSharedAccess(const Instruction &access) {
    const Value *pointer = getLoadStorePointerOperand(&access);
    auto *variable = pointer ? dyn_cast<GlobalVariable>(getUnderlyingObject(pointer, 0)) : nullptr;
    return variable && variable->getAddressSpace() == kSharedSpace;
  }

  static void vectorize(Function &kernel, PassContext &context) {
    std::string name = kernel.getName().str();
    warp::Vectorizer general(kernel, warp::BlockShape::General);
    Function *warp = general.run();
    if (!warp) {
      if (usesWarp(kernel))
        context.refuse(*general.place(), "warp",
                       "a kernel with warp operations has " + general.reason(),
                       "rewrite this part, or exchange values through __shared__ memory");
      else if (context.options.onlyWarps)
        context.refuse(*general.place(), "warp", "no warp form for " + general.reason(),
                       "compile without --device-lowering=warp");
      return;
    }
    warp::Vectorizer wholeRows(kernel, warp::BlockShape::WholeRows);
    Function *fast = wholeRows.run();
    KernelInfo &info = context.kernels[name];
    info.isWarp = true;
    warp->setSubprogram(kernel.getSubprogram());
    kernel.setSubprogram(nullptr);
    warp->takeName(&kernel);
    if (fast) {
      fast->setName(name + kWholeRowsSuffix);
      KernelInfo &variant = context.kernels[fast->getName().str()];
      variant = info;
      variant.generalName = name;
    }
    kernel.eraseFromParent();
  }

  static void clean(Module &module, PassContext &context) {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager components;
    ModuleAnalysisManager modules;
    PassBuilder builder;
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    FunctionPassManager manager;
    if (Error error = builder.parsePassPipeline(
            manager, "early-cse,instcombine,loop-mssa(licm),adce,simplifycfg"))
      report_fatal_error(std::move(error));
    for (Function &function : module)
      if (isKernel(function, context) && context.kernels[function.getName().str()].isWarp)
        manager.run(function, functions);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeVectorizeWarps() { return std::make_unique<VectorizeWarps>(); }

} // namespace npu
