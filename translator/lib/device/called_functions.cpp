// See called_functions.h.
#include "device/called_functions.h"

#include "device/flat_signatures.h"
#include "device/variables.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SCCIterator.h"
#include "llvm/Analysis/CallGraph.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu {

namespace {

// Chosen such that kernels of usual size have no calls: with fewer instructions a call and the
// vectors that it hands over weigh as much as what they save.
constexpr unsigned kLeastInstructions = 100;
constexpr unsigned kLeastCalls = 3;

// What a loop that the program wants unrolled counts for where it does not say how often.
constexpr unsigned kUnrolled = 8;

bool isOwn(const Value *pointer) { return isa<AllocaInst>(getUnderlyingObject(pointer, 0)); }

class Choice {
public:
  Choice(Module &module, PassContext &context) : module(module), context(context) {}

  void run() {
    std::vector<Function *> candidates = calleesFirst();
    if (candidates.empty())
      return;
    for (Function *&function : candidates) {
      function = flatten(*function);
      function->addFnAttr(Attribute::NoInline);
      staying.insert(function);
    }
    inlineOthers();
    // What is inlined here is part of what its callers are judged by.
    for (Function *function : candidates)
      if (!simplifies(*function))
        decide(*function, SmallPtrSet<Function *, 8>());
    // And what a kernel no longer calls through another function, it calls itself.
    for (Function *function : reverse(candidates))
      if (staying.contains(function))
        decide(*function, callersOf(*function));
  }

private:
  bool mayStay(const Function &function) const {
    return !function.isDeclaration() && !isKernel(function, context) &&
           !isScalarFunction(function) && !function.isVarArg() &&
           !function.hasFnAttribute(Attribute::AlwaysInline) && !function.hasAddressTaken() &&
           hasFlatSignature(function);
  }

  void inlineOthers() {
    for (Function &function : module)
      if (!function.isDeclaration() && !isScalarFunction(function) &&
          !isKernel(function, context) && !function.hasFnAttribute(Attribute::NoInline))
        function.addFnAttr(Attribute::AlwaysInline);
    runPasses(module, "always-inline", context.machine);
  }

  bool isSmall(const Function &function) const {
    return context.options.calledInstructions &&
           function.getInstructionCount() < kLeastInstructions;
  }

  // Whether what is left of the function is of the kind, and large.
  bool simplifies(Function &function) const {
    if (function.use_empty() || isSmall(function))
      return false;
    runPasses(function, "sroa,early-cse,instcombine,simplifycfg", context.machine);
    return !isSmall(function) && all_of(instructions(function), [this](const Instruction &each) {
      return computes(each);
    }) && all_of(variablesIn(function), [](const GlobalVariable *variable) {
      return staysInModule(*variable);
    });
  }

  // The memory that is written is the function's own.
  bool computes(const Instruction &instruction) const {
    if (instruction.isVolatile() || instruction.isAtomic() || isa<UnreachableInst>(instruction))
      return false;
    if (auto *store = dyn_cast<StoreInst>(&instruction))
      return isOwn(store->getPointerOperand()) && !isOwn(store->getValueOperand());
    auto *call = dyn_cast<CallBase>(&instruction);
    if (!call)
      return true;
    if (auto *move = dyn_cast<MemIntrinsic>(call))
      return isOwn(move->getRawDest());
    const Function *callee = call->getCalledFunction();
    if (!callee)
      return false;
    if (!callee->isDeclaration())
      return staying.contains(callee);
    if (call->isConvergent())
      return false;
    if (auto *intrinsic = dyn_cast<IntrinsicInst>(call))
      return intrinsic->isAssumeLikeIntrinsic() ||
             (!call->mayHaveSideEffects() && !callee->getName().startswith("llvm.nvvm."));
    return context.builtins.count(callee->getName()) && !callee->getName().startswith("__npu_");
  }

  std::vector<Function *> calleesFirst() {
    std::vector<Function *> order;
    CallGraph graph(module);
    for (auto component = scc_begin(&graph); !component.isAtEnd(); ++component)
      for (CallGraphNode *node : *component)
        if (Function *function = node->getFunction(); function && mayStay(*function))
          order.push_back(function);
    return order;
  }

  static bool takesConstant(const CallBase &call) {
    return any_of(call.args(), [](const Use &argument) { return isa<Constant>(argument.get()); });
  }

  // How often a call stands in the code once its loops are unrolled as the program says.
  static unsigned copiesOf(const CallBase &call, const LoopInfo &loops) {
    unsigned copies = 1;
    for (const Loop *loop = loops.getLoopFor(call.getParent()); loop; loop = loop->getParentLoop())
      if (MDNode *count = findOptionMDForLoop(loop, "llvm.loop.unroll.count"))
        copies *= unsigned(mdconst::extract<ConstantInt>(count->getOperand(1))->getZExtValue());
      else if (findOptionMDForLoop(loop, "llvm.loop.unroll.full") ||
               findOptionMDForLoop(loop, "llvm.loop.unroll.enable"))
        copies *= kUnrolled;
    return copies;
  }

  // Kernels, and functions that stay, that call it often enough.
  SmallPtrSet<Function *, 8> callersOf(Function &function) const {
    MapVector<Function *, unsigned> copies;
    for (User *user : function.users()) {
      auto *call = cast<CallBase>(user);
      Function *caller = call->getFunction();
      if (takesConstant(*call) || (!isKernel(*caller, context) && !isScalarFunction(*caller)))
        continue;
      DominatorTree dominators(*caller);
      copies[caller] += copiesOf(*call, LoopInfo(dominators));
    }
    SmallPtrSet<Function *, 8> result;
    const unsigned least = context.options.calledInstructions;
    for (auto [caller, count] : copies)
      if (least == 0 || (count >= kLeastCalls && count * function.getInstructionCount() >= least))
        result.insert(caller);
    return result;
  }

  void decide(Function &function, const SmallPtrSetImpl<Function *> &callers) {
    for (User *user : make_early_inc_range(function.users())) {
      auto *call = cast<CallInst>(user);
      if (takesConstant(*call) || !callers.contains(call->getFunction()))
        inlineCall(*call);
      else
        call->setNotConvergent();
    }
    if (callers.empty()) {
      staying.erase(&function);
      function.removeFnAttr(Attribute::NoInline);
      function.addFnAttr(Attribute::AlwaysInline);
      return;
    }
    function.addFnAttr(Attribute::NoInline);
    function.addFnAttr(kScalarFunction);
    function.addFnAttr(kWarpFunction);
    function.setNotConvergent();
    function.setDoesNotThrow();
    if (!function.doesNotAccessMemory())
      function.setOnlyReadsMemory();
  }

  Module &module;
  PassContext &context;
  SmallPtrSet<const Function *, 16> staying; // until it is decided otherwise
};

} // namespace

void chooseCalledFunctions(Module &module, PassContext &context) {
  if (context.options.warps && context.options.optimize > 0)
    Choice(module, context).run();
}

} // namespace npu
