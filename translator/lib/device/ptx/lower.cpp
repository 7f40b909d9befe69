// See lower.h: operands, registers, predicates and control flow of one statement.
#include "device/ptx/lower.h"

#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr unsigned kSharedSpace = 3;

struct Row {
  StringRef opcode;
  Handler handler;
  unsigned fewest, most;
};

const Row kRows[] = {
#define INSTRUCTION(opcode, handler, fewest, most) {opcode, handler, fewest, most},
#include "device/ptx/instructions.def"
};

const Row *findRow(StringRef opcode) {
  for (const Row &row : kRows)
    if (opcode == row.opcode)
      return &row;
  return nullptr;
}

bool branches(const Program &program) {
  return any_of(program.statements, [](const Statement &statement) {
    return !statement.label.empty() || statement.instruction.guard.kind != Operand::Nothing ||
           statement.instruction.opcode == "bra" || statement.instruction.opcode == "ret" ||
           statement.instruction.opcode == "exit";
  });
}

} // namespace

Lowering::Lowering(CallInst &call, PassContext &context)
    : builder(&call), call(call), assembly(*cast<InlineAsm>(call.getCalledOperand())),
      context(context), module(*call.getModule()) {}

void Lowering::fail(const Twine &what) {
  if (hasFailed)
    return;
  hasFailed = true;
  std::string at = current ? " in '" + current->text + "'" : "";
  context.refuse(call, "inline-asm", "inline PTX: " + what + at, "write it in C++");
}

bool Lowering::run() {
  program = parse(assembly.getAsmString());
  if (!program.error.empty()) {
    fail(program.error);
    return false;
  }
  if (!readOperands())
    return false;
  if (branches(program)) {
    BasicBlock *before = call.getParent();
    continuation = SplitBlock(before, &call);
    continuation->setName("after.asm");
    before->getTerminator()->eraseFromParent();
    builder.SetInsertPoint(before);
    builder.SetCurrentDebugLocation(call.getDebugLoc());
    if (!createLabels())
      return false;
  }
  for (const ValueType &type : program.registers)
    registers.push_back({nullptr, createVariable(builder.getIntNTy(type.bits()))});
  lowerStatements();
  if (hasFailed)
    return false;
  finish();
  return true;
}

AllocaInst *Lowering::createVariable(Type *type) {
  BasicBlock &entry = call.getFunction()->getEntryBlock();
  return IRBuilder<>(&entry, entry.getFirstInsertionPt()).CreateAlloca(type);
}

bool Lowering::readOperands() {
  unsigned argument = 0;
  auto addInput = [&](Value *value) { placeholders.push_back({value, nullptr}); };
  std::vector<Type *> resultTypes;
  if (auto *structure = dyn_cast<StructType>(call.getType()))
    resultTypes.assign(structure->element_begin(), structure->element_end());
  else if (!call.getType()->isVoidTy())
    resultTypes.push_back(call.getType());
  for (const InlineAsm::ConstraintInfo &info : assembly.ParseConstraints()) {
    if (info.Type == InlineAsm::isClobber) {
      for (const std::string &code : info.Codes)
        clobbersMemory |= code == "{memory}";
      continue;
    }
    if (info.Type == InlineAsm::isOutput) {
      Value *pointer = info.isIndirect ? call.getArgOperand(argument++) : nullptr;
      Type *type = pointer ? pointer->getType()->getNonOpaquePointerElementType()
                           : resultTypes[outputs.size()];
      unsigned width = module.getDataLayout().getTypeSizeInBits(type);
      AllocaInst *variable = createVariable(builder.getIntNTy(width));
      placeholders.push_back({nullptr, variable});
      if (pointer)
        indirectOutputs.push_back({pointer, variable});
      else
        outputs.push_back(variable);
      continue;
    }
    if (info.isIndirect) {
      fail("a memory operand");
      return false;
    }
    Value *value = call.getArgOperand(argument++);
    // "+r": what goes in is what the output's register holds at first.
    unsigned tied = 0;
    if (!info.Codes.empty() && !StringRef(info.Codes[0]).getAsInteger(10, tied) &&
        tied < placeholders.size() && placeholders[tied].variable) {
      AllocaInst *variable = placeholders[tied].variable;
      if (value->getType()->isPointerTy())
        value = builder.CreatePtrToInt(value, variable->getAllocatedType());
      builder.CreateStore(builder.CreateBitCast(value, variable->getAllocatedType()), variable);
      addInput(builder.CreateLoad(variable->getAllocatedType(), variable));
      continue;
    }
    addInput(value);
  }
  if (clobbersMemory) {
    // Clang's own form of a compiler barrier.
    auto *type = FunctionType::get(builder.getVoidTy(), false);
    builder.CreateCall(type, InlineAsm::get(type, "", "~{memory}", true));
  }
  return true;
}

