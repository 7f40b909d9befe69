// Replaces each kernel by its warp form (warp/vectorizer.h), for any block and in variants for the
// usual block shapes, in which lanes are neighbours in memory. A kernel that has no warp form stays
// one thread per execution; CheckBarriers judges it then. Functions that warps call get their forms
// on the way (warp/functions.h).
#include "device/pipeline.h"
#include "device/warp/copies.h"
#include "device/warp/full_warps.h"
#include "device/warp/interleave.h"
#include "device/warp/thread_numbers.h"
#include "device/warp/vectorizer.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kSharedSpace = 3;

class VectorizeWarps : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    if (!context.options.warps)
      return;
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context))
        kernels.push_back(&function);
    for (Function *kernel : kernels)
      vectorize(*kernel, context);
    if (Function *vote = module.getFunction(warp::kFull))
      vote->eraseFromParent();
    clean(module, context);
  }

private:
  // Whether the kernel's meaning depends on lockstep: warp operations, and volatile shared memory,
  // by which code older than __syncwarp() exchanges values within a warp.
  static bool usesWarp(Function &kernel) {
    for (Instruction &instruction : instructions(kernel)) {
      if (instruction.isVolatile() && isSharedAccess(instruction))
        return true;
      if (auto *call = dyn_cast<CallInst>(&instruction))
        if (const Function *callee = call->getCalledFunction())
          for (StringRef prefix : {"llvm.nvvm.shfl", "llvm.nvvm.vote", "llvm.nvvm.match",
                                   "llvm.nvvm.redux", "llvm.nvvm.bar.warp.sync"})
            if (callee->getName().startswith(prefix))
              return true;
    }
    return false;
  }

  static bool isSharedAccess(const Instruction &access) {
    const Value *pointer = getLoadStorePointerOperand(&access);
    auto *variable = pointer ? dyn_cast<GlobalVariable>(getUnderlyingObject(pointer, 0)) : nullptr;
    return variable && variable->getAddressSpace() == kSharedSpace;
  }

  struct Erase {
    void operator()(Function *function) const { function->eraseFromParent(); }
  };
  using FunctionOwner = std::unique_ptr<Function, Erase>;

  struct Variant {
    BlockShape shape;
    const char *suffix; // of the kernel's name
  };
  static constexpr Variant kVariants[] = {{BlockShape::WholeRows, ".rows"},
                                          {BlockShape::Line, ".line"},
                                          {BlockShape::Rows16, ".rows16"},
                                          {BlockShape::Rows8, ".rows8"}};

  static bool readsRegister(const Function &kernel, StringRef name) {
    return any_of(instructions(kernel), [&](const Instruction &instruction) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      return callee && callee->getName() == ("llvm.nvvm.read.ptx.sreg." + name).str();
    });
  }

  // Kernels that do not look at y are launched with lines of threads, the others with rectangles.
  // Large kernels, as libraries have them, are made for blocks of whole warps.
  static bool isUseful(BlockShape shape, const Function &kernel) {
    constexpr unsigned kLarge = 2000; // instructions
    if (shape != BlockShape::WholeRows && kernel.getInstructionCount() > kLarge)
      return false;
    bool plane = readsRegister(kernel, "tid.y") || readsRegister(kernel, "tid.z");
    return shape == BlockShape::WholeRows || plane != (shape == BlockShape::Line);
  }

  // After whatever simplifies: instcombine gives an array that is cast another type and forgets
  // that its lanes lie side by side.
  static void layOut(Function &lanes) {
    warp::interleaveArrays(lanes);
    warp::separateCopies(lanes);
  }

  // nullptr: the kernel has no such form.
  Function *makeVariant(Function &kernel, BlockShape shape, warp::Waits waits) {
    unsigned width = warp::widthOf(shape);
    ValueToValueMapTy map;
    Function *copy = CloneFunction(&kernel, map);
    warp::boundThreadNumbers(*copy);
    if (width != warp::kLanes)
      setWidth(*copy, width);
    layOut(*copy);
    if (shape != BlockShape::Line && waits != warp::Waits::Turns)
      warp::splitFullWarps(*copy, shape);
    Function *made = warp::Vectorizer(*copy, functions, shape, waits).run();
    copy->eraseFromParent();
    return made;
  }

  // In blocks of these shapes the width is known.
  static void setWidth(Function &kernel, unsigned width) {
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || callee->getName() != "llvm.nvvm.read.ptx.sreg.ntid.x")
        continue;
      call->replaceAllUsesWith(ConstantInt::get(call->getType(), width));
      call->eraseFromParent();
    }
  }

  void vectorize(Function &kernel, PassContext &context) {
    std::string name = kernel.getName().str();
    warp::WaitsOf waits = warp::waitsOf(kernel);
    // The kernel itself stays as it is, for the case that it has no warp form.
    ValueToValueMapTy map;
    FunctionOwner lanes(CloneFunction(&kernel, map));
    lanes->takeName(&kernel);
    layOut(*lanes);
    warp::Vectorizer general(*lanes, functions, BlockShape::General, waits.kind);
    Function *warp = general.run();
    if (!warp) {
      if (usesWarp(kernel))
        context.refuse(*general.place(), "warp",
                       "a kernel with warp operations has " + general.reason(),
                       "rewrite this part, or exchange values through __shared__ memory");
      else if (waits.kind == warp::Waits::Turns)
        context.refuse(*general.place(), "warp",
                       "a kernel whose warps wait for one another has " + general.reason(),
                       "rewrite this part, or let all threads come to the same barriers");
      else if (context.options.onlyWarps)
        context.refuse(*general.place(), "warp", "no warp form for " + general.reason(),
                       "compile without --device-lowering=warp");
      kernel.takeName(lanes.get());
      return;
    }
    std::vector<std::pair<const Variant *, Function *>> variants;
    for (const Variant &variant : kVariants)
      if (isUseful(variant.shape, kernel))
        if (Function *made = makeVariant(kernel, variant.shape, waits.kind))
          variants.push_back({&variant, made});
    KernelInfo &info = context.kernels[name];
    info.isWarp = true;
    info.waits = waits;
    warp->setSubprogram(lanes->getSubprogram());
    lanes->setSubprogram(nullptr);
    warp->takeName(lanes.get());
    for (auto &[variant, function] : variants) {
      function->setName(name + variant->suffix);
      KernelInfo &row = context.kernels[function->getName().str()];
      row = info;
      row.generalName = name;
      row.shape = variant->shape;
    }
    kernel.eraseFromParent();
  }

  void clean(Module &module, PassContext &context) {
    std::vector<Function *> warps = functions.made();
    for (Function &function : module)
      if (isKernel(function, context) && context.kernels[function.getName().str()].isWarp)
        warps.push_back(&function);
    for (Function *function : warps)
      runPasses(*function, "early-cse,instcombine,loop-mssa(licm),adce,simplifycfg");
  }

  warp::WarpFunctions functions;
};

} // namespace

std::unique_ptr<DevicePass> makeVectorizeWarps() { return std::make_unique<VectorizeWarps>(); }

} // namespace npu
