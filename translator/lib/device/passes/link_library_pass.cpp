// Links the device library's functions that the module needs, and makes everything but kernels and
// registered variables internal, so that later passes see the whole program.
#include "device/pipeline.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace npu {

namespace {

// OpenCL's functions of numbers are pure; those with pointers write through them.
void describeBuiltin(Function &function) {
  bool onNumbers = none_of(
      function.args(), [](const Argument &argument) { return argument.getType()->isPointerTy(); });
  if (!onNumbers || function.getReturnType()->isVoidTy())
    return;
  function.setDoesNotAccessMemory();
  function.setDoesNotThrow();
  function.setWillReturn();
  function.removeFnAttr(Attribute::Convergent);
  for (User *user : function.users())
    if (auto *call = dyn_cast<CallBase>(user))
      call->removeFnAttr(Attribute::Convergent);
}

void link(Module &module, PassContext &context) {
  const std::string &path = context.options.deviceLibrary;
  auto fail = [&](const Twine &reason) {
    context.refuse(module.getSourceFileName(), path, "device-library",
                   "cannot use this device library: " + reason, "reinstall cu2npu");
  };
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(buffer.getError().message());
  Expected<std::unique_ptr<Module>> library = parseBitcodeFile(**buffer, module.getContext());
  if (!library)
    return fail(toString(library.takeError()));
  for (Function &function : **library)
    if (function.isDeclaration() && !function.isIntrinsic()) {
      context.builtins.insert(function.getName());
      describeBuiltin(function);
    }
  (*library)->setDataLayout(module.getDataLayout());
  if (NamedMDNode *flags = (*library)->getModuleFlagsMetadata())
    (*library)->eraseNamedMetadata(flags);
  if (Linker::linkModules(module, std::move(*library), Linker::LinkOnlyNeeded))
    return fail("a function of the program has a device library function's name");
}

class LinkLibrary : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    linkDeviceLibrary(module, context);
    // The host may name these at run time even when no kernel does.
    for (GlobalVariable &variable : module.globals())
      if (variable.isExternallyInitialized() && !variable.isDeclaration())
        variable.setLinkage(GlobalValue::ExternalLinkage);
  }
};

} // namespace

void linkDeviceLibrary(Module &module, PassContext &context) {
  if (!context.options.deviceLibrary.empty())
    link(module, context);
  // llvm.used keeps every externally visible device function alive for a linker that does not
  // exist.
  for (const char *list : {"llvm.used", "llvm.compiler.used"})
    if (GlobalVariable *variable = module.getGlobalVariable(list, true))
      variable->eraseFromParent();
  for (Function &function : module)
    if (!function.isDeclaration() && !isKernel(function, context)) {
      function.setComdat(nullptr);
      // Nobody may change the arguments of a function that stays: it names no variable itself.
      function.setLinkage(isScalarFunction(function) ? GlobalValue::LinkOnceODRLinkage
                                                     : GlobalValue::InternalLinkage);
      function.setVisibility(GlobalValue::DefaultVisibility);
    }
}

std::unique_ptr<DevicePass> makeLinkLibrary() { return std::make_unique<LinkLibrary>(); }

} // namespace npu