BasicBlock *Lowering::newBlock(const Twine &name) {
  return BasicBlock::Create(module.getContext(), name, call.getFunction(), continuation);
}

bool Lowering::createLabels() {
  for (const Statement &statement : program.statements) {
    if (statement.label.empty())
      continue;
    BasicBlock *&block = labels[statement.label];
    if (block) {
      fail("the label '" + statement.label + "' is defined twice");
      return false;
    }
    block = newBlock(statement.label);
  }
  return true;
}

BasicBlock *Lowering::labelBlock(const Operand &label) {
  auto found = labels.find(label.text);
  if (label.kind != Operand::Name || found == labels.end()) {
    fail("the label '" + label.text + "' is not defined in this statement");
    return continuation;
  }
  return found->second;
}

void Lowering::lowerStatements() {
  for (const Statement &statement : program.statements) {
    if (!statement.label.empty()) {
      BasicBlock *block = labels[statement.label];
      builder.CreateBr(block);
      builder.SetInsertPoint(block);
      continue;
    }
    const Instruction &instruction = statement.instruction;
    current = &instruction;
    BasicBlock *join = nullptr;
    if (instruction.guard.kind != Operand::Nothing) {
      Value *guard = read(instruction.guard, {'p', 1, 1});
      if (hasFailed)
        return;
      BasicBlock *guarded = newBlock("guarded");
      join = newBlock("");
      builder.CreateCondBr(guard, guarded, join);
      builder.SetInsertPoint(guarded);
    }
    blockEnded = false;
    lowerInstruction(instruction);
    if (hasFailed)
      return;
    if (join || blockEnded) {
      if (!blockEnded)
        builder.CreateBr(join);
      builder.SetInsertPoint(join ? join : newBlock("dead"));
    }
  }
  current = nullptr;
}

void Lowering::lowerInstruction(const Instruction &instruction) {
  const Row *row = findRow(instruction.opcode);
  if (!row)
    return fail("the instruction '" + instruction.opcode + "' is not supported");
  if (instruction.operands.size() < row->fewest || instruction.operands.size() > row->most)
    return fail("the number of operands");
  suffixes = instruction.suffixes;
  row->handler(*this);
  if (!suffixes.empty())
    fail("the suffix '." + suffixes.front() + "' is not supported");
}

void Lowering::finish() {
  if (continuation) {
    builder.CreateBr(continuation);
    builder.SetInsertPoint(&call);
    builder.SetCurrentDebugLocation(call.getDebugLoc());
  }
  auto valueOf = [&](AllocaInst *variable, Type *type) {
    Value *value = builder.CreateLoad(variable->getAllocatedType(), variable);
    return type->isPointerTy() ? builder.CreateIntToPtr(value, type)
                               : builder.CreateBitCast(value, type);
  };
  for (auto &[pointer, variable] : indirectOutputs)
    builder.CreateStore(valueOf(variable, pointer->getType()->getNonOpaquePointerElementType()),
                        pointer);
  if (auto *structure = dyn_cast<StructType>(call.getType())) {
    Value *result = PoisonValue::get(structure);
    for (unsigned i = 0; i < outputs.size(); ++i)
      result =
          builder.CreateInsertValue(result, valueOf(outputs[i], structure->getElementType(i)), i);
    call.replaceAllUsesWith(result);
  } else if (!call.getType()->isVoidTy()) {
    call.replaceAllUsesWith(valueOf(outputs[0], call.getType()));
  }
  if (clobbersMemory) {
    auto *type = FunctionType::get(builder.getVoidTy(), false);
    builder.CreateCall(type, InlineAsm::get(type, "", "~{memory}", true));
  }
  call.eraseFromParent();
}

// --- Suffixes ---

bool Lowering::take(StringRef suffix) {
  auto found = llvm::find(suffixes, suffix);
  if (found == suffixes.end())
    return false;
  suffixes.erase(found);
  return true;
}

