// Launches in device code. Clang makes of kernel<<<grid, block, shared, stream>>>(arguments)
//   if (__cudaPushCallConfiguration(grid, block, shared, stream) == 0) kernel(arguments);
// and the call becomes one of the device library's __npu_child_launch, which is given the kernel's
// number and the arguments as they lie in the kernel's argument struct.
//
// Runs while each launch is still in the function that wrote it, so that the nearest configuration
// before a call is its own.
#include "device/parameter_layout.h"
#include "device/pipeline.h"

#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

constexpr const char *kConfigure = "__cudaPushCallConfiguration";
constexpr const char *kLaunch = "__npu_child_launch";

class ChildLaunches : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    Function *configure = module.getFunction(kConfigure);
    if (!configure)
      return;
    for (Function &function : module)
      if (!function.isDeclaration())
        lower(function, *configure, context);
    for (User *user : make_early_inc_range(configure->users()))
      if (auto *call = dyn_cast<CallInst>(user))
        refuse(*call, *configure, context);
    if (!context.failed())
      configure->eraseFromParent();
  }

private:
  static Function *kernelOf(const CallInst &call, const PassContext &context) {
    auto *callee = dyn_cast<Function>(call.getCalledOperand()->stripPointerCasts());
    return callee && isKernel(*callee, context) ? callee : nullptr;
  }

  // A launch whose kernel is not known: of another file, or behind a pointer.
  static void refuse(CallInst &configuration, Function &configure, PassContext &context) {
    Function &function = *configuration.getFunction();
    DominatorTree dominators(function);
    for (Instruction &instruction : instructions(function)) {
      auto *call = dyn_cast<CallInst>(&instruction);
      auto *callee =
          call ? dyn_cast<Function>(call->getCalledOperand()->stripPointerCasts()) : nullptr;
      if (callee && callee != &configure && callee->isDeclaration() && !callee->isIntrinsic() &&
          configurationOf(*call, configure, dominators) == &configuration)
        return context.refuse(configuration, "dynamic-parallelism",
                              "a launch in device code of " + demangle(callee->getName().str()) +
                                  ", which this file does not define",
                              "define it in this file, or compile every file with -rdc=true");
    }
    context.refuse(configuration, "dynamic-parallelism",
                   "a launch through a pointer in device code", "name the kernel in the launch");
  }

  static void lower(Function &function, Function &configure, PassContext &context) {
    std::vector<CallInst *> launches;
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallInst>(&instruction); call && kernelOf(*call, context))
        launches.push_back(call);
    if (launches.empty())
      return;
    std::map<CallInst *, CallInst *> configurations;
    DominatorTree dominators(function);
    for (CallInst *launch : launches)
      configurations[launch] = configurationOf(*launch, configure, dominators);
    for (auto [launch, configuration] : configurations)
      if (configuration)
        replace(*launch, *kernelOf(*launch, context), *configuration);
    for (auto [launch, configuration] : configurations)
      if (configuration && configuration->getParent()) {
        configuration->replaceAllUsesWith(ConstantInt::get(configuration->getType(), 0));
        configuration->eraseFromParent();
      }
  }

  static CallInst *configurationOf(CallInst &launch, Function &configure,
                                   const DominatorTree &dominators) {
    const Instruction *at = &launch;
    for (auto *node = dominators.getNode(launch.getParent()); node; node = node->getIDom()) {
      BasicBlock &block = *node->getBlock();
      for (Instruction *before = at ? const_cast<Instruction *>(at)->getPrevNode() : &block.back();
           before; before = before->getPrevNode())
        if (auto *call = dyn_cast<CallInst>(before);
            call && call->getCalledFunction() == &configure)
          return call;
      at = nullptr;
    }
    return nullptr;
  }

  static void replace(CallInst &launch, const Function &kernel, CallInst &configuration) {
    Module &module = *launch.getModule();
    const DataLayout &target = module.getDataLayout();
    const KernelImage::Kernel layout = parameterLayout(kernel, target);
    IRBuilder<> entry(&*launch.getFunction()->getEntryBlock().getFirstInsertionPt());
    AllocaInst *arguments = entry.CreateAlloca(
        entry.getInt8Ty(), entry.getInt32(std::max<uint32_t>(layout.argumentBytes, 1)));
    arguments->setAlignment(Align(16));
    IRBuilder<> builder(&launch);
    for (unsigned i = 0; i < launch.arg_size(); ++i)
      store(builder, launch.getArgOperand(i), *kernel.getArg(i), arguments, layout.parameters[i]);
    Type *word = builder.getInt64Ty(), *pointer = builder.getInt8PtrTy();
    FunctionCallee library =
        module.getOrInsertFunction(kLaunch, builder.getVoidTy(), word, pointer, pointer, word,
                                   pointer, pointer, builder.getInt32Ty());
    builder.CreateCall(library, {builder.getInt64(kernelNumber(kernel.getName().str())),
                                 builder.CreatePointerCast(configuration.getArgOperand(0), pointer),
                                 builder.CreatePointerCast(configuration.getArgOperand(1), pointer),
                                 configuration.getArgOperand(2), configuration.getArgOperand(3),
                                 arguments, builder.getInt32(layout.argumentBytes)});
    launch.eraseFromParent();
  }

  static void store(IRBuilder<> &builder, Value *value, const Argument &parameter, Value *arguments,
                    const KernelImage::Parameter &place) {
    Value *at = builder.CreateConstInBoundsGEP1_32(builder.getInt8Ty(), arguments, place.offset);
    const Align alignment = commonAlignment(Align(16), place.offset);
    if (parameter.hasByValAttr()) {
      builder.CreateMemCpy(at, alignment, value, parameter.getParamAlign(), place.size);
      return;
    }
    builder.CreateAlignedStore(
        value, builder.CreatePointerCast(at, value->getType()->getPointerTo()), alignment);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeChildLaunches() { return std::make_unique<ChildLaunches>(); }

} // namespace npu
