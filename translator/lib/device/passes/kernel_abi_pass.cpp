// Gives every kernel the two arguments of npu/kernel_image.h: one struct by value that holds the
// CUDA parameters and then the addresses of the module's variables, and one pointer to dynamic
// shared memory.
//
// OpenCL 1.2 has no writable program-scope variables, and CUDA's can be reached by name from the
// host: the runtime owns their memory and passes their addresses.
#include "device/variables.h"

#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kSharedSpace = 3;
const Align kArgumentAlign(16);
// Vector loads of the widest values.
const Align kSharedAlign(128);

// Whether memory behind `pointer` is only read here: it needs no copy of its own per thread.
bool isReadOnly(const Value *pointer) {
  for (const User *user : pointer->users()) {
    if (isa<LoadInst>(user))
      continue;
    if (isa<GetElementPtrInst>(user) || isa<BitCastInst>(user) || isa<AddrSpaceCastInst>(user)) {
      if (!isReadOnly(user))
        return false;
      continue;
    }
    if (auto *transfer = dyn_cast<MemTransferInst>(user))
      if (transfer->getRawSource() == pointer && transfer->getRawDest() != pointer)
        continue;
    if (auto *intrinsic = dyn_cast<IntrinsicInst>(user))
      if (intrinsic->isLifetimeStartOrEnd() || isa<DbgInfoIntrinsic>(intrinsic))
        continue;
    return false;
  }
  return true;
}

class KernelAbi : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context))
        kernels.push_back(&function);
    Variables variables(module, context);
    if (context.failed())
      return;
    for (Function *kernel : kernels)
      rewrite(*kernel, variables, context);
    variables.eraseReplaced();
  }

