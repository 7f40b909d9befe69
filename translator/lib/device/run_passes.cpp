// See run_passes.h.
#include "device/run_passes.h"

#include "llvm/Passes/PassBuilder.h"

using namespace llvm;

namespace npu {

template <class Manager, class Unit>
static void parseAndRun(Unit &unit, StringRef passes, TargetMachine *machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  Manager manager;
  if (Error error = builder.parsePassPipeline(manager, passes))
    report_fatal_error(std::move(error));
  if constexpr (std::is_same_v<Unit, Module>)
    manager.run(unit, modules);
  else
    manager.run(unit, functions);
}

void runPasses(Module &module, StringRef passes, TargetMachine *machine) {
  parseAndRun<ModulePassManager>(module, passes, machine);
}

void runPasses(Function &function, StringRef passes, TargetMachine *machine) {
  parseAndRun<FunctionPassManager>(function, passes, machine);
}

} // namespace npu
