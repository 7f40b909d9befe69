// Encodes, decodes and prints instructions by walking isa.def. See isa.h.
#include "isa.h"
#include "numerics.h"
#include "packed.h"

#include <sstream>

namespace npu::backend {
namespace {

constexpr unsigned kWordBits = 512, kHeaderBits = 48;

enum class Kind {
  Unsigned,
  Signed,
  Float,
  FormatCode,
  ProductCode,
  VectorFunctionCode,
  ActivationCode,
  ReduceFunctionCode,
  PoolFunctionCode,
};

// How many values an enumeration has; 0 for plain numbers.
unsigned valueCount(Kind kind) {
  switch (kind) {
  case Kind::FormatCode:
    return kFormatCount;
  case Kind::ProductCode:
    return kProductCount;
  case Kind::VectorFunctionCode:
    return unsigned(VectorFunction::Gradient) + 1;
  case Kind::ActivationCode:
    return kActivationCount;
  case Kind::ReduceFunctionCode:
    return unsigned(ReduceFunction::SumOfSquares) + 1;
  case Kind::PoolFunctionCode:
    return unsigned(PoolFunction::AverageInside) + 1;
  default:
    return 0;
  }
}

uint64_t mask(unsigned bits) { return bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1; }

uint64_t raw(float value) { return floatBits(value); }
template <typename Type> uint64_t raw(Type value) { return uint64_t(value); }

void setRaw(float &field, uint64_t bits) { field = bitsFloat(uint32_t(bits)); }
template <typename Type> void setRaw(Type &field, uint64_t bits) { field = Type(bits); }

class BitWriter {
public:
  explicit BitWriter(Word &word) : word(word) { word.fill(0); }
  void put(uint64_t value, unsigned bits) {
    value &= mask(bits);
    word[position / 64] |= value << (position % 64);
    if (position % 64 + bits > 64)
      word[position / 64 + 1] |= value >> (64 - position % 64);
    position += bits;
  }

private:
  Word &word;
  unsigned position = 0;
};

class BitReader {
public:
  explicit BitReader(const Word &word) : word(word) {}
  uint64_t get(unsigned bits) {
    uint64_t value = word[position / 64] >> (position % 64);
    if (position % 64 + bits > 64)
      value |= word[position / 64 + 1] << (64 - position % 64);
    position += bits;
    return value & mask(bits);
  }
  bool restIsZero() {
    for (; position < kWordBits; ++position)
      if (word[position / 64] >> (position % 64) & 1)
        return false;
    return true;
  }

private:
  const Word &word;
  unsigned position = 0;
};

// The check byte makes the exclusive-or of all 64 bytes equal to this.
constexpr uint8_t kCheck = 0xa5;

uint8_t foldBytes(const Word &word) {
  uint64_t fold = 0;
  for (uint64_t part : word)
    fold ^= part;
  fold ^= fold >> 32;
  fold ^= fold >> 16;
  fold ^= fold >> 8;
  return uint8_t(fold);
}

Status misfit(const char *instruction, const char *field) {
  return {npuErrorInvalidValue, std::string("NPU compiler: ") + instruction + "." + field +
                                    " does not fit its instruction field"};
}

Status putField(BitWriter &writer, const char *instruction, const char *field, uint64_t value,
                unsigned bits, Kind kind) {
  uint64_t readBack = value & mask(bits);
  if (kind == Kind::Signed && readBack >> (bits - 1))
    readBack |= ~mask(bits);
  if (readBack != value || (valueCount(kind) && value >= valueCount(kind)))
    return misfit(instruction, field);
  writer.put(value, bits);
  return {};
}

Status corrupt(const std::string &what) {
  return {npuErrorLaunchFailure, "NPU trap: corrupt instruction word: " + what};
}

Status getField(BitReader &reader, const char *instruction, const char *field, uint64_t &value,
                unsigned bits, Kind kind) {
  value = reader.get(bits);
  if (kind == Kind::Signed && value >> (bits - 1))
    value |= ~mask(bits);
  if (valueCount(kind) && value >= valueCount(kind))
    return corrupt(std::string(instruction) + "." + field + " has no value " +
                   std::to_string(value));
  return {};
}

#define INSTRUCTION(name, opcode, queue, summary) constexpr unsigned k##name##Bits = kHeaderBits
#define FIELD(type, name, bits, kind, summary) +bits
#define END(name)                                                                                  \
  ;                                                                                                \
  static_assert(k##name##Bits <= kWordBits, "an instruction must fit one word");
#include "isa.def"

#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  constexpr uint8_t opcodeOf(const name##Instruction &) { return opcode; }                         \
  Status putFields(BitWriter &writer, const name##Instruction &fields) {                           \
    const char *instruction = #name;
#define FIELD(type, name, bits, kind, summary)                                                     \
  if (Status status = putField(writer, instruction, #name, raw(fields.name), bits, Kind::kind);    \
      !status)                                                                                     \
    return status;
#define END(name)                                                                                  \
  return {};                                                                                       \
  }
#include "isa.def"

#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  Status getFields(BitReader &reader, name##Instruction &fields) {                                 \
    const char *instruction = #name;                                                               \
    uint64_t value = 0;
#define FIELD(type, name, bits, kind, summary)                                                     \
  if (Status status = getField(reader, instruction, #name, value, bits, Kind::kind); !status)      \
    return status;                                                                                 \
  setRaw(fields.name, value);
#define END(name)                                                                                  \
  return {};                                                                                       \
  }
#include "isa.def"

// Enumerations print as numbers, floats as themselves.
void print(std::ostream &out, float value) { out << value; }
template <typename Type> void print(std::ostream &out, Type value) { out << int64_t(value); }

#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  void printFields(std::ostream &out, const name##Instruction &fields) {                           \
    out << #name;
#define FIELD(type, name, bits, kind, summary)                                                     \
  out << " " #name "=";                                                                            \
  print(out, fields.name);
#define END(name) }
#include "isa.def"

} // namespace

Status encode(const Instruction &instruction, Word &word) {
  BitWriter writer(word);
  return std::visit(
      [&](const auto &fields) -> Status {
        if constexpr (std::is_same_v<std::decay_t<decltype(fields)>, std::monostate>) {
          return {npuErrorInvalidValue, "NPU compiler: an empty instruction"};
        } else {
          writer.put(opcodeOf(fields), 8);
          writer.put(0, 8);
          writer.put(instruction.waits, 16);
          writer.put(instruction.signals, 16);
          if (Status status = putFields(writer, fields); !status)
            return status;
          word[0] |= uint64_t(uint8_t(foldBytes(word) ^ kCheck)) << 8;
          return {};
        }
      },
      instruction.operation);
}

Status decode(const Word &word, Instruction &instruction) {
  if (foldBytes(word) != kCheck)
    return corrupt("the check byte does not match");
  BitReader reader(word);
  uint64_t opcode = reader.get(8);
  reader.get(8);
  instruction.waits = uint16_t(reader.get(16));
  instruction.signals = uint16_t(reader.get(16));
  Status status;
  switch (opcode) {
#define INSTRUCTION(name, code, queue, summary)                                                    \
  case code: {                                                                                     \
    name##Instruction fields;                                                                      \
    status = getFields(reader, fields);                                                            \
    instruction.operation = fields;                                                                \
    break;                                                                                         \
  }
#define FIELD(type, name, bits, kind, summary)
#define END(name)
#include "isa.def"
  default:
    return corrupt("no instruction has opcode " + std::to_string(opcode));
  }
  if (status && !reader.restIsZero())
    return corrupt("bits after the last field are not zero");
  return status;
}

std::string disassemble(const Instruction &instruction) {
  std::ostringstream out;
  std::visit(
      [&](const auto &fields) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(fields)>, std::monostate>)
          printFields(out, fields);
        else
          out << "empty";
      },
      instruction.operation);
  out << std::hex << " wait=0x" << instruction.waits << " signal=0x" << instruction.signals;
  return out.str();
}

Queue queueOf(const Instruction &instruction) {
  switch (instruction.operation.index()) {
#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  case opcode:                                                                                     \
    return Queue::queue;
#define FIELD(type, name, bits, kind, summary)
#define END(name)
#include "isa.def"
  default:
    return Queue::Load;
  }
}

Queue producerOf(Token token) {
  switch (token) {
  case kOperandsReady:
  case kSourceReady:
  case kBiasReady:
  case kIndicesReady:
    return Queue::Load;
  case kOperandsFree:
  case kAccumulatorReady:
    return Queue::Matrix;
  case kResultFree:
    return Queue::Store;
  default:
    return Queue::Vector;
  }
}

const char *productName(Product product) {
  switch (product) {
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary)                    \
  case Product::name:                                                                              \
    return spelling;
#include "products.def"
  }
  return "unknown";
}

} // namespace npu::backend
