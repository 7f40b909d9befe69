// One instruction of one thread.
#include "machine.h"
#include "numbers.h"

#include "llvm/IR/Operator.h"

using namespace llvm;

namespace simt {

namespace {

Wide wideOf(const uint64_t *words, unsigned width) {
  return width > 64 ? Wide(words[1]) << 64 | words[0] : words[0];
}
void setWide(uint64_t *words, unsigned width, Wide value) {
  words[0] = uint64_t(value);
  if (width > 64)
    words[1] = uint64_t(value >> 64);
}
bool isDoubleWidth(unsigned width) { return width == 64; }

void requireFloat(Type *type) {
  Type *number = type->getScalarType();
  if (!number->isFloatTy() && !number->isDoubleTy())
    throw Error("the interpreter does not know this floating-point type");
}

} // namespace

bool Machine::execute(Thread &thread) {
  const Step &step = thread.step();
  const Instruction &instruction = *step.instruction;
  switch (step.opcode) {
  case Instruction::Call:
    return call(thread);
  case Instruction::Br: {
    auto &branch = cast<BranchInst>(instruction);
    bool taken = branch.isUnconditional() || (*value(thread, 0u) & 1);
    jump(thread, *branch.getSuccessor(taken ? 0 : 1));
    return true;
  }
  case Instruction::Switch: {
    auto &choice = cast<SwitchInst>(instruction);
    const BasicBlock *to = choice.getDefaultDest();
    for (auto &entry : choice.cases())
      if (entry.getCaseValue()->getZExtValue() == *value(thread, 0u))
        to = entry.getCaseSuccessor();
    jump(thread, *to);
    return true;
  }
  case Instruction::Ret:
    finish(thread);
    return true;
  case Instruction::Unreachable:
    throw Error("control reaches a place that it cannot");
  case Instruction::Fence:
    return false;
  case Instruction::Load:
  case Instruction::Store:
    loadOrStore(thread);
    return false;
  case Instruction::Alloca:
    allocate(thread);
    return false;
  case Instruction::AtomicRMW:
    updateAtomically(thread);
    return false;
  case Instruction::AtomicCmpXchg:
    exchangeAtomically(thread);
    return false;
  case Instruction::ICmp:
  case Instruction::FCmp:
    compare(thread);
    return false;
  case Instruction::Select:
    select(thread);
    return false;
  case Instruction::GetElementPtr:
  case Instruction::ExtractValue:
  case Instruction::InsertValue:
  case Instruction::ExtractElement:
  case Instruction::InsertElement:
  case Instruction::ShuffleVector:
  case Instruction::Freeze:
    aggregate(thread);
    return false;
  default:
    break;
  }
  if (isa<CastInst>(instruction))
    convert(thread);
  else
    integerBinary(thread);
  return false;
}

void Machine::elementwise(Thread &thread, const std::function<uint64_t(unsigned)> &one) {
  uint64_t *words = result(thread);
  for (unsigned i = 0; i < thread.step().elements; ++i)
    words[i] = one(i);
}

// And floating point, and negation.
void Machine::integerBinary(Thread &thread) {
  const Step &step = thread.step();
  const uint64_t *a = value(thread, 0u);
  if (step.opcode == Instruction::FNeg) {
    requireFloat(step.instruction->getType());
    return elementwise(thread, [&](unsigned i) { return a[i] ^ uint64_t(1) << (step.width - 1); });
  }
  const uint64_t *b = value(thread, 1u);
  if (step.instruction->getType()->isFPOrFPVectorTy()) {
    requireFloat(step.instruction->getType());
    return elementwise(thread, [&](unsigned i) {
      return floatOperation(step.opcode, isDoubleWidth(step.width), a[i], b[i]);
    });
  }
  unsigned size = step.width > 64 ? 2 : 1;
  for (unsigned i = 0; i < step.elements; ++i)
    setWide(result(thread) + size * i, step.width,
            integerOperation(*step.instruction, step.width, wideOf(a + size * i, step.width),
                             wideOf(b + size * i, step.width), options.checked));
}

void Machine::compare(Thread &thread) {
  const Step &step = thread.step();
  const uint64_t *a = value(thread, 0u), *b = value(thread, 1u);
  auto predicate = cast<CmpInst>(step.instruction)->getPredicate();
  if (step.opcode == Instruction::FCmp)
    return elementwise(thread, [&](unsigned i) {
      return compareFloats(predicate, isDoubleWidth(step.from), a[i], b[i]);
    });
  unsigned size = step.from > 64 ? 2 : 1;
  elementwise(thread, [&](unsigned i) {
    return compareIntegers(predicate, step.from, wideOf(a + size * i, step.from),
                           wideOf(b + size * i, step.from));
  });
}

void Machine::convert(Thread &thread) {
  const Step &step = thread.step();
  const uint64_t *a = value(thread, 0u);
  if (step.opcode == Instruction::BitCast && step.width != step.from) {
    // Between vectors of different numbers: through memory.
    uint8_t bytes[256] = {};
    Type *from = step.instruction->getOperand(0)->getType();
    if (program.storeBytes(from) > sizeof(bytes))
      throw Error("the interpreter does not know so large a bitcast");
    program.write(from, a, bytes);
    return program.read(step.instruction->getType(), bytes, result(thread));
  }
  unsigned fromSize = step.from > 64 ? 2 : 1, size = step.width > 64 ? 2 : 1;
  auto one = [&](Wide bits) -> Wide {
    switch (step.opcode) {
    case Instruction::SExt:
      return Wide(signExtend(bits, step.from));
    case Instruction::FPExt:
      return bitsOf(double(bitsAs<float>(uint64_t(bits))));
    case Instruction::FPTrunc:
      return bitsOf(float(bitsAs<double>(uint64_t(bits))));
    case Instruction::FPToSI:
    case Instruction::FPToUI:
      return integerFromFloat(isDoubleWidth(step.from), step.opcode == Instruction::FPToSI,
                              step.width, uint64_t(bits));
    case Instruction::SIToFP:
    case Instruction::UIToFP:
      return floatFromInteger(isDoubleWidth(step.width), step.opcode == Instruction::SIToFP,
                              step.from, bits);
    default: // ZExt, Trunc, PtrToInt, IntToPtr, BitCast, AddrSpaceCast
      return bits;
    }
  };
  if (step.opcode == Instruction::FPExt || step.opcode == Instruction::FPTrunc) {
    requireFloat(step.instruction->getType());
    requireFloat(step.instruction->getOperand(0)->getType());
  }
  for (unsigned i = 0; i < step.elements; ++i)
    setWide(result(thread) + size * i, step.width,
            one(wideOf(a + fromSize * i, step.from)) & maskOf(step.width));
}

void Machine::select(Thread &thread) {
  const Step &step = thread.step();
  const uint64_t *condition = value(thread, 0u);
  bool each = step.instruction->getOperand(0)->getType()->isVectorTy();
  for (unsigned i = 0; i < step.words; ++i)
    result(thread)[i] = value(thread, condition[each ? i : 0] & 1 ? 1u : 2u)[i];
}

void Machine::aggregate(Thread &thread) {
  const Step &step = thread.step();
  uint64_t *words = result(thread);
  auto offsetOfPath = [](Type *type, ArrayRef<unsigned> path) {
    uint32_t offset = 0;
    for (unsigned index : path) {
      for (unsigned i = 0; i < index; ++i)
        offset += wordsOf(cast<StructType>(type)->getElementType(i));
      type = cast<StructType>(type)->getElementType(index);
    }
    return offset;
  };
  auto offset = [&](auto &instruction, Type *type) {
    uint32_t words = 0;
    for (unsigned index : instruction.getIndices()) {
      if (isa<StructType>(type)) {
        words += offsetOfPath(type, index);
        type = cast<StructType>(type)->getElementType(index);
      } else {
        type = cast<ArrayType>(type)->getElementType();
        words += index * wordsOf(type);
      }
    }
    return words;
  };
  auto copy = [](uint64_t *to, const uint64_t *from, uint32_t count) {
    std::copy(from, from + count, to);
  };
  if (auto *address = dyn_cast<GEPOperator>(step.instruction)) {
    if (step.elements != 1)
      throw Error("the interpreter does not know vectors of addresses");
    const uint64_t *indices[16];
    if (address->getNumIndices() > 16)
      throw Error("the interpreter does not know addresses with so many indices");
    for (unsigned i = 0; i < address->getNumIndices(); ++i)
      indices[i] = value(thread, i + 1);
    words[0] = *value(thread, 0u) + program.addressStep(*address, indices);
  } else if (auto *extract = dyn_cast<ExtractValueInst>(step.instruction)) {
    copy(words, value(thread, 0u) + offset(*extract, extract->getAggregateOperand()->getType()),
         step.words);
  } else if (auto *insert = dyn_cast<InsertValueInst>(step.instruction)) {
    copy(words, value(thread, 0u), step.words);
    copy(words + offset(*insert, insert->getType()), value(thread, 1u),
         wordsOf(insert->getInsertedValueOperand()->getType()));
  } else if (step.opcode == Instruction::ExtractElement) {
    copy(words, value(thread, 0u) + *value(thread, 1u) * step.words, step.words);
  } else if (step.opcode == Instruction::InsertElement) {
    uint32_t size = step.words / step.elements;
    copy(words, value(thread, 0u), step.words);
    copy(words + *value(thread, 2u) % step.elements * size, value(thread, 1u), size);
  } else if (auto *mix = dyn_cast<ShuffleVectorInst>(step.instruction)) {
    uint32_t size = step.words / step.elements;
    int count = cast<FixedVectorType>(mix->getOperand(0)->getType())->getNumElements();
    for (unsigned i = 0; i < step.elements; ++i)
      if (int from = mix->getMaskValue(i); from >= 0)
        copy(words + i * size, value(thread, from < count ? 0u : 1u) + from % count * size, size);
  } else {
    copy(words, value(thread, 0u), step.words); // freeze
  }
}

} // namespace simt
