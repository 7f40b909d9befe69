// Simplifies the scalar code of a thread with LLVM's own pipeline. Vectorisation and partial
// unrolling are left to the OpenCL compiler, which sees the loop over threads; full unrolling
// stays, because barriers in straight-line code are cheaper than barriers in loops.
#include "device/pipeline.h"

#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"

using namespace llvm;

namespace npu {

namespace {

OptimizationLevel levelOf(unsigned optimize) {
  switch (optimize) {
  case 0:
    return OptimizationLevel::O0;
  case 1:
    return OptimizationLevel::O1;
  case 2:
    return OptimizationLevel::O2;
  default:
    return OptimizationLevel::O3;
  }
}

class Optimize : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    PipelineTuningOptions tuning;
    tuning.LoopVectorization = false;
    tuning.SLPVectorization = false;
    tuning.LoopInterleaving = false;
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager components;
    ModuleAnalysisManager modules;
    PassBuilder builder(context.machine, tuning);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    OptimizationLevel level = levelOf(context.options.optimize);
    ModulePassManager manager = level == OptimizationLevel::O0
                                    ? builder.buildO0DefaultPipeline(level)
                                    : builder.buildPerModuleDefaultPipeline(level);
    if (Error error = builder.parsePassPipeline(manager, "globaldce"))
      report_fatal_error(std::move(error));
    manager.run(module, modules);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeOptimize() { return std::make_unique<Optimize>(); }

} // namespace npu
