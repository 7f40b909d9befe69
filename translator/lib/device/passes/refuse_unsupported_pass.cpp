// Refuses what the per-thread lowering cannot express. Runs on optimised code, so that what a
// constant condition removed is not held against the program.
#include "device/pipeline.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu {

namespace {

struct Row {
  StringRef name, id, what, remedy;
};

constexpr Row kRows[] = {
#define REFUSE(name, id, what, remedy) {name, id, what, remedy},
#include "device/builtins.def"
};

// Intrinsics that WorkItems lowers; every other llvm.nvvm.* would reach the OpenCL compiler
// unknown.
constexpr StringRef kLowered[] = {"llvm.nvvm.read.ptx.sreg.",   "llvm.nvvm.barrier0",
                                  "llvm.nvvm.barrier",          "llvm.nvvm.barrier.n",
                                  "llvm.nvvm.barrier.sync",     "llvm.nvvm.bar.sync",
                                  "llvm.nvvm.membar.",          "llvm.nvvm.ldg.global.",
                                  "llvm.nvvm.barrier.cta.sync", "llvm.nvvm.ptr."};

// What the threads of a warp or block do together, without "llvm.nvvm.".
constexpr StringRef kCollective[] = {
    "barrier", "bar.", "shfl", "vote", "match", "redux", "read.ptx.sreg.activemask"};

bool matches(StringRef name, StringRef pattern) {
  if (pattern.consume_back("*"))
    return name.startswith(pattern);
  return name == pattern;
}

class RefuseUnsupported : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context) || isScalarFunction(function))
        for (Instruction &instruction : instructions(function))
          check(instruction, context);
  }

private:
  static void check(Instruction &instruction, PassContext &context) {
    if (auto *call = dyn_cast<CallBase>(&instruction))
      return checkCall(*call, context);
    if (isa<IndirectBrInst>(instruction))
      context.refuse(instruction, "indirect-branch", "a computed goto", "use a switch");
    if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
      if (!isa<ConstantInt>(allocation->getArraySize()))
        context.refuse(instruction, "variable-array", "an array of variable length",
                       "give the array a constant length");
  }

  // CUDA has no %n: a kernel cannot know how much the host will print.
  static void checkFormat(CallBase &call, const Function &callee, PassContext &context) {
    StringRef format;
    if (callee.getName() != "__npu_scalar_print" ||
        !getConstantStringInfo(call.getArgOperand(1), format))
      return;
    while (!format.empty()) {
      format = format.drop_until([](char c) { return c == '%'; }).drop_front(!format.empty());
      format = format.drop_while(
          [](char c) { return StringRef("-+ #0123456789.*hlLqjzt").contains(c); });
      if (format.startswith("n"))
        return context.refuse(call, "printf-format", "printf's %n is not supported on this device",
                              "leave it out");
      format = format.drop_front(!format.empty());
    }
  }

  // A function that recurs runs for one lane after the other.
  static bool meetsOthers(StringRef name) {
    if (!name.consume_front("llvm.nvvm."))
      return false;
    return any_of(kCollective, [&](StringRef prefix) { return name.startswith(prefix); });
  }

  static void checkCall(CallBase &call, PassContext &context) {
    if (call.isInlineAsm()) {
      auto *assembly = cast<InlineAsm>(call.getCalledOperand());
      // Pure compiler barriers have no instruction.
      if (!assembly->getAsmString().empty())
        context.refuse(call, "inline-asm", "inline PTX \"" + assembly->getAsmString() + "\"",
                       "write it in C++");
      return;
    }
    const Function *callee = call.getCalledFunction();
    if (!callee)
      return context.refuse(call, "indirect-call", "a call through a pointer",
                            "call the function by name, or make it a template parameter");
    if (isScalarFunction(*callee) && !callee->isDeclaration())
      return checkFormat(call, *callee, context);
    StringRef name = callee->getName();
    if (isScalarFunction(*call.getFunction()) && meetsOthers(name))
      return context.refuse(
          call, "recursion", "a barrier or warp operation in a function that calls itself",
          "call it in a function that does not, or rewrite the recursion as a loop");
    for (const Row &row : kRows)
      if (matches(name, row.name)) {
        // The warp vectoriser decides about these.
        if (row.id == "warp" && context.options.warps)
          return;
        return context.refuse(call, row.id, row.what + " is not supported on this device",
                              row.remedy);
      }
    if (callee->isIntrinsic()) {
      if (name.startswith("llvm.nvvm.") &&
          none_of(kLowered, [&](StringRef prefix) { return name.startswith(prefix); }))
        context.refuse(call, "intrinsic", "the machine instruction " + name, "write it in C++");
      return;
    }
    if (name != kArrive && !context.builtins.count(name))
      context.refuse(call, "undefined",
                     "'" + demangle(name.str()) + "' is not defined in device code",
                     "define it in this file, or compile every file with -rdc=true");
  }
};

} // namespace

std::unique_ptr<DevicePass> makeRefuseUnsupported() {
  return std::make_unique<RefuseUnsupported>();
}

} // namespace npu
