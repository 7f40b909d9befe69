// See variables.h. Initial values are laid out by the target's data layout (nvptx64 and x86-64
// agree on every type that both sides of a CUDA program can share).
#include "device/variables.h"

#include "npu/device_services.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kSharedSpace = 3;
constexpr unsigned kConstantSpace = 4;
constexpr StringLiteral kManagedSection = "npu_managed"; // npu/device/attributes.h

// Calls visit(variable) for every variable that `value` names, through constant expressions.
template <class Visit> void forEachVariable(const Value *value, Visit visit) {
  if (auto *variable = dyn_cast<GlobalVariable>(value))
    return visit(const_cast<GlobalVariable *>(variable));
  if (isa<GlobalValue>(value))
    return;
  if (auto *constant = dyn_cast<Constant>(value))
    for (const Use &operand : constant->operands())
      forEachVariable(operand.get(), visit);
}

template <class Visit> void forEachVariable(const Function &function, Visit visit) {
  for (const Instruction &instruction : instructions(function))
    for (const Use &operand : instruction.operands())
      forEachVariable(operand.get(), visit);
}

bool namesAnything(const Constant *constant) {
  if (isa<GlobalValue>(constant))
    return true;
  return any_of(constant->operands(),
                [](const Use &operand) { return namesAnything(cast<Constant>(operand.get())); });
}

// Whether the address may outlive the kernel: another kernel's module has the constant elsewhere.
bool isKept(const Value *address, SmallPtrSetImpl<const Value *> &seen) {
  if (!seen.insert(address).second) // around a loop's phi
    return false;
  for (const Use &use : address->uses()) {
    const User *user = use.getUser();
    if (isa<LoadInst>(user) || isa<CmpInst>(user) || isa<MemTransferInst>(user))
      continue;
    if (auto *call = dyn_cast<CallBase>(user)) {
      // The device library's functions keep no address.
      const Function *callee = call->getCalledFunction();
      if (callee && (callee->isIntrinsic() || callee->getName().startswith("__npu_scalar_")))
        continue;
      return true;
    }
    bool isAddress = isa<GEPOperator>(user) || isa<BitCastOperator>(user) ||
                     isa<AddrSpaceCastOperator>(user) || isa<PHINode>(user) ||
                     isa<SelectInst>(user) || isa<FreezeInst>(user);
    if (!isAddress || isKept(user, seen))
      return true;
  }
  return false;
}

// Writes a constant's bytes; addresses of variables become relocations. Returns false for a value
// that has no bytes here (an unfoldable expression).
class InitialBytes {
public:
  InitialBytes(const DataLayout &layout, const MapVector<GlobalVariable *, uint32_t> &registered,
               KernelImage::Global &row)
      : layout(layout), registered(registered), row(row) {}

  bool write(const Constant *value, uint64_t offset) {
    if (isa<UndefValue>(value) || value->isNullValue())
      return true;
    if (auto *integer = dyn_cast<ConstantInt>(value))
      return writeBits(integer->getValue(), offset);
    if (auto *real = dyn_cast<ConstantFP>(value))
      return writeBits(real->getValueAPF().bitcastToAPInt(), offset);
    if (auto *data = dyn_cast<ConstantDataSequential>(value)) {
      StringRef bytes = data->getRawDataValues();
      std::copy(bytes.begin(), bytes.end(), row.initial.begin() + offset);
      return true;
    }
    if (isa<ConstantAggregate>(value))
      return writeAggregate(value, offset);
    return value->getType()->isPointerTy() && writeAddress(value, offset);
  }

private:
  bool writeBits(const APInt &bits, uint64_t offset) {
    for (unsigned i = 0; i * 8 < bits.getBitWidth(); ++i)
      row.initial[offset + i] =
          bits.extractBitsAsZExtValue(std::min(8u, bits.getBitWidth() - i * 8), i * 8);
    return true;
  }

  bool writeAggregate(const Constant *value, uint64_t offset) {
    const StructLayout *structure = nullptr;
    uint64_t stride = 0;
    if (auto *type = dyn_cast<StructType>(value->getType()))
      structure = layout.getStructLayout(type);
    else
      stride = layout.getTypeAllocSize(value->getOperand(0)->getType());
    for (unsigned i = 0; i < value->getNumOperands(); ++i)
      if (!write(cast<Constant>(value->getOperand(i)),
                 offset + (structure ? structure->getElementOffset(i) : i * stride)))
        return false;
    return true;
  }

