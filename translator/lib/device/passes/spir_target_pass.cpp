// Makes the module spir64: data layout, triple, version and kernel argument metadata (without the
// latter PoCL does not find a kernel), and nothing left that names the front end's machine.
#include "device/pipeline.h"

#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

constexpr const char *kTriple = "spir64-unknown-unknown";
// SPIR 1.2 specification, 64-bit.

class SpirTarget : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    StripDebugInfo(module);
    while (!module.named_metadata_empty())
      module.eraseNamedMetadata(&*module.named_metadata_begin());
    module.setTargetTriple(kTriple);
    module.setDataLayout(kSpirLayout);
    LLVMContext &llvmContext = module.getContext();
    setVersion(module, "opencl.ocl.version");
    setVersion(module, "opencl.spir.version");
    for (Function &function : module) {
      for (const char *attribute : {"target-cpu", "target-features", "tune-cpu", "frame-pointer",
                                    "no-trapping-math", "stack-protector-buffer-size"})
        function.removeFnAttr(attribute);
      if (isKernel(function, context))
        describe(function, llvmContext);
      for (Instruction &instruction : instructions(function))
        makeSystemScope(instruction);
    }
  }

private:
  static void setVersion(Module &module, StringRef name) {
    LLVMContext &llvmContext = module.getContext();
    IRBuilder<> builder(llvmContext);
    Metadata *version[] = {ConstantAsMetadata::get(builder.getInt32(1)),
                           ConstantAsMetadata::get(builder.getInt32(2))};
    module.getOrInsertNamedMetadata(name)->addOperand(MDNode::get(llvmContext, version));
  }

  static void describe(Function &kernel, LLVMContext &llvmContext) {
    IRBuilder<> builder(llvmContext);
    auto strings = [&](StringRef first, StringRef second) {
      return MDNode::get(llvmContext,
                         {MDString::get(llvmContext, first), MDString::get(llvmContext, second)});
    };
    kernel.setMetadata("kernel_arg_addr_space",
                       MDNode::get(llvmContext, {ConstantAsMetadata::get(builder.getInt32(0)),
                                                 ConstantAsMetadata::get(builder.getInt32(3))}));
    kernel.setMetadata("kernel_arg_access_qual", strings("none", "none"));
    kernel.setMetadata("kernel_arg_type", strings("arguments", "char*"));
    kernel.setMetadata("kernel_arg_base_type", strings("arguments", "char*"));
    kernel.setMetadata("kernel_arg_type_qual", strings("", ""));
  }

  // Block, device and system scope are one on a processor with coherent caches.
  static void makeSystemScope(Instruction &instruction) {
    if (auto *update = dyn_cast<AtomicRMWInst>(&instruction))
      update->setSyncScopeID(SyncScope::System);
    else if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction))
      exchange->setSyncScopeID(SyncScope::System);
    else if (auto *fence = dyn_cast<FenceInst>(&instruction))
      if (fence->getSyncScopeID() != SyncScope::SingleThread)
        fence->setSyncScopeID(SyncScope::System);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeSpirTarget() { return std::make_unique<SpirTarget>(); }

} // namespace npu
