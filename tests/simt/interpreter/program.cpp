#include "program.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/Operator.h"

#include <cstring>

using namespace llvm;

namespace simt {

namespace {

constexpr unsigned kSharedSpace = 3, kConstantSpace = 4;

[[noreturn]] void unknown(const Twine &what) {
  throw Error(("the interpreter does not know " + what).str());
}

uint64_t fieldOf(const ConstantInt &index) { return index.getZExtValue(); }

} // namespace

uint32_t wordsOf(Type *type) {
  if (type->isVoidTy() || type->isLabelTy() || type->isMetadataTy())
    return 0;
  if (auto *structure = dyn_cast<StructType>(type)) {
    uint32_t words = 0;
    for (Type *element : structure->elements())
      words += wordsOf(element);
    return words;
  }
  if (auto *array = dyn_cast<ArrayType>(type))
    return array->getNumElements() * wordsOf(array->getElementType());
  if (auto *vector = dyn_cast<FixedVectorType>(type))
    return vector->getNumElements() * wordsOf(vector->getElementType());
  return type->isIntegerTy() && type->getIntegerBitWidth() > 64 ? 2 : 1;
}

uint32_t bitsOfType(Type *type) {
  Type *number = type->getScalarType();
  if (number->isPointerTy())
    return 64;
  return number->getPrimitiveSizeInBits();
}

Program::Program(const Module &module) : module(module) {
  for (const Function &function : module) {
    addresses[&function] = addressOf(Space::Function, functions.size());
    functions.push_back(&function);
  }
  for (const GlobalVariable &variable : module.globals())
    if (!variable.getName().startswith("llvm."))
      place(variable);
  for (const GlobalVariable &variable : module.globals()) {
    if (!addresses.count(&variable) || spaceOf(addresses[&variable]) != Space::Global ||
        !variable.hasInitializer())
      continue;
    std::vector<uint64_t> words;
    evaluate(*variable.getInitializer(), words);
    write(variable.getValueType(), words.data(),
          globals[objectOf(addresses[&variable])].bytes.data());
  }
}

void Program::place(const GlobalVariable &variable) {
  uint64_t bytes = layout().getTypeAllocSize(variable.getValueType());
  if (variable.getAddressSpace() != kSharedSpace) {
    addresses[&variable] = addressOf(Space::Global, globals.size());
    Object object;
    object.bytes.resize(bytes);
    object.readOnly = variable.getAddressSpace() == kConstantSpace || variable.isConstant();
    globals.push_back(std::move(object));
    return;
  }
  // All variables of dynamic size name the same memory.
  if (variable.isDeclaration()) {
    if (dynamicShared < 0) {
      dynamicShared = int(sharedBytes.size());
      sharedBytes.push_back(0);
    }
    addresses[&variable] = addressOf(Space::Shared, dynamicShared);
    return;
  }
  addresses[&variable] = addressOf(Space::Shared, sharedBytes.size());
  sharedBytes.push_back(bytes);
}

const Function &Program::kernel(const std::string &name) const {
  const Function *function = module.getFunction(name);
  if (!function || function->isDeclaration())
    unknown("the kernel " + name);
  return *function;
}

void Program::read(Type *type, const uint8_t *bytes, uint64_t *words) const {
  auto elements = [&](Type *element, uint64_t count, uint64_t step) {
    for (uint64_t i = 0; i < count; ++i)
      read(element, bytes + i * step, words + i * wordsOf(element));
  };
  if (auto *structure = dyn_cast<StructType>(type)) {
    const StructLayout *fields = layout().getStructLayout(structure);
    for (unsigned i = 0; i < structure->getNumElements(); ++i) {
      read(structure->getElementType(i), bytes + fields->getElementOffset(i), words);
      words += wordsOf(structure->getElementType(i));
    }
  } else if (auto *array = dyn_cast<ArrayType>(type)) {
    elements(array->getElementType(), array->getNumElements(),
             layout().getTypeAllocSize(array->getElementType()));
  } else if (auto *vector = dyn_cast<FixedVectorType>(type)) {
    if (bitsOfType(type) % 8)
      unknown("vectors of bits in memory");
    elements(vector->getElementType(), vector->getNumElements(), bitsOfType(type) / 8);
  } else {
    std::memset(words, 0, 8 * wordsOf(type));
    std::memcpy(words, bytes, storeBytes(type));
    if (type->isIntegerTy() && type->getIntegerBitWidth() < 64)
      *words &= (uint64_t(1) << type->getIntegerBitWidth()) - 1;
  }
}

void Program::write(Type *type, const uint64_t *words, uint8_t *bytes) const {
  auto elements = [&](Type *element, uint64_t count, uint64_t step) {
    for (uint64_t i = 0; i < count; ++i)
      write(element, words + i * wordsOf(element), bytes + i * step);
  };
  if (auto *structure = dyn_cast<StructType>(type)) {
    const StructLayout *fields = layout().getStructLayout(structure);
    for (unsigned i = 0; i < structure->getNumElements(); ++i) {
      write(structure->getElementType(i), words, bytes + fields->getElementOffset(i));
      words += wordsOf(structure->getElementType(i));
    }
  } else if (auto *array = dyn_cast<ArrayType>(type)) {
    elements(array->getElementType(), array->getNumElements(),
             layout().getTypeAllocSize(array->getElementType()));
  } else if (auto *vector = dyn_cast<FixedVectorType>(type)) {
    if (bitsOfType(type) % 8)
      unknown("vectors of bits in memory");
    elements(vector->getElementType(), vector->getNumElements(), bitsOfType(type) / 8);
  } else {
    std::memcpy(bytes, words, storeBytes(type));
  }
}

uint64_t Program::addressStep(const GEPOperator &address, const uint64_t *const *indices) const {
  uint64_t bytes = 0;
  unsigned i = 0;
  for (gep_type_iterator type = gep_type_begin(address), end = gep_type_end(address); type != end;
       ++type, ++i) {
    if (StructType *structure = type.getStructTypeOrNull()) {
      bytes += layout().getStructLayout(structure)->getElementOffset(unsigned(*indices[i]));
      continue;
    }
    unsigned width = bitsOfType(type.getOperand()->getType());
    int64_t index = int64_t(*indices[i] << (64 - width)) >> (64 - width);
    bytes += uint64_t(index) * layout().getTypeAllocSize(type.getIndexedType());
  }
  return bytes;
}

void Program::evaluateAddress(const GEPOperator &address, std::vector<uint64_t> &words) const {
  std::vector<uint64_t> base, values;
  evaluate(*cast<Constant>(address.getPointerOperand()), base);
  for (const Use &index : address.indices())
    values.push_back(fieldOf(*cast<ConstantInt>(index.get())));
  std::vector<const uint64_t *> indices;
  for (const uint64_t &value : values)
    indices.push_back(&value);
  words.push_back(base[0] + addressStep(address, indices.data()));
}

void Program::evaluateExpression(const ConstantExpr &expression,
                                 std::vector<uint64_t> &words) const {
  switch (expression.getOpcode()) {
  case Instruction::BitCast:
  case Instruction::AddrSpaceCast:
  case Instruction::PtrToInt:
  case Instruction::IntToPtr:
    return evaluate(*expression.getOperand(0), words);
  case Instruction::GetElementPtr:
    return evaluateAddress(cast<GEPOperator>(expression), words);
  default:
    unknown(Twine("the constant ") + expression.getOpcodeName());
  }
}

void Program::evaluate(const Constant &constant, std::vector<uint64_t> &words) const {
  Type *type = constant.getType();
  if (auto *global = dyn_cast<GlobalValue>(&constant)) {
    auto found = addresses.find(global);
    if (found == addresses.end())
      unknown("the symbol " + global->getName());
    words.push_back(found->second);
  } else if (auto *integer = dyn_cast<ConstantInt>(&constant)) {
    for (unsigned i = 0; i < wordsOf(type); ++i)
      words.push_back(integer->getValue().getRawData()[i]);
  } else if (auto *number = dyn_cast<ConstantFP>(&constant)) {
    words.push_back(number->getValueAPF().bitcastToAPInt().getZExtValue());
  } else if (isa<UndefValue>(constant) || constant.isNullValue()) {
    words.insert(words.end(), wordsOf(type), 0);
  } else if (auto *expression = dyn_cast<ConstantExpr>(&constant)) {
    evaluateExpression(*expression, words);
  } else if (auto *data = dyn_cast<ConstantDataSequential>(&constant)) {
    for (unsigned i = 0; i < data->getNumElements(); ++i)
      evaluate(*data->getElementAsConstant(i), words);
  } else if (isa<ConstantAggregate>(constant)) {
    for (const Use &element : constant.operands())
      evaluate(*cast<Constant>(element.get()), words);
  } else {
    unknown("a kind of constant");
  }
}

Operand Program::operand(Code &code, const Value &value,
                         DenseMap<const Value *, uint32_t> &places) const {
  auto found = places.find(&value);
  if (found != places.end())
    return {false, found->second};
  Operand result = {true, uint32_t(code.constants.size())};
  if (auto *constant = dyn_cast<Constant>(&value))
    evaluate(*constant, code.constants);
  return result;
}

void Program::decode(Code &code) const {
  DenseMap<const Value *, uint32_t> places;
  auto give = [&](const Value &value) {
    places[&value] = code.frameWords;
    code.frameWords += wordsOf(value.getType());
  };
  for (const Argument &argument : code.function->args()) {
    give(argument);
    code.arguments.push_back({false, places[&argument]});
  }
  for (const BasicBlock &block : *code.function)
    for (const Instruction &instruction : block)
      give(instruction);
  for (const BasicBlock &block : *code.function) {
    code.starts[&block] = code.steps.size();
    for (const Instruction &instruction : block) {
      if (isa<CallInst>(instruction) && instruction.isDebugOrPseudoInst())
        continue;
      Step step;
      step.instruction = &instruction;
      step.opcode = instruction.getOpcode();
      step.result = places[&instruction];
      step.words = wordsOf(instruction.getType());
      step.width = bitsOfType(instruction.getType());
      Type *first = instruction.getNumOperands() ? instruction.getOperand(0)->getType() : nullptr;
      if (first)
        step.from = bitsOfType(first);
      auto *vector = dyn_cast<FixedVectorType>(instruction.getType());
      step.elements = vector ? vector->getNumElements() : 1;
      for (const Use &use : instruction.operands())
        step.operands.push_back(operand(code, *use.get(), places));
      code.steps.push_back(std::move(step));
    }
  }
}

const Code &Program::code(const Function &function) {
  std::unique_ptr<Code> &code = codes[&function];
  if (!code) {
    code = std::make_unique<Code>();
    code->function = &function;
    code->number = codes.size();
    decode(*code);
  }
  return *code;
}

} // namespace simt
