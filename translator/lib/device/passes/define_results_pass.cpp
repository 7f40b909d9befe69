// Gives operations that LLVM leaves undefined the results that CUDA's machine gives, before the
// optimiser could take them for impossible (PTX ISA: "shl", "shr", "div", "rem", "cvt"):
//   shifts by the width or more    everything is shifted out
//   integer division by zero       all ones, the remainder is the dividend; nothing ever traps
//   float to integer               the nearest representable integer
// Calls that other lanes take part in stay where they are.
// The division of numbers that the divisor never reaches costs nothing once it is optimised.
#include "device/pipeline.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu {

namespace {

class DefineResults : public DevicePass {
public:
  void run(Module &module, PassContext &) override {
    for (Function &function : module)
      for (Instruction &instruction : make_early_inc_range(instructions(function))) {
        keepApart(instruction);
        if (Value *value = define(instruction)) {
          instruction.replaceAllUsesWith(value);
          instruction.eraseFromParent();
        }
      }
  }

private:
  // A vote is about the lanes that are active at its place: one for both sides of a branch would
  // ask more lanes.
  static void keepApart(Instruction &instruction) {
    auto *call = dyn_cast<CallInst>(&instruction);
    if (call && call->isConvergent())
      call->addFnAttr(Attribute::NoMerge);
  }

  // The defined value; nullptr: the instruction stays.
  static Value *define(Instruction &instruction) {
    IRBuilder<> builder(&instruction);
    switch (instruction.getOpcode()) {
    case Instruction::Shl:
    case Instruction::LShr:
    case Instruction::AShr:
      return shift(builder, cast<BinaryOperator>(instruction));
    case Instruction::SDiv:
    case Instruction::UDiv:
    case Instruction::SRem:
    case Instruction::URem:
      return divide(builder, cast<BinaryOperator>(instruction));
    case Instruction::FPToSI:
    case Instruction::FPToUI:
      return convert(builder, cast<CastInst>(instruction));
    default:
      return nullptr;
    }
  }

  static Value *shift(IRBuilder<> &builder, BinaryOperator &source) {
    Value *value = source.getOperand(0), *amount = source.getOperand(1);
    Type *type = source.getType();
    unsigned width = type->getScalarSizeInBits();
    if (auto *constant = dyn_cast<ConstantInt>(amount); constant && constant->getValue().ult(width))
      return nullptr;
    Value *fits = builder.CreateICmpULT(amount, ConstantInt::get(type, width));
    if (source.getOpcode() == Instruction::AShr)
      return builder.CreateAShr(
          value, builder.CreateSelect(fits, amount, ConstantInt::get(type, width - 1)));
    return builder.CreateSelect(fits, builder.CreateBinOp(source.getOpcode(), value, amount),
                                Constant::getNullValue(type));
  }

  static Value *divide(IRBuilder<> &builder, BinaryOperator &source) {
    Value *dividend = source.getOperand(0), *divisor = source.getOperand(1);
    if (auto *constant = dyn_cast<ConstantInt>(divisor);
        constant && !constant->isZero() && !constant->isMinusOne())
      return nullptr;
    Type *type = source.getType();
    unsigned opcode = source.getOpcode();
    bool isSigned = opcode == Instruction::SDiv || opcode == Instruction::SRem;
    bool isQuotient = opcode == Instruction::SDiv || opcode == Instruction::UDiv;
    Value *zero = Constant::getNullValue(type), *ones = Constant::getAllOnesValue(type);
    Value *isZero = builder.CreateICmpEQ(divisor, zero);
    Value *isMinusOne = isSigned ? builder.CreateICmpEQ(divisor, ones) : nullptr;
    Value *unsafe = isSigned ? builder.CreateOr(isZero, isMinusOne) : isZero;
    Value *value =
        builder.CreateBinOp(source.getOpcode(), dividend,
                            builder.CreateSelect(unsafe, ConstantInt::get(type, 1), divisor));
    if (isSigned)
      value =
          builder.CreateSelect(isMinusOne, isQuotient ? builder.CreateNeg(dividend) : zero, value);
    return builder.CreateSelect(isZero, isQuotient ? ones : dividend, value);
  }

  static Value *convert(IRBuilder<> &builder, CastInst &source) {
    Value *value = source.getOperand(0);
    Type *type = source.getType(), *from = value->getType();
    unsigned width = type->getScalarSizeInBits();
    if (width > 64)
      return nullptr;
    // The machine converts to words; what is narrower is cut off.
    Type *word = width < 32 ? type->getWithNewBitWidth(32) : type;
    Intrinsic::ID id =
        source.getOpcode() == Instruction::FPToSI ? Intrinsic::fptosi_sat : Intrinsic::fptoui_sat;
    Value *result = builder.CreateIntrinsic(id, {word, from}, {value});
    // No number is 0 in 32 bits from a float, and the top bit alone otherwise.
    if (from->getScalarSizeInBits() == 64 || width == 64) {
      APInt top = APInt::getSignMask(word->getScalarSizeInBits());
      result = builder.CreateSelect(builder.CreateFCmpUNO(value, value),
                                    ConstantInt::get(word, top), result);
    }
    return builder.CreateTrunc(result, type);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeDefineResults() { return std::make_unique<DefineResults>(); }

} // namespace npu