  bool writeAddress(const Constant *value, uint64_t offset) {
    // A function's number.
    if (auto *cast = dyn_cast<ConstantExpr>(value->stripPointerCasts()))
      if (cast->getOpcode() == Instruction::IntToPtr)
        if (auto *number = dyn_cast<ConstantInt>(cast->getOperand(0)))
          return writeBits(number->getValue(), offset);
    APInt addend(layout.getIndexTypeSizeInBits(value->getType()), 0);
    const Value *base = value->stripAndAccumulateConstantOffsets(layout, addend, true);
    while (auto *cast = dyn_cast<ConstantExpr>(base)) {
      if (cast->getOpcode() != Instruction::AddrSpaceCast &&
          cast->getOpcode() != Instruction::BitCast)
        break;
      base = cast->getOperand(0)->stripAndAccumulateConstantOffsets(layout, addend, true);
    }
    auto *variable = dyn_cast<GlobalVariable>(base);
    auto found =
        variable ? registered.find(const_cast<GlobalVariable *>(variable)) : registered.end();
    if (found == registered.end())
      return false;
    row.relocations.push_back({uint32_t(offset), found->second, addend.getSExtValue()});
    return true;
  }

  const DataLayout &layout;
  const MapVector<GlobalVariable *, uint32_t> &registered;
  KernelImage::Global &row;
};

// Turns one operand that names replaced variables into instructions before `place`.
class Materializer {
public:
  explicit Materializer(const Variables::Replacements &replacements) : replacements(replacements) {}

  Value *run(Constant *constant, Instruction *place) const {
    if (auto *variable = dyn_cast<GlobalVariable>(constant)) {
      auto found = replacements.find(variable);
      return found == replacements.end() ? variable : found->second;
    }
    if (!concerns(constant))
      return constant;
    if (auto *expression = dyn_cast<ConstantExpr>(constant)) {
      Instruction *instruction = expression->getAsInstruction(place);
      for (Use &operand : instruction->operands())
        operand.set(run(cast<Constant>(operand.get()), instruction));
      return instruction;
    }
    IRBuilder<> builder(place);
    Value *result = PoisonValue::get(constant->getType());
    for (unsigned i = 0; i < constant->getNumOperands(); ++i) {
      Value *element = run(cast<Constant>(constant->getOperand(i)), place);
      result = constant->getType()->isVectorTy() ? builder.CreateInsertElement(result, element, i)
                                                 : builder.CreateInsertValue(result, element, i);
    }
    return result;
  }

  bool concerns(const Constant *constant) const {
    bool result = false;
    forEachVariable(constant, [&](GlobalVariable *variable) {
      result |= variable->getAddressSpace() == kSharedSpace || replacements.count(variable);
    });
    return result;
  }

private:
  const Variables::Replacements &replacements;
};

std::string placeOf(const GlobalVariable &variable) {
  SmallVector<DIGlobalVariableExpression *, 1> expressions;
  variable.getDebugInfo(expressions);
  for (const DIGlobalVariableExpression *expression : expressions)
    return (expression->getVariable()->getFilename() + ":" +
            Twine(expression->getVariable()->getLine()) + ":1")
        .str();
  return variable.getParent()->getSourceFileName();
}

void refuse(const GlobalVariable &variable, PassContext &context, StringRef id, StringRef what,
            StringRef remedy) {
  context.refuse(placeOf(variable), demangle(variable.getName().str()), id, what, remedy);
}

} // namespace

bool staysInModule(const GlobalVariable &variable) {
  SmallPtrSet<const Value *, 16> seen;
  return variable.getAddressSpace() != kSharedSpace && variable.isConstant() &&
         variable.hasLocalLinkage() && !variable.isExternallyInitialized() &&
         !namesAnything(variable.getInitializer()) && !isKept(&variable, seen);
}

std::vector<GlobalVariable *> variablesIn(const Function &function) {
  SmallPtrSet<GlobalVariable *, 16> seen;
  std::vector<GlobalVariable *> result;
  forEachVariable(function, [&](GlobalVariable *variable) {
    if (seen.insert(variable).second)
      result.push_back(variable);
  });
  return result;
}

Variables::Variables(Module &module, PassContext &context) : module(module) {
  std::vector<GlobalVariable *> all;
  for (GlobalVariable &variable : module.globals()) {
    variable.removeDeadConstantUsers();
    all.push_back(&variable);
  }
  for (GlobalVariable *variable : all)
    classify(*variable, context);
  // An address in an initial value makes its target registered as well; the list grows while it is
  // read.
  for (unsigned i = 0; i < registered.size(); ++i) {
    GlobalVariable *variable = (registered.begin() + i)->first;
    if (variable->hasInitializer())
      forEachVariable(variable->getInitializer(), [&](GlobalVariable *target) {
        if (target->getAddressSpace() != kSharedSpace)
          registerVariable(*target, context);
      });
  }
  for (auto &[variable, index] : registered)
    initialize(*variable, context);
  for (GlobalVariable *variable : all)
    if (!registered.count(variable) && variable->getAddressSpace() != kSharedSpace)
      makeGeneric(*variable);
}

void Variables::classify(GlobalVariable &variable, PassContext &context) {
  if (variable.getAddressSpace() == kSharedSpace) {
    if (variable.isDeclaration())
      dynamicShared.push_back(&variable);
    return;
  }
  if (variable.isDeclaration()) {
    if (variable.getName().startswith(services::kPrefix))
      return registerVariable(variable, context);
    if (!variable.use_empty())
      refuse(variable, context, "undefined", "the variable is not defined in device code",
             "define it in this file, or compile every file with -rdc=true");
    return;
  }
  if (!staysInModule(variable))
    registerVariable(variable, context);
}