private:
  // Where each CUDA parameter lies: C's own layout rules over the parameters in order.
  static KernelImage::Kernel layout(const Function &kernel, const DataLayout &target) {
    KernelImage::Kernel row;
    uint64_t offset = 0;
    for (const Argument &argument : kernel.args()) {
      bool byValue = argument.hasByValAttr();
      Type *type = byValue ? argument.getParamByValType() : argument.getType();
      uint64_t size = target.getTypeAllocSize(type);
      Align alignment = target.getABITypeAlign(type);
      if (byValue && argument.getParamAlign())
        alignment = std::max(alignment, *argument.getParamAlign());
      offset = alignTo(offset, alignment);
      row.parameters.push_back({uint32_t(offset), uint32_t(size)});
      offset += size;
    }
    row.argumentBytes = offset;
    return row;
  }

  static void rewrite(Function &kernel, Variables &variables, PassContext &context) {
    Module &module = *kernel.getParent();
    const DataLayout &target = module.getDataLayout();
    KernelImage::Kernel row = layout(kernel, target);
    std::vector<GlobalVariable *> used = variables.usedBy(kernel);
    uint32_t hidden = alignTo(row.argumentBytes, 8);
    for (GlobalVariable *variable : used) {
      row.hiddenGlobals.push_back({hidden, variables.indexOf(variable)});
      row.argumentBytes = hidden += 8;
    }
    if (context.kernels[kernel.getName().str()].isWarp) {
      row.threadsPerWorkItem = 32;
      row.blockExtentOffset = alignTo(row.argumentBytes, 4);
      row.argumentBytes = row.blockExtentOffset + 12;
    }
    row.argumentBytes = alignTo(std::max(row.argumentBytes, 1u), kArgumentAlign.value());

    LLVMContext &llvmContext = module.getContext();
    Type *byte = Type::getInt8Ty(llvmContext);
    // Words, not bytes, so that the struct's own alignment is not one.
    auto *block =
        StructType::get(ArrayType::get(Type::getInt64Ty(llvmContext), row.argumentBytes / 8));
    auto *type =
        FunctionType::get(Type::getVoidTy(llvmContext),
                          {block->getPointerTo(), byte->getPointerTo(kSharedSpace)}, false);
    auto *result = Function::Create(type, GlobalValue::ExternalLinkage, "", &module);
    result->takeName(&kernel);
    result->setCallingConv(CallingConv::SPIR_KERNEL);
    result->setSubprogram(kernel.getSubprogram());
    kernel.setSubprogram(nullptr);
    AttrBuilder attributes(llvmContext);
    attributes.addByValAttr(block).addAlignmentAttr(kArgumentAlign);
    result->getArg(0)->addAttrs(attributes);
    result->getArg(0)->setName("arguments");
    result->getArg(1)->setName("dynamicShared");
    result->getBasicBlockList().splice(result->begin(), kernel.getBasicBlockList());

    IRBuilder<> builder(&*result->getEntryBlock().getFirstInsertionPt());
    Value *base = builder.CreateBitCast(result->getArg(0), byte->getPointerTo());
    for (Argument &argument : kernel.args())
      argument.replaceAllUsesWith(
          readParameter(builder, argument, base, row.parameters[argument.getArgNo()]));
    if (row.threadsPerWorkItem != 1)
      readExtents(builder, *result, base, row.blockExtentOffset);
    Variables::Replacements replacements;
    for (unsigned i = 0; i < used.size(); ++i)
      replacements[used[i]] =
          readPointer(builder, base, row.hiddenGlobals[i].offset, used[i]->getType());
    row.staticSharedBytes = variables.staticSharedBytes(*result);
    std::vector<GlobalVariable *> dynamic = variables.dynamicSharedIn(*result);
    row.usesDynamicShared = !dynamic.empty();
    if (CallInst *base = findSharedBase(*result))
      row.staticSharedBytes = placeShared(*base, variables, replacements);
    else
      for (GlobalVariable *shared : dynamic)
        replacements[shared] = builder.CreateBitCast(result->getArg(1), shared->getType());
    variables.replaceIn(*result, replacements);
    finishRow(row, *result, context);
    kernel.eraseFromParent();
  }

  static CallInst *findSharedBase(Function &kernel) {
    for (Instruction &instruction : kernel.getEntryBlock()) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (callee && callee->getName() == kSharedBase)
        return call;
    }
    return nullptr;
  }

  // Shared memory of blocks that have it elsewhere than in their group: the static variables, then
  // the dynamic ones. Returns the bytes of the former; erases the marker.
  static uint64_t placeShared(CallInst &marker, Variables &variables,
                              Variables::Replacements &replacements) {
    Function &kernel = *marker.getFunction();
    const DataLayout &target = kernel.getParent()->getDataLayout();
    IRBuilder<> builder(&marker);
    Value *base = marker.getArgOperand(0);
    auto place = [&](GlobalVariable *variable, uint64_t offset) {
      replacements[variable] = builder.CreateIntToPtr(
          builder.CreateAdd(base, builder.getInt64(offset)), variable->getType());
    };
    uint64_t bytes = 0;
    for (GlobalVariable *variable : variables.staticSharedIn(kernel)) {
      bytes = alignTo(bytes, std::max(kSharedAlign, variable->getAlign().valueOrOne()));
      place(variable, bytes);
      bytes += target.getTypeAllocSize(variable->getValueType());
    }
    bytes = alignTo(bytes, kSharedAlign);
    for (GlobalVariable *variable : variables.dynamicSharedIn(kernel))
      place(variable, bytes);
    marker.eraseFromParent();
    return bytes;
  }

  static void readExtents(IRBuilder<> &builder, Function &kernel, Value *base, uint32_t offset) {
    Value *extents[3];
    for (unsigned i = 0; i < 3; ++i) {
      Value *address =
          builder.CreateConstInBoundsGEP1_32(builder.getInt8Ty(), base, offset + 4 * i);
      address = builder.CreateBitCast(address, builder.getInt32Ty()->getPointerTo());
      extents[i] = builder.CreateAlignedLoad(builder.getInt32Ty(), address, Align(4));
    }
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || !callee->getName().startswith("llvm.nvvm.read.ptx.sreg.ntid."))
        continue;
      call->replaceAllUsesWith(extents[callee->getName().back() - 'x']);
      call->eraseFromParent();
    }
  }

  static Value *readPointer(IRBuilder<> &builder, Value *base, uint32_t offset, Type *type) {
    Value *address = builder.CreateConstInBoundsGEP1_32(builder.getInt8Ty(), base, offset);
    address = builder.CreateBitCast(address, builder.getInt64Ty()->getPointerTo());
    Value *word = builder.CreateAlignedLoad(builder.getInt64Ty(), address, Align(8));
    return builder.CreateIntToPtr(word, type);
  }

  static Value *readParameter(IRBuilder<> &builder, Argument &argument, Value *base,
                              const KernelImage::Parameter &place) {
    Value *address = builder.CreateConstInBoundsGEP1_32(builder.getInt8Ty(), base, place.offset);
    Align alignment = commonAlignment(kArgumentAlign, place.offset);
    Type *type = argument.getType();
    if (argument.hasByValAttr()) {
      if (isReadOnly(&argument))
        return builder.CreateBitCast(address, type);
      AllocaInst *copy = builder.CreateAlloca(argument.getParamByValType());
      copy->setAlignment(std::max(copy->getAlign(), argument.getParamAlign().valueOrOne()));
      builder.CreateMemCpy(copy, copy->getAlign(), address, alignment, place.size);
      return copy;
    }
    // A bool is stored as a byte.
    Type *stored = type->isIntegerTy() ? builder.getIntNTy(place.size * 8) : type;
    Value *value = builder.CreateAlignedLoad(
        stored, builder.CreateBitCast(address, stored->getPointerTo()), alignment);
    return type->isIntegerTy() ? builder.CreateTrunc(value, type) : value;
  }

  static void finishRow(KernelImage::Kernel &row, const Function &kernel, PassContext &context) {
    KernelInfo &info = context.kernels[kernel.getName().str()];
    row.name = kernel.getName().str();
    row.sourceName = demangle(info.generalName.empty() ? row.name : info.generalName);
    row.location = info.location;
    row.maxThreadsPerBlock = info.maxThreadsPerBlock;
    uint64_t local = 0;
    for (const Instruction &instruction : instructions(kernel))
      if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
        if (Optional<TypeSize> bits =
                allocation->getAllocationSizeInBits(kernel.getParent()->getDataLayout()))
          local += *bits / 8;
    row.localBytesPerThread = local;
    row.warpFrameBytes = info.frameBytes;
    row.waitsForBlocks = info.waitsForBlocks;
    row.synchronizesGrid = info.synchronizesGrid;
    info.row = std::move(row);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeKernelAbi() { return std::make_unique<KernelAbi>(); }

} // namespace npu