StringRef Lowering::takeOneOf(std::initializer_list<StringRef> names) {
  for (StringRef name : names)
    if (take(name))
      return name;
  return "";
}

bool Lowering::hasType() const {
  ValueType type;
  return any_of(suffixes, [&](const std::string &suffix) { return parseType(suffix, type); });
}

ValueType Lowering::takeType() {
  ValueType type;
  for (auto suffix = suffixes.begin(); suffix != suffixes.end(); ++suffix)
    if (parseType(*suffix, type)) {
      suffixes.erase(suffix);
      return type;
    }
  fail("no type");
  return type;
}

// --- Operands ---

const Operand &Lowering::operand(unsigned i) const {
  static const Operand kNone;
  return i < current->operands.size() ? current->operands[i] : kNone;
}

ArrayRef<Operand> Lowering::elements(const Operand &operand) const {
  return operand.kind == Operand::Vector ? ArrayRef<Operand>(operand.elements)
                                         : ArrayRef<Operand>(operand);
}

Type *Lowering::irType(ValueType type) {
  if (type.isFloat())
    return type.width == 32 ? builder.getFloatTy() : builder.getDoubleTy();
  return builder.getIntNTy(type.bits());
}

const Lowering::Place *Lowering::place(const Operand &operand) {
  const std::vector<Place> &places =
      operand.kind == Operand::Placeholder ? placeholders : registers;
  if (operand.kind != Operand::Placeholder && operand.kind != Operand::Register)
    return nullptr;
  if (operand.index >= places.size()) {
    fail("the operand '" + operand.text + "' does not exist");
    return nullptr;
  }
  return &places[operand.index];
}

Value *Lowering::constant(const Operand &operand, unsigned width) {
  if (operand.kind == Operand::Integer)
    return ConstantInt::get(builder.getIntNTy(width),
                            operand.negative ? 0 - operand.integer : operand.integer);
  double real = operand.real;
  if (operand.floatBits == width)
    return ConstantInt::get(builder.getIntNTy(width), operand.integer);
  if (operand.floatBits == 32)
    real = APFloat(APFloat::IEEEsingle(), APInt(32, operand.integer)).convertToFloat();
  else if (operand.floatBits == 64)
    real = APFloat(APFloat::IEEEdouble(), APInt(64, operand.integer)).convertToDouble();
  if (operand.negative)
    real = -real;
  if (width == 64)
    return ConstantInt::get(builder.getInt64Ty(), APFloat(real).bitcastToAPInt());
  return ConstantInt::get(builder.getInt32Ty(), APFloat(float(real)).bitcastToAPInt());
}

Value *Lowering::bits(const Operand &operand, unsigned widthOfConstants) {
  Value *value = nullptr;
  if (operand.kind == Operand::Integer || operand.kind == Operand::Float) {
    return constant(operand, widthOfConstants);
  } else if (operand.kind == Operand::Special) {
    std::string name = operand.elements[0].text;
    value = specialRegister(operand.selector.empty() ? name : name + "." + operand.selector);
    if (!value && !hasFailed)
      fail("the register '" + operand.text + "' is unknown");
  } else if (const Place *found = place(operand)) {
    value = found->variable && !found->value
                ? builder.CreateLoad(found->variable->getAllocatedType(), found->variable)
                : found->value;
  } else if (operand.kind == Operand::Vector) {
    fail("a vector where one value is expected");
  } else if (!hasFailed) {
    fail("'" + operand.text + "' is neither a register nor a number");
  }
  if (!value || hasFailed)
    return UndefValue::get(builder.getIntNTy(widthOfConstants));
  if (value->getType()->isPointerTy())
    value = builder.CreatePtrToInt(value, builder.getInt64Ty());
  unsigned width = module.getDataLayout().getTypeSizeInBits(value->getType());
  return builder.CreateBitCast(value, builder.getIntNTy(width));
}

Value *Lowering::read(const Operand &operand, ValueType type) {
  unsigned width = type.bits();
  Value *value = bits(operand, type.kind == 'p' ? 32 : width);
  if (type.kind == 'p') {
    Value *truth = builder.CreateICmpNE(value, Constant::getNullValue(value->getType()));
    return operand.inverted ? builder.CreateNot(truth) : truth;
  }
  unsigned own = value->getType()->getIntegerBitWidth();
  if (own < width && type.isFloat())
    fail("the operand '" + operand.text + "' is too narrow");
  value = type.isSigned() ? builder.CreateSExtOrTrunc(value, builder.getIntNTy(width))
                          : builder.CreateZExtOrTrunc(value, builder.getIntNTy(width));
  if (operand.negative && operand.kind != Operand::Integer && operand.kind != Operand::Float)
    value = builder.CreateNeg(value);
  return builder.CreateBitCast(value, irType(type));
}

