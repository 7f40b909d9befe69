// Texture and surface references: a reference's variable becomes one that the runtime can bind, and
// its handle the variable's address, because the runtime passes the address of what is bound where
// other variables have their memory. Loads of texture descriptors, which do not change while a
// kernel runs, are marked so: stores to images would otherwise repeat them.
#include "device/pipeline.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu {

namespace {

// nvvm.annotations rows of such a variable are {variable, "texture" or "surface", 1}.
bool isReferenceRow(const MDNode &row) {
  auto *name = row.getNumOperands() > 1 ? dyn_cast<MDString>(row.getOperand(1)) : nullptr;
  return name && (name->getString() == "texture" || name->getString() == "surface");
}

class TextureReferences : public DevicePass {
public:
  void run(Module &module, PassContext &) override {
    exposeTextureReferences(module);
    for (Function &function : make_early_inc_range(module)) {
      StringRef name = function.getName();
      if (name.startswith("llvm.nvvm.texsurf.handle"))
        forEachCall(function, [](IRBuilder<> &builder, CallInst &call) {
          Value *variable = call.getArgOperand(call.arg_size() - 1);
          if (auto *wrapped = dyn_cast<MetadataAsValue>(variable))
            variable = cast<ValueAsMetadata>(wrapped->getMetadata())->getValue();
          return builder.CreatePtrToInt(
              builder.CreatePointerBitCastOrAddrSpaceCast(variable, builder.getInt8PtrTy()),
              call.getType());
        });
      else if (name == "__npu_constant_i32" || name == "__npu_constant_i64")
        forEachCall(function, [](IRBuilder<> &builder, CallInst &call) {
          Value *address =
              builder.CreateBitCast(call.getArgOperand(0), call.getType()->getPointerTo());
          LoadInst *load = builder.CreateLoad(call.getType(), address);
          load->setMetadata(LLVMContext::MD_invariant_load, MDNode::get(call.getContext(), {}));
          return load;
        });
    }
  }

private:
  template <class Replacement>
  static void forEachCall(Function &function, Replacement replacement) {
    for (User *user : make_early_inc_range(function.users())) {
      auto *call = dyn_cast<CallInst>(user);
      if (!call)
        continue;
      IRBuilder<> builder(call);
      call->replaceAllUsesWith(replacement(builder, *call));
      call->eraseFromParent();
    }
    if (function.use_empty())
      function.eraseFromParent();
  }
};

} // namespace

void exposeTextureReferences(Module &module) {
  NamedMDNode *annotations = module.getNamedMetadata("nvvm.annotations");
  if (!annotations)
    return;
  for (MDNode *row : annotations->operands()) {
    auto *variable = isReferenceRow(*row)
                         ? mdconst::dyn_extract_or_null<GlobalVariable>(row->getOperand(0))
                         : nullptr;
    if (!variable)
      continue;
    variable->setLinkage(GlobalValue::ExternalLinkage);
    if (variable->isDeclaration())
      continue;
    variable->setInitializer(Constant::getNullValue(variable->getValueType()));
    variable->setExternallyInitialized(true);
  }
}

std::unique_ptr<DevicePass> makeTextureReferences() {
  return std::make_unique<TextureReferences>();
}

} // namespace npu
