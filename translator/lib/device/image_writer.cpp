// A kernel's module holds the kernel, the functions that it calls, the private constants that it
// reads, and its shared variables. PoCL takes an addrspace(3) variable for a kernel's own only when
// its name is
// `<kernel>.<variable>`; otherwise all work-groups silently share it, so variables are renamed
// here, one module at a time.
#include "device/image_writer.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu {

namespace {

void removeUnused(Module &module) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (GlobalVariable &variable : make_early_inc_range(module.globals())) {
      variable.removeDeadConstantUsers();
      if (variable.use_empty())
        variable.eraseFromParent(), changed = true;
    }
    for (Function &function : make_early_inc_range(module))
      if ((function.isDeclaration() || isScalarFunction(function)) && function.use_empty())
        function.eraseFromParent(), changed = true;
  }
}

// A call that never happens of a function that calls all of these by name.
void callNever(ArrayRef<Function *> functions, Function &caller) {
  if (functions.empty())
    return;
  Module &module = *caller.getParent();
  IRBuilder<> builder(module.getContext());
  auto *type = FunctionType::get(builder.getVoidTy(), {builder.getInt1Ty()}, false);
  auto *names = Function::Create(type, GlobalValue::InternalLinkage, "names", module);
  auto *entry = BasicBlock::Create(module.getContext(), "", names);
  auto *calls = BasicBlock::Create(module.getContext(), "never", names);
  auto *exit = BasicBlock::Create(module.getContext(), "exit", names);
  builder.SetInsertPoint(entry);
  builder.CreateCondBr(names->getArg(0), calls, exit);
  builder.SetInsertPoint(calls);
  for (Function *function : functions) {
    SmallVector<Value *, 8> arguments;
    for (Argument &argument : function->args())
      arguments.push_back(UndefValue::get(argument.getType()));
    builder.CreateCall(function, arguments)->setAttributes(function->getAttributes());
  }
  builder.CreateBr(exit);
  builder.SetInsertPoint(exit);
  builder.CreateRetVoid();
  builder.SetInsertPoint(&*caller.getEntryBlock().getFirstInsertionPt());
  builder.CreateCall(names, {builder.getFalse()});
}

// The functions whose addresses the body uses.
SetVector<Function *> addressedIn(Function &body) {
  SetVector<Function *> result;
  for (Instruction &instruction : instructions(body))
    for (const Use &operand : instruction.operands()) {
      auto *call = dyn_cast<CallBase>(&instruction);
      auto *function = dyn_cast<Function>(operand.get()->stripPointerCasts());
      if (function && function != &body && !(call && call->isCallee(&operand)))
        result.insert(function);
    }
  return result;
}

// PoCL takes along what a kernel calls by name, and what that calls by name before it, for ever if
// that is itself. So functions that recur call one another through pointers
// (lift_recursion_pass.cpp), and the kernel names them all. What else is called through pointers is
// named where its address is: PoCL leaves an address as it is, in the module that it copies from,
// unless it has taken that function along before.
void nameScalarFunctions(Function &kernel) {
  std::vector<Function *> all;
  for (Function &function : *kernel.getParent())
    if (!function.isDeclaration() && function.hasFnAttribute(kScalarFunction))
      all.push_back(&function);
  for (Function *function : all)
    callNever(addressedIn(*function).getArrayRef(), *function);
  callNever(all, kernel);
}

std::vector<uint8_t> kernelModule(Module &module, const Function &kernel) {
  SmallPtrSet<const Constant *, 32> reachable = reachableFrom(kernel);
  ValueToValueMapTy map;
  std::unique_ptr<Module> own =
      CloneModule(module, map, [&](const GlobalValue *value) { return reachable.contains(value); });
  std::string name = entryName(kernel.getName().str());
  Function *ownKernel = own->getFunction(kernel.getName());
  ownKernel->setName(name);
  own->setModuleIdentifier(name);
  own->setSourceFileName(name);
  removeUnused(*own);
  for (Function &function : *own)
    if (!function.isDeclaration() && isScalarFunction(function))
      function.setLinkage(GlobalValue::InternalLinkage);
  nameScalarFunctions(*ownKernel);
  for (GlobalVariable &variable : own->globals())
    if (variable.getAddressSpace() == 3) {
      variable.setName(name + "." + variable.getName());
      variable.setLinkage(GlobalValue::InternalLinkage);
      variable.setComdat(nullptr);
    }
  SmallVector<char, 0> buffer;
  raw_svector_ostream stream(buffer);
  WriteBitcodeToFile(*own, stream);
  return {buffer.begin(), buffer.end()};
}

} // namespace

SmallPtrSet<const Constant *, 32> reachableFrom(const Function &kernel) {
  SmallPtrSet<const Constant *, 32> seen;
  std::vector<const Constant *> work = {&kernel};
  while (!work.empty()) {
    const Constant *value = work.back();
    work.pop_back();
    if (!seen.insert(value).second)
      continue;
    auto visit = [&](const User &user) {
      for (const Use &operand : user.operands())
        if (auto *constant = dyn_cast<Constant>(operand.get()))
          work.push_back(constant);
    };
    visit(*value);
    if (auto *function = dyn_cast<Function>(value))
      for (const Instruction &instruction : instructions(*function))
        visit(instruction);
  }
  return seen;
}

KernelImage writeImage(Module &module, const PassContext &context) {
  KernelImage image;
  image.globals = context.globals;
  for (const auto &[name, info] : context.kernels) {
    const Function *kernel = module.getFunction(name);
    if (!kernel)
      continue;
    KernelImage::Kernel row = info.row;
    row.module = image.modules.size();
    image.modules.push_back({KernelImage::Form::SpirBitcode, kernelModule(module, *kernel)});
    image.kernels.push_back(std::move(row));
  }
  for (const auto &[name, info] : context.kernels) {
    auto find = [&](const std::string &wanted) {
      return find_if(image.kernels,
                     [&](const KernelImage::Kernel &row) { return row.name == wanted; });
    };
    if (auto general = find(info.generalName); general != image.kernels.end())
      general->variants.push_back({info.shape, uint32_t(find(name) - image.kernels.begin())});
  }
  // The enumerators are in order of preference.
  for (KernelImage::Kernel &kernel : image.kernels)
    sort(kernel.variants, [](const KernelImage::Variant &a, const KernelImage::Variant &b) {
      return a.shape < b.shape;
    });
  return image;
}

} // namespace npu
