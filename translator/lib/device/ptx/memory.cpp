// Loads, stores, atomics, copies and ordering. Cache hints mean nothing on these devices.
#include "device/ptx/lower.h"

#include "device/pipeline.h"

using namespace llvm;

namespace npu::ptx {

namespace {

struct Access {
  StringRef space;
  bool isVolatile = false;
  bool isCoherent = false; // other blocks may access the place meanwhile
  AtomicOrdering order = AtomicOrdering::NotAtomic;
};

// Suffixes that choose caches, levels and scopes; every scope here is the whole system.
void takeHints(Lowering &l) {
  for (StringRef hint : {"ca",
                         "cs",
                         "lu",
                         "wb",
                         "wt",
                         "nc",
                         "cta",
                         "gpu",
                         "sys",
                         "cluster",
                         "weak",
                         "unified",
                         "L1::evict_normal",
                         "L1::evict_unchanged",
                         "L1::evict_first",
                         "L1::evict_last",
                         "L1::no_allocate",
                         "L2::evict_normal",
                         "L2::evict_first",
                         "L2::evict_last",
                         "L2::cache_hint",
                         "L2::64B",
                         "L2::128B",
                         "L2::256B",
                         "mmio"})
    l.take(hint);
}

Access takeAccess(Lowering &l) {
  Access access;
  StringRef space = l.takeOneOf({"global", "shared", "shared::cta", "local", "const", "param",
                                 "param::func", "param::entry", "shared::cluster"});
  access.space = space.startswith("shared") ? "shared" : space;
  if (space.startswith("param"))
    l.fail("the state space '.param'");
  access.isVolatile = l.take("volatile");
  if (l.take("acq_rel"))
    access.order = AtomicOrdering::AcquireRelease;
  else if (l.take("acquire"))
    access.order = AtomicOrdering::Acquire;
  else if (l.take("release"))
    access.order = AtomicOrdering::Release;
  else if (l.take("relaxed"))
    access.order = AtomicOrdering::Monotonic;
  access.isCoherent = access.isVolatile || access.order != AtomicOrdering::NotAtomic;
  for (StringRef hint : {"cg", "cv"}) // past the caches that blocks do not share
    access.isCoherent |= l.take(hint);
  takeHints(l);
  return access;
}

unsigned takeCount(Lowering &l) {
  StringRef count = l.takeOneOf({"v2", "v4", "v8"});
  return count.empty() ? 1 : count[1] - '0';
}

// Sub-word types have their own width in memory; .b128 is two words of 64 bits.
bool checkMemoryType(Lowering &l, ValueType type) {
  if (type.width == 128 || type.count != 1 || type.kind == 'p')
    l.fail("a type that memory accesses do not have here");
  return !l.failed();
}

FunctionCallee atomicFunction(Lowering &l, StringRef name, Type *result, ArrayRef<Type *> types) {
  Module *module = l.builder.GetInsertBlock()->getModule();
  return module->getOrInsertFunction(name, FunctionType::get(result, types, false));
}

} // namespace

namespace {

// Whether the words of one access must not come apart: programs put a value and the word that says
// that it is there into one access, for which other blocks wait (CUB's scans). Up to 64 bits that
// holds for plain accesses too.
bool isOneAccess(const Access &access, unsigned count, ValueType type) {
  unsigned bits = count * type.width;
  return count > 1 && access.space != "shared" && access.space != "local" &&
         (bits <= 64 || (bits == 128 && access.isCoherent));
}

// A function that makes one access of 16 bytes: a vector's, which processors do not split where it
// is aligned.
Function *wideFunction(Lowering &l, bool isLoad) {
  const char *name = isLoad ? "__npu_scalar_load_16" : "__npu_scalar_store_16";
  Module &module = *l.builder.GetInsertBlock()->getModule();
  if (Function *made = module.getFunction(name))
    return made;
  LLVMContext &context = module.getContext();
  Type *word = Type::getInt64Ty(context), *bytes = Type::getInt8PtrTy(context);
  Type *pair = StructType::get(word, word), *both = FixedVectorType::get(word, 2);
  auto *type = isLoad ? FunctionType::get(pair, {bytes}, false)
                      : FunctionType::get(Type::getVoidTy(context), {bytes, word, word}, false);
  Function *made = Function::Create(type, GlobalValue::InternalLinkage, name, module);
  made->addFnAttr(Attribute::NoInline);
  made->addFnAttr(kScalarFunction);
  made->setDoesNotThrow();
  IRBuilder<> builder(BasicBlock::Create(context, "", made));
  Value *place = builder.CreateBitCast(made->getArg(0), both->getPointerTo());
  Value *none = UndefValue::get(isLoad ? pair : both);
  if (isLoad) {
    Value *all = builder.CreateAlignedLoad(both, place, Align(16), /*isVolatile=*/true);
    for (unsigned i = 0; i < 2; ++i)
      none = builder.CreateInsertValue(none, builder.CreateExtractElement(all, i), i);
    builder.CreateRet(none);
  } else {
    for (unsigned i = 0; i < 2; ++i)
      none = builder.CreateInsertElement(none, made->getArg(1 + i), i);
    builder.CreateAlignedStore(none, place, Align(16), /*isVolatile=*/true);
    builder.CreateRetVoid();
  }
  return made;
}

// The words of an access, 64 bits or fewer each, as one or two integers.
struct Words {
  unsigned count, elements; // words; elements in each
  Type *type;
};
Words wordsOf(Lowering &l, unsigned count, ValueType type) {
  unsigned bits = count * type.width, words = bits > 64 ? 2 : 1;
  return {words, count / words, l.builder.getIntNTy(bits / words)};
}

SmallVector<Value *, 8> loadAtOnce(Lowering &l, const Access &access, Value *first, unsigned count,
                                   ValueType type) {
  IRBuilder<> &b = l.builder;
  Words words = wordsOf(l, count, type);
  SmallVector<Value *, 2> loaded;
  if (words.count == 2) {
    Value *pair = b.CreateCall(wideFunction(l, true),
                               {b.CreatePointerBitCastOrAddrSpaceCast(first, b.getInt8PtrTy())});
    loaded = {b.CreateExtractValue(pair, 0), b.CreateExtractValue(pair, 1)};
  } else {
    Value *place = b.CreateBitCast(
        first, words.type->getPointerTo(first->getType()->getPointerAddressSpace()));
    auto *load = b.CreateAlignedLoad(words.type, place, Align(words.type->getIntegerBitWidth() / 8),
                                     access.isVolatile);
    load->setOrdering(access.order);
    loaded = {load};
  }
  Type *element = l.irType(type);
  SmallVector<Value *, 8> values;
  for (unsigned i = 0; i < count; ++i) {
    Value *bits = b.CreateLShr(loaded[i / words.elements], i % words.elements * type.width);
    values.push_back(b.CreateBitCast(b.CreateTrunc(bits, b.getIntNTy(type.width)), element));
  }
  return values;
}

void storeAtOnce(Lowering &l, const Access &access, Value *first, ArrayRef<Value *> values,
                 ValueType type) {
  IRBuilder<> &b = l.builder;
  Words words = wordsOf(l, unsigned(values.size()), type);
  SmallVector<Value *, 2> stored(words.count, ConstantInt::get(words.type, 0));
  for (unsigned i = 0; i < values.size(); ++i) {
    Value *bits = b.CreateZExt(b.CreateBitCast(values[i], b.getIntNTy(type.width)), words.type);
    Value *&word = stored[i / words.elements];
    word = b.CreateOr(word, b.CreateShl(bits, i % words.elements * type.width));
  }
  if (words.count == 2) {
    Value *place = b.CreatePointerBitCastOrAddrSpaceCast(first, b.getInt8PtrTy());
    b.CreateCall(wideFunction(l, false), {place, stored[0], stored[1]});
    return;
  }
  Value *place =
      b.CreateBitCast(first, words.type->getPointerTo(first->getType()->getPointerAddressSpace()));
  b.CreateAlignedStore(stored[0], place, Align(words.type->getIntegerBitWidth() / 8),
                       access.isVolatile)
      ->setOrdering(access.order);
}

} // namespace

void lowerLoad(Lowering &l) {
  Access access = takeAccess(l);
  unsigned count = takeCount(l);
  ValueType type = l.takeType();
  if (!checkMemoryType(l, type))
    return;
  Type *element = l.irType(type);
  ArrayRef<Operand> targets = l.elements(l.operand(0));
  if (targets.size() != count)
    return l.fail("the number of values");
  Value *first = l.address(l.operand(1), access.space, element);
  SmallVector<Value *, 8> values;
  if (isOneAccess(access, count, type))
    values = loadAtOnce(l, access, first, count, type);
  for (unsigned i = unsigned(values.size()); i < count; ++i) {
    Value *pointer = i ? l.builder.CreateConstGEP1_32(element, first, i) : first;
    auto *load =
        l.builder.CreateAlignedLoad(element, pointer, Align(type.width / 8), access.isVolatile);
    load->setOrdering(access.order);
    values.push_back(load);
  }
  for (unsigned i = 0; i < count; ++i)
    l.write(targets[i], values[i], type);
}

void lowerStore(Lowering &l) {
  Access access = takeAccess(l);
  unsigned count = takeCount(l);
  ValueType type = l.takeType();
  if (!checkMemoryType(l, type))
    return;
  Type *element = l.irType(type);
  ArrayRef<Operand> sources = l.elements(l.operand(1));
  if (sources.size() != count)
    return l.fail("the number of values");
  Value *first = l.address(l.operand(0), access.space, element);
  SmallVector<Value *, 8> values;
  for (const Operand &source : sources)
    values.push_back(l.read(source, type));
  if (isOneAccess(access, count, type))
    return storeAtOnce(l, access, first, values, type);
  for (unsigned i = 0; i < count; ++i) {
    Value *pointer = i ? l.builder.CreateConstGEP1_32(element, first, i) : first;
    auto *store =
        l.builder.CreateAlignedStore(values[i], pointer, Align(type.width / 8), access.isVolatile);
    store->setOrdering(access.order);
  }
}

namespace {

// The library's function for what atomicrmw has not; one pointer and one or two values.
Value *atomicByFunction(Lowering &l, const Twine &name, Value *pointer, ArrayRef<Value *> values) {
  Type *generic = pointer->getType()->getNonOpaquePointerElementType()->getPointerTo();
  SmallVector<Value *, 3> arguments = {
      l.builder.CreatePointerBitCastOrAddrSpaceCast(pointer, generic)};
  arguments.append(values.begin(), values.end());
  SmallVector<Type *, 3> types;
  for (Value *argument : arguments)
    types.push_back(argument->getType());
  return l.builder.CreateCall(atomicFunction(l, name.str(), values[0]->getType(), types),
                              arguments);
}

Value *atomicOperation(Lowering &l, StringRef operation, ValueType type, Value *pointer,
                       Value *value, AtomicOrdering order) {
  struct Row {
    StringRef name;
    AtomicRMWInst::BinOp ofSigned, ofOthers;
  };
  const Row kRows[] = {{"add", AtomicRMWInst::Add, AtomicRMWInst::Add},
                       {"min", AtomicRMWInst::Min, AtomicRMWInst::UMin},
                       {"max", AtomicRMWInst::Max, AtomicRMWInst::UMax},
                       {"and", AtomicRMWInst::And, AtomicRMWInst::And},
                       {"or", AtomicRMWInst::Or, AtomicRMWInst::Or},
                       {"xor", AtomicRMWInst::Xor, AtomicRMWInst::Xor},
                       {"exch", AtomicRMWInst::Xchg, AtomicRMWInst::Xchg}};
  if (operation == "inc" || operation == "dec")
    return atomicByFunction(l, "__npu_atomic_" + operation, pointer, {value});
  if (type.isSmallFloat()) {
    std::string format = type.kind == 'h' ? "bf16" : "f16";
    return atomicByFunction(
        l, "__npu_ptx_atomic_" + operation + "_" + format + (type.count == 2 ? "x2" : ""), pointer,
        {value});
  }
  if (type.isFloat()) {
    if (operation != "add")
      l.fail("this atomic operation on floats");
    return l.builder.CreateAtomicRMW(AtomicRMWInst::FAdd, pointer, value, MaybeAlign(), order);
  }
  for (const Row &row : kRows)
    if (operation == row.name)
      return l.builder.CreateAtomicRMW(type.isSigned() ? row.ofSigned : row.ofOthers, pointer,
                                       value, MaybeAlign(), order);
  l.fail("no known atomic operation");
  return value;
}

} // namespace

// atom d, [a], b{, c} and red [a], b.
void lowerAtomic(Lowering &l) {
  bool returns = l.opcode() == "atom";
  Access access = takeAccess(l);
  unsigned count = takeCount(l);
  l.take("noftz");
  StringRef operation =
      l.takeOneOf({"add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"});
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (type.width == 128)
    return l.fail("a 128-bit atomic operation");
  unsigned at = returns ? 1 : 0;
  AtomicOrdering order =
      access.order == AtomicOrdering::NotAtomic ? AtomicOrdering::Monotonic : access.order;
  Type *element = l.irType(type);
  Value *first = l.address(l.operand(at), access.space, element);
  if (operation == "cas") {
    if (count != 1 || l.operandCount() < at + 3)
      return l.fail("the operands");
    ValueType bits = {'b', type.bits(), 1};
    AtomicOrdering failure = order == AtomicOrdering::AcquireRelease ? AtomicOrdering::Acquire
                             : order == AtomicOrdering::Release      ? AtomicOrdering::Monotonic
                                                                     : order;
    Value *pair = l.builder.CreateAtomicCmpXchg(first, l.read(at + 1, bits), l.read(at + 2, bits),
                                                MaybeAlign(), order, failure);
    return l.write(0, l.builder.CreateExtractValue(pair, 0), bits);
  }
  ArrayRef<Operand> sources = l.elements(l.operand(at + 1));
  if (sources.size() != count)
    return l.fail("the number of values");
  for (unsigned i = 0; i < count; ++i) {
    Value *pointer = i ? l.builder.CreateConstGEP1_32(element, first, i) : first;
    Value *old = atomicOperation(l, operation, type, pointer, l.read(sources[i], type), order);
    if (returns)
      l.write(l.elements(l.operand(0))[i], old, type);
  }
}

// cp.async: done at once, so that committing groups and waiting for them is nothing.
void lowerAsyncCopy(Lowering &l) {
  if (!l.take("async"))
    return l.fail("a copy that is not 'cp.async'");
  if (l.take("bulk"))
    return l.fail("a bulk copy");
  if (l.take("mbarrier"))
    return l.fail("an mbarrier");
  if (l.take("commit_group") || l.take("wait_all"))
    return;
  if (l.take("wait_group")) {
    l.bits(l.operand(0), 32);
    return;
  }
  l.take("cg"); // which caches the copy goes through
  takeHints(l);
  bool toShared = l.take("shared") || l.take("shared::cta");
  if (!toShared || !l.take("global"))
    return l.fail("a copy other than from global to shared memory");
  uint64_t bytes = 0;
  if (l.operandCount() < 3 || !l.isConstant(2, bytes) || (bytes != 4 && bytes != 8 && bytes != 16))
    return l.fail("the size of a copy");
  Type *byte = l.builder.getInt8Ty(), *bytePointer = l.builder.getInt8PtrTy();
  Value *target =
      l.builder.CreateAddrSpaceCast(l.address(l.operand(0), "shared", byte), bytePointer);
  Value *source = l.address(l.operand(1), "global", byte);
  Value *count = l.word(bytes);
  const Operand &size = l.operand(3);
  if (size.kind != Operand::Nothing) {
    // A predicate there means: ignore the source.
    Value *given = l.bits(size, 32);
    if (given->getType()->isIntegerTy(1))
      count = l.builder.CreateSelect(l.read(size, {'p', 1, 1}), l.word(0), count);
    else
      count = l.read(size, {'u', 32, 1});
  }
  l.library("__npu_ptx_copy", l.builder.getVoidTy(), {target, source, l.word(bytes), count});
}

void lowerHint(Lowering &l) {
  for (StringRef suffix :
       {"global", "local", "L1", "L2", "L2::evict_normal", "L2::evict_last", "tensormap", "generic",
        "u32", "inc", "dec", "sync", "aligned", "mask", "launch_dependents", "wait"})
    l.take(suffix);
}

// A policy is a number that cache hints take and nothing reads.
void lowerCreatePolicy(Lowering &l) {
  for (StringRef suffix : {"fractional", "range", "global", "cvt", "L2", "L2::evict_last",
                           "L2::evict_normal", "L2::evict_first", "L2::evict_unchanged"})
    l.take(suffix);
  ValueType type = l.takeType();
  l.write(0, l.builder.getInt64(0), type);
}

void lowerFence(Lowering &l) {
  if (l.take("proxy")) {
    for (StringRef suffix :
         {"async", "alias", "async::generic", "tensormap::generic", "release", "acquire", "global",
          "shared::cta", "shared::cluster", "cluster", "gpu", "sys", "cta"})
      l.take(suffix);
    return;
  }
  l.takeOneOf({"sc", "acq_rel", "acquire", "release", "mbarrier_init"});
  StringRef scope = l.takeOneOf({"cta", "gl", "gpu", "sys", "cluster"});
  if (scope.empty())
    return l.fail("no known scope");
  StringRef name = scope == "cta" ? "cta" : scope == "sys" ? "sys" : "gl";
  l.intrinsic(("llvm.nvvm.membar." + name).str(), l.builder.getVoidTy(), {});
}

} // namespace npu::ptx
