// Gives every kernel the two arguments of npu/kernel_image.h: one struct by value that holds the
// CUDA parameters and then the addresses of the module's variables, and one pointer to dynamic
// shared memory.
//
// OpenCL 1.2 has no writable program-scope variables, and CUDA's can be reached by name from the
// host: the runtime owns their memory and passes their addresses.
#include "device/parameter_layout.h"
#include "device/variables.h"
#include "device/warp/strips.h"

#include "llvm/Analysis/ValueTracking.h"
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
const Align kLeastSharedAlign(16);
constexpr uint32_t kWidestCopy = 32; // bytes

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
  // A thread that is an execution of its own would wait for ever for what the grid's end begins:
  // cudaDeviceSynchronize(), whose loop is the one volatile access of the service.
  static void refuseWaits(Function &kernel, PassContext &context) {
    for (Instruction &instruction : instructions(kernel)) {
      auto *load = dyn_cast<LoadInst>(&instruction);
      if (load && load->isVolatile() &&
          getUnderlyingObject(load->getPointerOperand())->getName() == "__npu_service_children")
        return context.refuse(instruction, "dynamic-parallelism",
                              "a wait for launches in a kernel that has no warp form",
                              "end the kernel and let the host launch the rest");
    }
  }

  static void rewrite(Function &kernel, Variables &variables, PassContext &context) {
    Module &module = *kernel.getParent();
    const DataLayout &target = module.getDataLayout();
    KernelImage::Kernel row = parameterLayout(kernel, target);
    std::vector<GlobalVariable *> used = variables.usedBy(kernel);
    uint32_t hidden = alignTo(row.argumentBytes, 8);
    for (GlobalVariable *variable : used) {
      row.hiddenGlobals.push_back({hidden, variables.indexOf(variable)});
      row.argumentBytes = hidden += 8;
    }
    const KernelInfo &info = context.kernels[kernel.getName().str()];
    if (!info.isWarp)
      refuseWaits(kernel, context);
    if (info.isWarp) {
      row.executesBlocks = true;
      row.blockExtentOffset = alignTo(row.argumentBytes, 4);
      row.mostStripWarps = info.mostStripWarps;
      row.argumentBytes = row.blockExtentOffset + row.extentBytes();
    }
    row.argumentBytes = alignTo(std::max(row.argumentBytes, 1u), kArgumentAlign.value());
    // The struct is copied twice on its way in. Copies in overlapping vectors, as x86 makes them of
    // other sizes, wait for each other (no store forwarding), once per block.
    if (row.argumentBytes > kWidestCopy)
      row.argumentBytes = alignTo(row.argumentBytes, kWidestCopy);

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
    if (row.executesBlocks)
      readExtents(builder, *result, base, row);
    Variables::Replacements replacements;
    for (unsigned i = 0; i < used.size(); ++i)
      replacements[used[i]] =
          readPointer(builder, base, row.hiddenGlobals[i].offset, used[i]->getType());
    row.staticSharedBytes = variables.staticSharedBytes(*result);
    std::vector<GlobalVariable *> dynamic = variables.dynamicSharedIn(*result);
    row.usesDynamicShared = !dynamic.empty();
    if (CallInst *marker = findSharedBase(*result)) {
      builder.SetInsertPoint(marker);
      Value *base =
          builder.CreateIntToPtr(marker->getArgOperand(0), byte->getPointerTo(kSharedSpace));
      row.staticSharedBytes = placeShared(builder, base, variables, replacements);
      marker->eraseFromParent();
    } else if (row.executesBlocks) {
      row.staticSharedBytes = placeShared(builder, result->getArg(1), variables, replacements);
    } else {
      for (GlobalVariable *shared : dynamic)
        replacements[shared] = builder.CreateBitCast(result->getArg(1), shared->getType());
    }
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

  // Shared memory of a block from `base` on: the static variables, then the dynamic ones. Returns
  // the bytes of the former.
  static uint64_t placeShared(IRBuilder<> &builder, Value *base, Variables &variables,
                              Variables::Replacements &replacements) {
    Function &kernel = *builder.GetInsertBlock()->getParent();
    const DataLayout &target = kernel.getParent()->getDataLayout();
    auto place = [&](GlobalVariable *variable, uint64_t offset) {
      replacements[variable] = builder.CreateBitCast(
          builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, offset),
          variable->getType());
    };
    uint64_t bytes = 0;
    for (GlobalVariable *variable : variables.staticSharedIn(kernel)) {
      bytes = alignTo(bytes, alignmentOf(*variable, target));
      place(variable, bytes);
      bytes += target.getTypeAllocSize(variable->getValueType());
    }
    // The dynamic ones are names of one place.
    std::vector<GlobalVariable *> dynamic = variables.dynamicSharedIn(kernel);
    Align alignment = kLeastSharedAlign;
    for (GlobalVariable *variable : dynamic)
      alignment = std::max(alignment, alignmentOf(*variable, target));
    for (GlobalVariable *variable : dynamic)
      place(variable, alignTo(bytes, alignment));
    return bytes;
  }

  static Align alignmentOf(const GlobalVariable &variable, const DataLayout &target) {
    return std::max(kLeastSharedAlign,
                    variable.getAlign().value_or(target.getABITypeAlign(variable.getValueType())));
  }

  // The block's extents and those of strips: kernel_image.h.
  static void readExtents(IRBuilder<> &builder, Function &kernel, Value *base,
                          const KernelImage::Kernel &row) {
    constexpr StringRef kWords[] = {
        "llvm.nvvm.read.ptx.sreg.ntid.x", "llvm.nvvm.read.ptx.sreg.ntid.y",
        "llvm.nvvm.read.ptx.sreg.ntid.z", warp::kStripBlocks, warp::kGridColumns};
    Value *extents[std::size(kWords)] = {};
    for (unsigned i = 0; i < row.extentBytes() / 4; ++i) {
      Value *address = builder.CreateConstInBoundsGEP1_32(builder.getInt8Ty(), base,
                                                          row.blockExtentOffset + 4 * i);
      address = builder.CreateBitCast(address, builder.getInt32Ty()->getPointerTo());
      extents[i] = builder.CreateAlignedLoad(builder.getInt32Ty(), address, Align(4));
    }
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      const StringRef *word = find(kWords, calleeName(instruction));
      if (word == std::end(kWords))
        continue;
      instruction.replaceAllUsesWith(extents[word - kWords]);
      if (&*builder.GetInsertPoint() == &instruction)
        builder.SetInsertPoint(instruction.getNextNode());
      instruction.eraseFromParent();
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
    if (argument.hasByValAttr()) // only read; see thread_state_pass.cpp
      return builder.CreateBitCast(address, type);
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
    std::copy(std::begin(info.cluster), std::end(info.cluster), row.cluster);
    uint64_t local = 0;
    for (const Instruction &instruction : instructions(kernel))
      if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
        if (Optional<TypeSize> bits =
                allocation->getAllocationSizeInBits(kernel.getParent()->getDataLayout()))
          local += *bits / 8;
    row.localBytesPerThread = local;
    row.warpFrameBytes = info.frameBytes;
    row.waitsForBlocks = info.waits.forBlocks;
    row.synchronizesGrid = info.waits.forGrid;
    info.row = std::move(row);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeKernelAbi() { return std::make_unique<KernelAbi>(); }

} // namespace npu
