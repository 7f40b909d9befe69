// A module in the form that the interpreter runs: per function a list of steps whose operands are
// places in a thread's frame or constants. A value is its numbers one after the other: an integer
// of up to 64 bits, a float or a pointer is one word, an i128 two; a vector, array or struct is the
// words of its elements.
#pragma once

#include "memory.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"

#include <map>
#include <memory>

namespace simt {

struct Operand {
  bool isConstant = false;
  uint32_t place = 0; // a word of the frame, or of Code::constants
};

struct Step {
  const llvm::Instruction *instruction = nullptr;
  unsigned opcode = 0;
  uint32_t result = 0;   // a word of the frame
  uint32_t words = 0;    // of the result
  uint32_t elements = 0; // of the (first operand's) type when it is a vector, else 1
  uint32_t width = 0;    // bits of one number of the result
  uint32_t from = 0;     // bits of one number of the first operand
  std::vector<Operand> operands;
};

struct Code {
  const llvm::Function *function = nullptr;
  unsigned number = 0;
  std::vector<Step> steps; // the blocks in their order
  llvm::DenseMap<const llvm::BasicBlock *, uint32_t> starts;
  std::vector<uint64_t> constants;
  std::vector<Operand> arguments;
  uint32_t frameWords = 0;
};

uint32_t wordsOf(llvm::Type *type);
// Of one number; vectors: of one element.
uint32_t bitsOfType(llvm::Type *type);

class Program {
public:
  explicit Program(const llvm::Module &module);

  const llvm::DataLayout &layout() const { return module.getDataLayout(); }
  const Code &code(const llvm::Function &function);
  const llvm::Function &function(uint64_t address) const { return *functions[objectOf(address)]; }
  const llvm::Function &kernel(const std::string &name) const;

  // Initial contents: variables of the machine, and the sizes of a block's shared variables.
  std::vector<Object> globals;
  std::vector<uint64_t> sharedBytes;
  // Which of sharedBytes is the dynamic one, whose size the launch gives; -1: none.
  int dynamicShared = -1;

  // The module's form of a value in memory.
  void read(llvm::Type *type, const uint8_t *bytes, uint64_t *words) const;
  void write(llvm::Type *type, const uint64_t *words, uint8_t *bytes) const;
  uint64_t storeBytes(llvm::Type *type) const { return layout().getTypeStoreSize(type); }
  // Where an element lies: in bytes, and in the value's words.
  uint64_t addressStep(const llvm::GEPOperator &address, const uint64_t *const *indices) const;

private:
  void place(const llvm::GlobalVariable &variable);
  void evaluate(const llvm::Constant &constant, std::vector<uint64_t> &words) const;
  void evaluateExpression(const llvm::ConstantExpr &expression, std::vector<uint64_t> &words) const;
  void evaluateAddress(const llvm::GEPOperator &address, std::vector<uint64_t> &words) const;
  Operand operand(Code &code, const llvm::Value &value,
                  llvm::DenseMap<const llvm::Value *, uint32_t> &places) const;
  void decode(Code &code) const;

  const llvm::Module &module;
  std::map<const llvm::Function *, std::unique_ptr<Code>> codes;
  llvm::DenseMap<const llvm::GlobalValue *, uint64_t> addresses;
  std::vector<const llvm::Function *> functions;
};

} // namespace simt
