// Thread indices, block barriers and fences become the OpenCL functions of one work-item per
// thread, and threads that have ended return.
#include "device/pipeline.h"

#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kWarpSize = 32;
// CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE: __syncthreads() orders both memories.
constexpr unsigned kBarrierFlags = 3;

class WorkItems : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context) || isScalarFunction(function))
        for (Instruction &instruction : make_early_inc_range(instructions(function)))
          if (auto *call = dyn_cast<CallInst>(&instruction))
            lower(*call, context,
                  isKernel(function, context) && context.kernels[function.getName().str()].isWarp);
    for (Function &function : module)
      if (isKernel(function, context))
        returnAtMarkers(function);
  }

private:
  // A thread that has ended returns; see end_threads_pass.cpp.
  static void returnAtMarkers(Function &function) {
    for (BasicBlock &block : function)
      for (Instruction &instruction : make_early_inc_range(block)) {
        if (!endsThread(instruction))
          continue;
        for (BasicBlock *next : successors(&block))
          next->removePredecessor(&block);
        block.getTerminator()->eraseFromParent();
        IRBuilder<>(&block).CreateRetVoid();
        instruction.eraseFromParent();
        break;
      }
    removeUnreachableBlocks(function);
  }

  static Value *query(IRBuilder<> &builder, StringRef name, unsigned dimension) {
    Module *module = builder.GetInsertBlock()->getModule();
    FunctionCallee callee = module->getOrInsertFunction(
        name, FunctionType::get(builder.getInt64Ty(), {builder.getInt32Ty()}, false));
    auto *function = cast<Function>(callee.getCallee());
    function->setCallingConv(CallingConv::SPIR_FUNC);
    function->setDoesNotAccessMemory();
    function->setDoesNotThrow();
    CallInst *call = builder.CreateCall(callee, {builder.getInt32(dimension)});
    call->setCallingConv(CallingConv::SPIR_FUNC);
    return builder.CreateTrunc(call, builder.getInt32Ty());
  }

  // Blocks of one column are launched with x and another dimension in each other's place, whose
  // number is the global offset then: kernel_image.h.
  static Value *queryThread(IRBuilder<> &builder, StringRef name, unsigned dimension) {
    Value *exchanged = query(builder, "_Z17get_global_offsetj", 0);
    Value *inPlace = query(builder, name, dimension);
    auto exchangedWith = [&](unsigned other, unsigned there, Value *otherwise) {
      return builder.CreateSelect(builder.CreateICmpEQ(exchanged, builder.getInt32(other)),
                                  query(builder, name, there), otherwise);
    };
    return dimension ? exchangedWith(dimension, 0, inPlace)
                     : exchangedWith(1, 1, exchangedWith(2, 2, inPlace));
  }

  // The same with dimensions exchanged: a block (1, y, z) is launched as (y, 1, z).
  static Value *linearThread(IRBuilder<> &builder) {
    Value *x = query(builder, "_Z12get_local_idj", 0), *y = query(builder, "_Z12get_local_idj", 1),
          *z = query(builder, "_Z12get_local_idj", 2);
    Value *columns = query(builder, "_Z14get_local_sizej", 0),
          *rows = query(builder, "_Z14get_local_sizej", 1);
    return builder.CreateAdd(
        x, builder.CreateMul(columns, builder.CreateAdd(y, builder.CreateMul(rows, z))));
  }

  static Value *readRegister(IRBuilder<> &builder, StringRef name) {
    struct Row {
      StringRef prefix, function;
      Value *(*read)(IRBuilder<> &builder, StringRef function, unsigned dimension);
    };
    constexpr Row kRows[] = {{"tid.", "_Z12get_local_idj", queryThread},
                             {"ntid.", "_Z14get_local_sizej", queryThread},
                             {"ctaid.", "_Z12get_group_idj", query},
                             {"nctaid.", "_Z14get_num_groupsj", query}};
    for (const Row &row : kRows)
      if (name.startswith(row.prefix) && name.size() == row.prefix.size() + 1)
        return row.read(builder, row.function, name.back() - 'x');
    if (name == "warpsize")
      return builder.getInt32(kWarpSize);
    if (name == "laneid")
      return builder.CreateAnd(linearThread(builder), kWarpSize - 1);
    if (name == "warpid")
      return builder.CreateLShr(linearThread(builder), 5);
    Value *cycles = nullptr;
    if (name == "clock" || name == "clock64")
      cycles = builder.CreateIntrinsic(Intrinsic::readcyclecounter, {}, {});
    return cycles && name == "clock" ? builder.CreateTrunc(cycles, builder.getInt32Ty()) : cycles;
  }

  static void createBarrier(IRBuilder<> &builder) {
    Module *module = builder.GetInsertBlock()->getModule();
    FunctionCallee callee = module->getOrInsertFunction(
        "_Z7barrierj", FunctionType::get(builder.getVoidTy(), {builder.getInt32Ty()}, false));
    auto *function = cast<Function>(callee.getCallee());
    function->setCallingConv(CallingConv::SPIR_FUNC);
    function->setConvergent();
    function->addFnAttr(Attribute::NoDuplicate);
    function->setDoesNotThrow();
    CallInst *call = builder.CreateCall(callee, {builder.getInt32(kBarrierFlags)});
    call->setCallingConv(CallingConv::SPIR_FUNC);
    call->setConvergent();
    call->addFnAttr(Attribute::NoDuplicate);
  }

  static void lower(CallInst &call, PassContext &context, bool isWarp) {
    const Function *callee = call.getCalledFunction();
    if (!callee)
      return;
    if (callee->getName() == kYield) {
      call.eraseFromParent();
      return;
    }
    if (callee->getName() == kArrive)
      return context.refuse(call, "named-barrier", "a named barrier",
                            "compile without --device-lowering=thread");
    if (!callee->isIntrinsic())
      return;
    StringRef name = callee->getName();
    // A group's size is in warps then; KernelAbi reads the block's extents from the arguments.
    if (isWarp && name.startswith("llvm.nvvm.read.ptx.sreg.ntid."))
      return;
    IRBuilder<> builder(&call);
    if (name == "llvm.nvvm.barrier0" || name == "llvm.nvvm.bar.sync") {
      if (call.arg_size() == 1 && !match0(call.getArgOperand(0)))
        return context.refuse(call, "named-barrier", "a named barrier", "use __syncthreads()");
      createBarrier(builder);
    } else if (name.startswith("llvm.nvvm.barrier")) {
      return context.refuse(call, "named-barrier", "a named barrier",
                            "compile without --device-lowering=thread");
    } else if (name.startswith("llvm.nvvm.membar.")) {
      builder.CreateFence(AtomicOrdering::SequentiallyConsistent);
    } else if (name.startswith("llvm.nvvm.ldg.global.")) {
      auto *load = builder.CreateAlignedLoad(
          call.getType(), call.getArgOperand(0),
          MaybeAlign(cast<ConstantInt>(call.getArgOperand(1))->getZExtValue()));
      call.replaceAllUsesWith(load);
    } else if (name.startswith("llvm.nvvm.ptr.")) {
      call.replaceAllUsesWith(
          builder.CreatePointerBitCastOrAddrSpaceCast(call.getArgOperand(0), call.getType()));
    } else if (name.consume_front("llvm.nvvm.read.ptx.sreg.")) {
      Value *value = readRegister(builder, name);
      if (!value)
        return context.refuse(call, "intrinsic", "the special register " + name,
                              "compute it from threadIdx and blockIdx");
      call.replaceAllUsesWith(value);
    } else {
      return;
    }
    call.eraseFromParent();
  }

  static bool match0(const Value *value) {
    auto *constant = dyn_cast<ConstantInt>(value);
    return constant && constant->isZero();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeWorkItems() { return std::make_unique<WorkItems>(); }

} // namespace npu
