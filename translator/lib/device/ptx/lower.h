// Lowers one inline-assembly call to LLVM IR that the later passes know. A handler per family of
// instructions (instructions.def) reads its suffixes and operands through Lowering and fails with a
// sentence when one is unknown: a suffix that nobody took is an error too.
#pragma once

#include "device/pipeline.h"
#include "device/ptx/parser.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"

#include <functional>

namespace npu::ptx {

// What later passes replace (passes/thread_state_pass.cpp, passes/shared_windows_pass.cpp).
constexpr const char *kCarryFlag = "__npu_carry_flag";
constexpr const char *kExit = "__npu_exit_thread";
constexpr const char *kSharedHandle = "__npu_shared_handle";   // i32 (i8*)
constexpr const char *kSharedAddress = "__npu_shared_address"; // i8 addrspace(3)* (i32)

class Lowering {
public:
  Lowering(llvm::CallInst &call, PassContext &context);

  // Replaces the call; false after an error, which was reported.
  bool run();

  // --- For handlers ---
  llvm::IRBuilder<> builder;
  llvm::StringRef opcode() const { return current->opcode; }

  void fail(const llvm::Twine &what);
  bool failed() const { return hasFailed; }

  bool take(llvm::StringRef suffix);
  // The one of these that is there; "" for none.
  llvm::StringRef takeOneOf(std::initializer_list<llvm::StringRef> suffixes);
  // The next suffix that names a type; fails when there is none.
  ValueType takeType();
  bool hasType() const;
  // "rn", "rz", "rm", "rp" or "".
  llvm::StringRef takeRounding() { return takeOneOf({"rn", "rz", "rm", "rp"}); }

  unsigned operandCount() const { return current->operands.size(); }
  const Operand &operand(unsigned i) const;
  bool isConstant(unsigned i, uint64_t &value);

  // Numbers of .f32 and .f64 are float and double, predicates i1, all else integers of bits() bits.
  llvm::Type *irType(ValueType type);
  llvm::Value *read(unsigned i, ValueType type) { return read(operand(i), type); }
  llvm::Value *read(const Operand &operand, ValueType type);
  void write(unsigned i, llvm::Value *value, ValueType type) { write(operand(i), value, type); }
  void write(const Operand &operand, llvm::Value *value, ValueType type);
  // Elements of a vector operand; the operand itself when it is none.
  llvm::ArrayRef<Operand> elements(const Operand &operand) const;
  // The bits of the register or constant that an operand is, in its own width.
  llvm::Value *bits(const Operand &operand, unsigned widthOfConstants);
  // A pointer into `space` ("", "global", "shared", ...) to values of `type`.
  llvm::Value *address(const Operand &operand, llvm::StringRef space, llvm::Type *type);
  llvm::Value *pointerOf(const Operand &operand); // i8*, of a generic address

  llvm::Value *word(uint32_t value) { return builder.getInt32(value); }
  llvm::Value *intrinsic(llvm::StringRef name, llvm::Type *result,
                         llvm::ArrayRef<llvm::Value *> arguments);
  llvm::Value *library(llvm::StringRef name, llvm::Type *result,
                       llvm::ArrayRef<llvm::Value *> arguments);
  llvm::Value *specialRegister(llvm::StringRef name);
  llvm::Value *clusterRegister(llvm::StringRef name);
  llvm::Value *laneNumber() { return specialRegister("laneid"); }
  llvm::AllocaInst *createVariable(llvm::Type *type);

  // Floats and their suffixes (floating.cpp).
  llvm::Value *flushed(llvm::Value *value);
  llvm::Value *saturated(llvm::Value *value);
  llvm::Value *widened(llvm::Value *bits, ValueType type); // of a small format, to float
  llvm::Value *narrowed(llvm::Value *value, ValueType type, llvm::StringRef rounding = "rn",
                        unsigned flags = 0);
  // Calls `compute` for each packed value of the operands from `first` on, as floats, and packs.
  llvm::Value *
  perSmallFloat(ValueType type, unsigned first, unsigned count,
                const std::function<llvm::Value *(llvm::ArrayRef<llvm::Value *>)> &compute);
  llvm::Value *halfOf(llvm::Value *packed, ValueType type, unsigned i);
  llvm::Value *packed(llvm::ArrayRef<llvm::Value *> parts, ValueType type);

  llvm::GlobalVariable *carryFlag();
  llvm::BasicBlock *labelBlock(const Operand &label);
  void endBlock() { blockEnded = true; }

private:
  struct Place { // an operand of the statement, or a register
    llvm::Value *value = nullptr;
    llvm::AllocaInst *variable = nullptr;
  };

  bool readOperands();
  bool createLabels();
  void lowerStatements();
  void lowerInstruction(const Instruction &instruction);
  void finish();
  llvm::BasicBlock *newBlock(const llvm::Twine &name);
  const Place *place(const Operand &operand);
  llvm::Value *constant(const Operand &operand, unsigned width);

  llvm::CallInst &call;
  llvm::InlineAsm &assembly;
  PassContext &context;
  llvm::Module &module;
  Program program;
  const Instruction *current = nullptr;
  std::vector<std::string> suffixes; // of the current instruction, not taken yet
  std::vector<Place> placeholders, registers;
  std::vector<llvm::AllocaInst *> outputs;
  std::vector<std::pair<llvm::Value *, llvm::AllocaInst *>> indirectOutputs;
  std::map<std::string, llvm::BasicBlock *> labels;
  llvm::BasicBlock *continuation = nullptr; // when there is control flow
  bool clobbersMemory = false, hasFailed = false, blockEnded = false;
};

using Handler = void (*)(Lowering &);

#define INSTRUCTION(opcode, handler, fewest, most) void handler(Lowering &lowering);
#include "device/ptx/instructions.def"

} // namespace npu::ptx