void Variables::registerVariable(GlobalVariable &variable, PassContext &context) {
  if (!registered.insert({&variable, uint32_t(context.globals.size())}).second)
    return;
  KernelImage::Global row;
  const DataLayout &layout = module.getDataLayout();
  row.name = variable.getName().str();
  row.bytes = layout.getTypeAllocSize(variable.getValueType());
  row.alignment =
      std::max(variable.getAlign().valueOrOne(), layout.getABITypeAlign(variable.getValueType()))
          .value();
  row.constant = variable.getAddressSpace() == kConstantSpace;
  row.managed = variable.getSection() == kManagedSection;
  variable.setSection("");
  context.globals.push_back(std::move(row));
}

void Variables::initialize(GlobalVariable &variable, PassContext &context) {
  if (!variable.hasInitializer())
    return;
  const Constant *value = variable.getInitializer();
  if (value->isNullValue() || isa<UndefValue>(value))
    return;
  KernelImage::Global &row = context.globals[registered.lookup(&variable)];
  row.initial.resize(row.bytes);
  if (!InitialBytes(module.getDataLayout(), registered, row).write(value, 0))
    refuse(variable, context, "initial-value",
           "the variable's initial value is known only when a kernel runs",
           "assign it in a kernel");
}

// The OpenCL compiler knows constants of the default address space only.
void Variables::makeGeneric(GlobalVariable &variable) {
  if (variable.getAddressSpace() == 0 || variable.use_empty())
    return;
  auto *generic = new GlobalVariable(module, variable.getValueType(), true,
                                     GlobalValue::PrivateLinkage, variable.getInitializer(), "");
  generic->takeName(&variable);
  generic->setAlignment(variable.getAlign());
  generic->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  variable.replaceAllUsesWith(ConstantExpr::getAddrSpaceCast(generic, variable.getType()));
  variable.eraseFromParent();
}

std::vector<GlobalVariable *> Variables::usedBy(const Function &function) const {
  SmallPtrSet<GlobalVariable *, 16> used;
  forEachVariable(function, [&](GlobalVariable *variable) { used.insert(variable); });
  std::vector<GlobalVariable *> result;
  for (auto &[variable, index] : registered)
    if (used.count(variable))
      result.push_back(variable);
  return result;
}

std::vector<GlobalVariable *> Variables::dynamicSharedIn(const Function &function) const {
  SmallPtrSet<GlobalVariable *, 16> used;
  forEachVariable(function, [&](GlobalVariable *variable) { used.insert(variable); });
  std::vector<GlobalVariable *> result;
  for (GlobalVariable *variable : dynamicShared)
    if (used.count(variable))
      result.push_back(variable);
  return result;
}

std::vector<GlobalVariable *> Variables::staticSharedIn(const Function &function) const {
  SetVector<GlobalVariable *> used;
  forEachVariable(function, [&](GlobalVariable *variable) {
    if (variable->getAddressSpace() == kSharedSpace && !variable->isDeclaration())
      used.insert(variable);
  });
  return used.takeVector();
}

uint64_t Variables::staticSharedBytes(const Function &function) const {
  uint64_t bytes = 0;
  for (GlobalVariable *variable : staticSharedIn(function))
    bytes = alignTo(bytes, variable->getAlign().valueOrOne()) +
            module.getDataLayout().getTypeAllocSize(variable->getValueType());
  return bytes;
}

void Variables::replaceIn(Function &function, const Replacements &replacements) {
  Materializer materializer(replacements);
  for (Instruction &instruction : make_early_inc_range(instructions(function))) {
    auto *phi = dyn_cast<PHINode>(&instruction);
    // A block that enters a phi twice must bring one and the same value.
    DenseMap<std::pair<BasicBlock *, Value *>, Value *> incoming;
    for (Use &operand : instruction.operands()) {
      auto *constant = dyn_cast<Constant>(operand.get());
      if (!constant || !materializer.concerns(constant))
        continue;
      if (!phi) {
        operand.set(materializer.run(constant, &instruction));
        continue;
      }
      BasicBlock *block = phi->getIncomingBlock(operand);
      Value *&value = incoming[{block, constant}];
      if (!value)
        value = materializer.run(constant, block->getTerminator());
      operand.set(value);
    }
  }
}

void Variables::eraseReplaced() {
  for (auto &[variable, index] : registered) {
    variable->setInitializer(nullptr);
    variable->setLinkage(GlobalValue::ExternalLinkage);
  }
  auto erase = [](GlobalVariable *variable) {
    variable->removeDeadConstantUsers();
    if (variable->use_empty())
      variable->eraseFromParent();
  };
  for (auto &[variable, index] : registered)
    erase(variable);
  for (GlobalVariable *variable : dynamicShared)
    erase(variable);
}

} // namespace npu
