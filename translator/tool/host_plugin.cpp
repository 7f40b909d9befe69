// What npucc adds to the Clang that compiles host sides: the same reading of a source's text that
// the device side gets (source_spellings.h), and when device code is registered. Clang loads it
// with -fplugin and with -fpass-plugin.
#include "deduction_guides.h"
#include "source_spellings.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Passes/PassPlugin.h"

namespace {

class HostPlugin : public clang::PluginASTAction {
  // Called before the main file is entered.
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler,
                                                        llvm::StringRef) override {
    npu::acceptSpellings(compiler);
    return npu::shareDeductionGuides();
  }
  bool ParseArgs(const clang::CompilerInstance &, const std::vector<std::string> &) override {
    return true;
  }
  ActionType getActionType() override { return AddBeforeMainAction; }
};

clang::FrontendPluginRegistry::Add<HostPlugin> registration("npu-host", "nvcc's spellings");

// Clang registers device code behind the constructors of a source's own variables, nvcc before
// them: a constructor may launch kernels and copy to symbols.
class RegisterFirst : public llvm::PassInfoMixin<RegisterFirst> {
public:
  llvm::PreservedAnalyses run(llvm::Module &module, llvm::ModuleAnalysisManager &) {
    auto *list = module.getGlobalVariable("llvm.global_ctors", /*AllowInternal=*/true);
    auto *entries = list && list->hasInitializer()
                        ? llvm::dyn_cast<llvm::ConstantArray>(list->getInitializer())
                        : nullptr;
    if (!entries)
      return llvm::PreservedAnalyses::all();
    std::vector<llvm::Constant *> changed;
    for (const llvm::Use &use : entries->operands()) {
      auto *entry = llvm::cast<llvm::ConstantStruct>(use.get());
      if (entry->getOperand(1)->stripPointerCasts()->getName() == "__cuda_module_ctor") {
        auto *priority = llvm::ConstantInt::get(entry->getOperand(0)->getType(), kFirst);
        changed.push_back(llvm::ConstantStruct::get(
            entry->getType(), {priority, entry->getOperand(1), entry->getOperand(2)}));
      } else {
        changed.push_back(entry);
      }
    }
    list->setInitializer(llvm::ConstantArray::get(entries->getType(), changed));
    return llvm::PreservedAnalyses::all();
  }
  static bool isRequired() { return true; }

private:
  static constexpr unsigned kFirst = 101; // of those that are not the compiler's own
};

} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK llvm::PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "npu-host", "1", [](llvm::PassBuilder &builder) {
            builder.registerPipelineStartEPCallback(
                [](llvm::ModulePassManager &passes, llvm::OptimizationLevel) {
                  passes.addPass(RegisterFirst());
                });
          }};
}
