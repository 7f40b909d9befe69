// See thread_numbers.h.
#include "device/warp/thread_numbers.h"

#include "device/ir.h"
#include "device/run_passes.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/MDBuilder.h"

using namespace llvm;

namespace npu::warp {

// The axis of a special register of this kind: 'x', 'y' or 'z'; 0: the value is not one.
static char axisOf(const Value &value, StringRef kind) {
  auto *call = dyn_cast<CallInst>(&value);
  if (!call)
    return 0;
  StringRef name = calleeName(*call);
  if (!name.consume_front("llvm.nvvm.read.ptx.sreg.") || !name.consume_front(kind) ||
      name.size() != 2)
    return 0;
  return name[1]; // behind the dot
}

// Of a product of a block's number, or the count of blocks, with their extent: 'x', 'y' or 'z'.
static char productAxis(const Value &value, StringRef blocksKind) {
  auto *product = dyn_cast<BinaryOperator>(&value);
  if (!product || product->getOpcode() != Instruction::Mul)
    return 0;
  for (unsigned i = 0; i < 2; ++i) {
    const char axis = axisOf(*product->getOperand(i), "ntid");
    const Value &blocks = *product->getOperand(1 - i);
    if (axis && axisOf(blocks, blocksKind) == axis)
      return axis;
  }
  return 0;
}

static bool isThreadNumber(const Instruction &instruction) {
  if (instruction.getOpcode() != Instruction::Add)
    return false;
  for (unsigned i = 0; i < 2; ++i) {
    const char axis = axisOf(*instruction.getOperand(i), "tid");
    if (axis && productAxis(*instruction.getOperand(1 - i), "ctaid") == axis)
      return true;
  }
  return false;
}

// What a special register may hold in a variant.
static void setRange(Instruction &call) {
  struct Row {
    const char *kind;
    uint32_t least, end;
  };
  constexpr uint32_t kThreads = 1024; // per block: CUDA's limit
  static constexpr Row kRows[] = {{"tid", 0, kThreads},
                                  {"ntid", 1, kThreads + 1},
                                  {"ctaid", 0, INT32_MAX},
                                  {"nctaid", 1, INT32_MAX}};
  for (const Row &row : kRows)
    if (axisOf(call, row.kind))
      call.setMetadata(
          LLVMContext::MD_range,
          MDBuilder(call.getContext()).createRange(APInt(32, row.least), APInt(32, row.end)));
}

void boundThreadNumbers(Function &variant) {
  bool found = false;
  for (Instruction &instruction : instructions(variant)) {
    setRange(instruction);
    if (productAxis(instruction, "ctaid") || productAxis(instruction, "nctaid") ||
        isThreadNumber(instruction)) {
      instruction.setHasNoUnsignedWrap();
      instruction.setHasNoSignedWrap();
      found = true;
    }
  }
  if (found)
    runPasses(variant, "instcombine,lcssa"); // the former removes what the latter had made
}

} // namespace npu::warp
