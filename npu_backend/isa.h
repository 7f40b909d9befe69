// The instructions of isa.def as structs, and their 64-byte words. Decoding trusts nothing: a word
// that the encoder could not have made is refused with the reason.
#pragma once

#include "npu/status.h"
#include "npu/tensor_op.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace npu::backend {

enum class Product : uint8_t {
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary) name,
#include "products.def"
};
constexpr unsigned kProductCount = 0
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary) +1
#include "products.def"
    ;
enum class VectorFunction : uint8_t {
  Fill,
  Copy,
  Add,
  Subtract,
  Multiply,
  Divide,
  Minimum,
  Maximum,
  Gradient // a times the derivative of `activation` at b
};
enum class ReduceFunction : uint8_t {
  Sum,
  Product,
  Minimum,
  Maximum,
  LargestMagnitude,
  SumOfMagnitudes,
  SumOfSquares
};
enum class PoolFunction : uint8_t { Maximum, AverageWindow, AverageInside };
// Each queue runs its instructions in order; queues run side by side, ordered by tokens.
enum class Queue : uint8_t { Load, Matrix, Vector, Store };
constexpr unsigned kQueueCount = 4;

// Tokens are counters: an instruction starts when every counter of its wait mask is above zero, and
// takes one from each; when it is done, it adds one to each counter of its signal mask.
enum Token : uint16_t {
  kOperandsReady = 1 << 0,    // load -> matrix
  kOperandsFree = 1 << 1,     // matrix -> load
  kAccumulatorReady = 1 << 2, // matrix -> vector
  kAccumulatorFree = 1 << 3,  // vector -> matrix
  kResultReady = 1 << 4,      // vector -> store
  kResultFree = 1 << 5,       // store -> vector
  kSourceReady = 1 << 6,      // load -> vector
  kSourceFree = 1 << 7,       // vector -> load
  kScaleReady = 1 << 8,       // vector -> load
  kBiasReady = 1 << 9,        // load -> vector
  kBiasFree = 1 << 10,        // vector -> load
  kIndicesReady = 1 << 11,    // load -> load
  kWeightsReady = 1 << 12,    // vector -> matrix
};
constexpr unsigned kTokenCount = 16;
constexpr unsigned kScaleRegisters = 8; // register 0 always reads 1

#define INSTRUCTION(name, opcode, queue, summary) struct name##Instruction {
#define FIELD(type, name, bits, kind, summary) type name = {};
#define END(name)                                                                                  \
  }                                                                                                \
  ;
#include "isa.def"

using Operation = std::variant<std::monostate
#define INSTRUCTION(name, opcode, queue, summary) , name##Instruction
#define FIELD(type, name, bits, kind, summary)
#define END(name)
#include "isa.def"
                               >;

struct Instruction {
  uint16_t waits = 0, signals = 0; // masks of Token
  Operation operation;
};

using Word = std::array<uint64_t, 8>;

// Fails when a value does not fit its field; the message names the field.
Status encode(const Instruction &instruction, Word &word);
Status decode(const Word &word, Instruction &instruction);
// One line: "multiply m=16 n=16 ... wait=0x1 signal=0x4".
std::string disassemble(const Instruction &instruction);
// The queue of a decoded instruction.
Queue queueOf(const Instruction &instruction);

// Which queue sends a token.
Queue producerOf(Token token);

const char *productName(Product product);

} // namespace npu::backend
