// Makes an execution of a kernel in warp form a block: it runs the block's warps one after the
// other, each until the next barrier or its end. One piece of code serves blocks of all sizes, and
// warps that have ended take part in no barrier.
//
// Kernels that pass once over rows of memory run strips of blocks (warp/strips.h): the first warps
// of all blocks, then the second ones.
//
// Where warps stop they are coroutines (warp/coroutine.h), whose frames lie on the stack behind two
// words: which of them have not ended, and which have stopped in a loop (StepWarps) and not at a
// barrier. Those go on first; a barrier opens when there are none.
#include "device/pipeline.h"
#include "device/warp/coroutine.h"
#include "device/warp/strips.h"

#include "npu/warp_turns.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu {

namespace {

constexpr StringRef kBlockColumn = "llvm.nvvm.read.ptx.sreg.ctaid.x";
constexpr StringRef kColumns = "llvm.nvvm.read.ptx.sreg.nctaid.x";

class RunBlocks : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels, stopping;
    for (Function &function : module) {
      if (!isKernel(function, context))
        continue;
      const KernelInfo &info = context.kernels[function.getName().str()];
      if (info.isWarp && info.waits.kind != warp::Waits::Turns)
        (info.waits.kind == warp::Waits::Barriers || info.steps ? stopping : kernels)
            .push_back(&function);
    }
    for (Function *kernel : kernels) {
      KernelInfo &info = context.kernels[kernel->getName().str()];
      info.executesStrips = warp::walksRows(*kernel, info.shape);
      loopOverWarps(*kernel, info);
    }
    std::vector<std::pair<Function *, warp::Coroutine>> coroutines;
    for (Function *kernel : stopping)
      coroutines.push_back({kernel, warp::Coroutine(*kernel, noteStop)});
    for (auto &[kernel, coroutine] : coroutines)
      runToStops(*kernel, coroutine);
    if (!kernels.empty() || !stopping.empty())
      runPasses(module, "function(sroa,early-cse,instcombine,adce,simplifycfg)");
  }

