// What npucc adds to the Clang that compiles host sides: the same reading of a source's text that
// the device side gets (source_spellings.h). Clang loads it with -fplugin.
#include "source_spellings.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/FrontendPluginRegistry.h"

namespace {

class HostPlugin : public clang::PluginASTAction {
  // Called before the main file is entered.
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler,
                                                        llvm::StringRef) override {
    npu::acceptSpellings(compiler);
    return std::make_unique<clang::ASTConsumer>();
  }
  bool ParseArgs(const clang::CompilerInstance &, const std::vector<std::string> &) override {
    return true;
  }
  ActionType getActionType() override { return AddBeforeMainAction; }
};

clang::FrontendPluginRegistry::Add<HostPlugin> registration("npu-host", "nvcc's spellings");

} // namespace