void Lowering::write(const Operand &operand, Value *value, ValueType type) {
  if (operand.kind == Operand::Sink || hasFailed)
    return;
  const Place *found = place(operand);
  if (!found || !found->variable)
    return fail("'" + operand.text + "' cannot be written");
  if (type.isFloat())
    value = builder.CreateBitCast(value, builder.getIntNTy(type.bits()));
  Type *target = found->variable->getAllocatedType();
  value = type.isSigned() ? builder.CreateSExtOrTrunc(value, target)
                          : builder.CreateZExtOrTrunc(value, target);
  builder.CreateStore(value, found->variable);
}

bool Lowering::isConstant(unsigned i, uint64_t &value) {
  const Operand &at = operand(i);
  Value *found =
      at.kind == Operand::Integer || at.kind == Operand::Placeholder ? bits(at, 64) : nullptr;
  auto *constant = dyn_cast_or_null<ConstantInt>(found);
  if (constant)
    value = constant->getZExtValue();
  return constant;
}

Value *Lowering::pointerOf(const Operand &operand) {
  Type *bytes = builder.getInt8PtrTy();
  if (const Place *found = operand.kind == Operand::Placeholder ? place(operand) : nullptr)
    if (found->value && found->value->getType()->isPointerTy())
      return builder.CreatePointerBitCastOrAddrSpaceCast(found->value, bytes);
  return builder.CreateIntToPtr(read(operand, {'u', 64, 1}), bytes);
}

Value *Lowering::address(const Operand &operand, StringRef space, Type *type) {
  if (operand.kind != Operand::Address || operand.elements.empty()) {
    fail("'" + operand.text + "' is not an address");
    return UndefValue::get(type->getPointerTo());
  }
  const Operand &base = operand.elements[0];
  Value *offset = builder.getInt64(operand.integer);
  for (const Operand &more : ArrayRef<Operand>(operand.elements).drop_front())
    offset = builder.CreateAdd(offset, read(more, {'s', 64, 1}));
  const Place *found = base.kind == Operand::Placeholder ? place(base) : nullptr;
  bool isPointer = found && found->value && found->value->getType()->isPointerTy();
  if (space == "shared" && !isPointer) {
    Value *handle = builder.CreateAdd(read(base, {'u', 32, 1}),
                                      builder.CreateTrunc(offset, builder.getInt32Ty()));
    Value *shared = library(kSharedAddress, builder.getInt8PtrTy(kSharedSpace), {handle});
    return builder.CreateBitCast(shared, type->getPointerTo(kSharedSpace));
  }
  Value *pointer = builder.CreateGEP(builder.getInt8Ty(), pointerOf(base), offset);
  return builder.CreateBitCast(pointer, type->getPointerTo());
}

Value *Lowering::intrinsic(StringRef name, Type *result, ArrayRef<Value *> arguments) {
  std::vector<Type *> types;
  for (Value *argument : arguments)
    types.push_back(argument->getType());
  FunctionCallee callee = module.getOrInsertFunction(name, FunctionType::get(result, types, false));
  CallInst *made = builder.CreateCall(callee, arguments);
  if (cast<Function>(callee.getCallee())->isConvergent())
    made->setConvergent();
  return made;
}

Value *Lowering::library(StringRef name, Type *result, ArrayRef<Value *> arguments) {
  Value *made = intrinsic(name, result, arguments);
  if (name == kSharedHandle || name == kSharedAddress) {
    Function *function = cast<CallInst>(made)->getCalledFunction();
    function->setDoesNotAccessMemory();
    function->setDoesNotThrow();
    function->setWillReturn();
  }
  return made;
}

GlobalVariable *Lowering::carryFlag() {
  if (GlobalVariable *found = module.getGlobalVariable(kCarryFlag, true))
    return found;
  Type *type = builder.getInt1Ty();
  return new GlobalVariable(module, type, false, GlobalValue::InternalLinkage,
                            Constant::getNullValue(type), kCarryFlag);
}

} // namespace npu::ptx
