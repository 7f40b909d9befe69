// Calls: functions of the program, the machine's registers and barriers, and memory moves.
#include "machine.h"

#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"

#include <cstring>

using namespace llvm;

namespace simt {

namespace {

// In which the answer is an operation between lanes or threads: the thread waits.
bool isWarpOperation(StringRef name) {
  for (StringRef prefix : {"shfl.", "vote.", "match.", "redux.sync.", "bar.warp.sync"})
    if (name.startswith(prefix))
      return true;
  return false;
}
bool isBarrier(StringRef name) { return name.startswith("barrier0") || name == "bar.sync"; }

} // namespace

bool Machine::call(Thread &thread) {
  auto &call = *cast<CallBase>(thread.step().instruction);
  if (auto *assembly = dyn_cast<InlineAsm>(call.getCalledOperand())) {
    if (!StringRef(assembly->getAsmString()).trim().empty())
      throw Error("the interpreter does not know inline assembly");
    return false;
  }
  const Function *function = call.getCalledFunction();
  if (!function) {
    uint64_t address = *value(thread, thread.step().operands.back());
    if (spaceOf(address) != Space::Function)
      throw Error("a call of something that is no function");
    function = &program.function(address);
  }
  StringRef name = function->getName();
  if (name.consume_front("llvm.nvvm.")) {
    if (isWarpOperation(name)) {
      thread.state = Thread::State::AtWarpOperation;
      return false;
    }
    if (isBarrier(name)) {
      if (name == "bar.sync" && *value(thread, 0u) != 0)
        throw Error("the interpreter does not know named barriers");
      thread.state = Thread::State::AtBarrier;
      return false;
    }
    if (machineIntrinsic(thread, name))
      return false;
    throw Error(("the interpreter does not know llvm.nvvm." + name).str());
  }
  if (function->isIntrinsic()) {
    if (intrinsic(thread, *function))
      return false;
    throw Error(("the interpreter does not know " + name).str());
  }
  if (function->isDeclaration()) {
    if (libraryFunction(thread, name))
      return false;
    throw Error(("the interpreter does not know the function " + name).str());
  }
  enter(thread, *function, call);
  return true;
}

void Machine::enter(Thread &thread, const Function &function, const CallBase &call) {
  if (thread.frames.size() > 1000)
    throw Error("recursion without end");
  const Code &code = program.code(function);
  Frame frame;
  frame.code = &code;
  frame.locals = thread.locals.size();
  const Frame &caller = thread.frames.back();
  frame.base = caller.base + caller.code->frameWords;
  thread.words.resize(frame.base + code.frameWords);
  for (unsigned i = 0; i < function.arg_size(); ++i) {
    Type *type = function.getArg(i)->getType();
    const uint64_t *from = value(thread, i);
    uint64_t *to = thread.words.data() + frame.base + code.arguments[i].place;
    std::copy(from, from + wordsOf(type), to);
    if (!call.isByValArgument(i))
      continue;
    Object copy;
    uint64_t bytes = program.layout().getTypeAllocSize(call.getParamByValType(i));
    const uint8_t *source = view(thread).at(*from, bytes, false);
    copy.bytes.assign(source, source + bytes);
    *to = addressOf(Space::Local, thread.locals.size());
    thread.locals.push_back(std::move(copy));
  }
  thread.frames.push_back(frame);
}

bool Machine::machineIntrinsic(Thread &thread, StringRef name) {
  uint64_t *to = result(thread);
  if (name.startswith("membar.") || name.startswith("fence"))
    return true;
  if (name.startswith("ptr.")) { // between address spaces: addresses are the same in all
    *to = *value(thread, 0u);
    return true;
  }
  if (name.startswith("ldg.global.")) {
    Type *type = thread.step().instruction->getType();
    program.read(type, view(thread).at(*value(thread, 0u), program.storeBytes(type), false), to);
    return true;
  }
  if (name.startswith("atomic.load.inc.32") || name.startswith("atomic.load.dec.32")) {
    bool up = name.startswith("atomic.load.inc.32");
    uint8_t *bytes = view(thread).at(*value(thread, 0u), 4, true);
    uint32_t old = 0, limit = uint32_t(*value(thread, 1u));
    std::memcpy(&old, bytes, 4);
    uint32_t now = up ? (old >= limit ? 0 : old + 1) : (old == 0 || old > limit ? limit : old - 1);
    std::memcpy(bytes, &now, 4);
    *to = old;
    return true;
  }
  if (!name.consume_front("read.ptx.sreg."))
    return false;
  auto component = [&](const Dimensions &of) {
    *to = name.back() == 'x' ? of.x : name.back() == 'y' ? of.y : of.z;
    return true;
  };
  if (name.startswith("tid."))
    return component(thread.index);
  if (name.startswith("ntid."))
    return component(block);
  if (name.startswith("ctaid."))
    return component(blockIndex);
  if (name.startswith("nctaid."))
    return component(grid);
  uint32_t bit = 1u << thread.lane();
  if (name == "laneid")
    *to = thread.lane();
  else if (name == "warpid")
    *to = thread.linear / 32;
  else if (name == "warpsize")
    *to = 32;
  else if (name == "lanemask.eq")
    *to = bit;
  else if (name == "lanemask.lt")
    *to = bit - 1;
  else if (name == "lanemask.le")
    *to = bit | (bit - 1);
  else if (name == "lanemask.gt")
    *to = uint32_t(~(bit | (bit - 1)));
  else if (name == "lanemask.ge")
    *to = uint32_t(~(bit - 1));
  else
    return false;
  return true;
}

bool Machine::moveMemory(Thread &thread, const Function &function) {
  Intrinsic::ID id = function.getIntrinsicID();
  uint64_t count = *value(thread, 2u);
  if (count == 0)
    return true;
  uint8_t *to = view(thread).at(*value(thread, 0u), count, true);
  if (id == Intrinsic::memset)
    std::memset(to, int(*value(thread, 1u)), count);
  else
    std::memmove(to, view(thread).at(*value(thread, 1u), count, false), count);
  return true;
}

} // namespace simt