private:
  static Value *warpsOfBlock(IRBuilder<> &builder) {
    Module &module = *builder.GetInsertBlock()->getModule();
    Value *threads = nullptr;
    for (const char *axis : {"x", "y", "z"}) {
      Value *extent = builder.CreateCall(module.getOrInsertFunction(
          (Twine("llvm.nvvm.read.ptx.sreg.ntid.") + axis).str(), builder.getInt32Ty()));
      threads = threads ? builder.CreateMul(threads, extent, "", true, true) : extent;
    }
    return builder.CreateLShr(builder.CreateAdd(threads, builder.getInt32(31), "", true, true), 5);
  }

  // Emits body(i) for i from `first` on, as long as it is below `end`; once at least. The body
  // leaves the builder where it ends. The loop is not worth copies of its body, which PoCL would
  // make.
  template <class Body>
  static void forRange(IRBuilder<> &builder, Value *first, Value *end, const Twine &name,
                       Body body) {
    LLVMContext &context = builder.getContext();
    Function *function = builder.GetInsertBlock()->getParent();
    BasicBlock *before = builder.GetInsertBlock();
    BasicBlock *head = BasicBlock::Create(context, name, function);
    builder.CreateBr(head);
    builder.SetInsertPoint(head);
    PHINode *number = builder.CreatePHI(builder.getInt32Ty(), 2, "number");
    number->addIncoming(first, before);
    body(number);
    Value *next = builder.CreateAdd(number, builder.getInt32(1), "", true, true);
    BasicBlock *after = BasicBlock::Create(context, name + "s.end", function);
    number->addIncoming(next, builder.GetInsertBlock());
    keepRolled(*builder.CreateCondBr(builder.CreateICmpEQ(next, end), after, head));
    builder.SetInsertPoint(after);
  }
  struct Strip {
    Value *first, *end; // blockIdx.x of its blocks
    Value *rows, *warpsOfRow;
    Value *columns; // gridDim.x
  };
  static Strip stripOfGroup(IRBuilder<> &builder, Value *warpsOfBlock, BlockShape shape) {
    Module &module = *builder.GetInsertBlock()->getModule();
    const auto read = [&](StringRef name) {
      return builder.CreateCall(module.getOrInsertFunction(name, builder.getInt32Ty()));
    };
    Value *blocks = read(warp::kStripBlocks), *columns = read(warp::kGridColumns);
    Value *first = builder.CreateMul(read(kBlockColumn), blocks, "", true);
    Value *end = builder.CreateBinaryIntrinsic(Intrinsic::umin,
                                               builder.CreateAdd(first, blocks, "", true), columns);
    if (shape != BlockShape::WholeRows) // a warp is some rows
      return {first, end, warpsOfBlock, builder.getInt32(1), columns};
    Value *warpsOfRow = builder.CreateLShr(read("llvm.nvvm.read.ptx.sreg.ntid.x"), 5);
    return {first, end, builder.CreateUDiv(warpsOfBlock, warpsOfRow), warpsOfRow, columns};
  }

  static void loopOverWarps(Function &kernel, const KernelInfo &info) {
    Module &module = *kernel.getParent();
    LLVMContext &context = module.getContext();
    // What the loops tell the body.
    SmallVector<StringRef, 3> told = {kWarpNumber};
    if (info.executesStrips)
      told.append({kBlockColumn, kColumns});
    SmallVector<Type *, 8> types(told.size(), Type::getInt32Ty(context));
    for (Argument &argument : kernel.args())
      types.push_back(argument.getType());
    Function *warp = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false),
                                      GlobalValue::InternalLinkage, "", module);
    warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
    warp->setSubprogram(kernel.getSubprogram());
    for (Argument &argument : kernel.args())
      argument.replaceAllUsesWith(warp->getArg(argument.getArgNo() + told.size()));
    for (Instruction &instruction : make_early_inc_range(instructions(*warp)))
      if (auto *at = find(told, calleeName(instruction)); at != told.end()) {
        instruction.replaceAllUsesWith(warp->getArg(at - told.begin()));
        instruction.eraseFromParent();
      }
    IRBuilder<> builder(BasicBlock::Create(context, "block", &kernel));
    CallInst *call = nullptr;
    const auto run = [&](SmallVector<Value *, 8> arguments) {
      for (Argument &argument : kernel.args())
        arguments.push_back(&argument);
      call = builder.CreateCall(warp, arguments);
    };
    Value *warps = warpsOfBlock(builder);
    if (info.executesStrips) {
      const Strip strip = stripOfGroup(builder, warps, info.shape);
      forRange(builder, builder.getInt32(0), strip.rows, "row", [&](Value *row) {
        Value *first = builder.CreateMul(row, strip.warpsOfRow, "", true, true);
        Value *end = builder.CreateAdd(first, strip.warpsOfRow, "", true, true);
        forRange(builder, strip.first, strip.end, "column", [&](Value *column) {
          forRange(builder, first, end, "warp", [&](Value *number) {
            run({number, column, strip.columns});
          });
        });
      });
    } else {
      forRange(builder, builder.getInt32(0), warps, "warp", [&](Value *number) { run({number}); });
    }
    builder.CreateRetVoid();
    inlineCall(*call);
    warp->eraseFromParent();
  }

  // The words before the frames: a bit for each warp.
  enum Word { kLive, kStepping };
  static Value *word(IRBuilder<> &builder, Value *block, Word which) {
    return builder.CreateConstGEP1_32(
        builder.getInt32Ty(), builder.CreateBitCast(block, builder.getInt32Ty()->getPointerTo()),
        which);
  }

  static void noteStop(IRBuilder<> &builder, Value *block, Value *number, const CallInst *stop) {
    if (stop && !cast<ConstantInt>(stop->getArgOperand(0))->equalsInt(turns::kTurn))
      return;
    Value *place = word(builder, block, stop ? kStepping : kLive);
    Value *own = builder.CreateShl(builder.getInt32(1), number);
    builder.CreateStore(builder.CreateXor(builder.CreateLoad(builder.getInt32Ty(), place), own),
                        place);
  }

  static void runToStops(Function &kernel, warp::Coroutine &coroutine) {
    LLVMContext &context = kernel.getContext();
    IRBuilder<> builder(BasicBlock::Create(context, "block", &kernel));
    Value *count = warpsOfBlock(builder);
    uint64_t frameBytes = coroutine.frameBytes();
    Value *bytes =
        builder.CreateAdd(builder.CreateMul(builder.CreateZExt(count, builder.getInt64Ty()),
                                            builder.getInt64(frameBytes)),
                          builder.getInt64(turns::kAlignment));
    AllocaInst *block = builder.CreateAlloca(builder.getInt8Ty(), bytes, "frames");
    block->setAlignment(Align(turns::kAlignment));
    auto frameOf = [&](Value *number) {
      Value *offset = builder.CreateMul(builder.CreateZExt(number, builder.getInt64Ty()),
                                        builder.getInt64(frameBytes));
      return builder.CreateGEP(builder.getInt8Ty(), block,
                               builder.CreateAdd(offset, builder.getInt64(turns::kAlignment)));
    };
    // All ones, shifted: a block has at least one warp and at most 32.
    builder.CreateStore(
        builder.CreateLShr(builder.getInt32(~0u), builder.CreateSub(builder.getInt32(32), count)),
        word(builder, block, kLive));
    builder.CreateStore(builder.getInt32(0), word(builder, block, kStepping));
    forRange(builder, builder.getInt32(0), count, "warp",
             [&](Value *number) { coroutine.start(builder, frameOf(number)); });
    BasicBlock *round = BasicBlock::Create(context, "round", &kernel);
    builder.CreateBr(round);
    builder.SetInsertPoint(round);
    Value *stepping = builder.CreateLoad(builder.getInt32Ty(), word(builder, block, kStepping));
    Value *all = builder.CreateLoad(builder.getInt32Ty(), word(builder, block, kLive));
    Value *going = builder.CreateSelect(builder.CreateIsNull(stepping), all, stepping);
    builder.CreateStore(builder.getInt32(0), word(builder, block, kStepping));
    forRange(builder, builder.getInt32(0), count, "warp", [&](Value *number) {
      BasicBlock *turn = BasicBlock::Create(context, "turn", &kernel);
      BasicBlock *next = BasicBlock::Create(context, "next", &kernel);
      Value *own = builder.CreateAnd(builder.CreateLShr(going, number), builder.getInt32(1));
      builder.CreateCondBr(builder.CreateIsNotNull(own), turn, next);
      builder.SetInsertPoint(turn);
      coroutine.resume(builder, frameOf(number), block, number);
      builder.CreateBr(next);
      builder.SetInsertPoint(next);
    });
    BasicBlock *end = BasicBlock::Create(context, "block.end", &kernel);
    Value *left = builder.CreateLoad(builder.getInt32Ty(), word(builder, block, kLive));
    keepRolled(*builder.CreateCondBr(builder.CreateIsNull(left), end, round));
    builder.SetInsertPoint(end);
    builder.CreateRetVoid();
    coroutine.finish();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeRunBlocks() { return std::make_unique<RunBlocks>(); }

} // namespace npu
