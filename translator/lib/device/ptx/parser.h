// The syntax of an inline-assembly string: statements, operands and registers, as "PTX ISA",
// chapter "Syntax", has them. Knows nothing of LLVM IR or of what an instruction means.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace npu::ptx {

// A type suffix: .u32, .f16x2, .pred. Its registers hold `bits() ` bits.
struct ValueType {
  char kind =
      'b'; // u, s, b (bits), f (IEEE), h (bfloat16), t (tf32), 3 (e4m3), 2 (e5m2), p (predicate)
  unsigned width = 32;
  unsigned count = 1; // of packed values

  unsigned bits() const { return width * count; }
  bool isSigned() const { return kind == 's'; }
  bool isInteger() const { return kind == 'u' || kind == 's' || kind == 'b'; }
  bool isFloat() const { return kind == 'f' && count == 1 && width >= 32; }
  // Half precision and bfloat16, packed or not.
  bool isSmallFloat() const { return (kind == 'f' && width == 16) || kind == 'h'; }
};

// "u32" -> the type; false when no type has this name.
bool parseType(llvm::StringRef name, ValueType &type);

struct Operand {
  enum Kind {
    Nothing,
    Placeholder, // an operand of the asm statement
    Register,    // declared in the string
    Special,     // %laneid, %tid.x
    Name,        // a label
    Integer,
    Float,
    Address, // [elements[0] + integer]
    Vector,  // {a, b}
    Sink     // _
  };
  Kind kind = Nothing;
  std::string text; // as written, for messages
  unsigned index = 0;
  uint64_t integer = 0; // also a float's bits, when floatBits is set
  double real = 0;
  unsigned floatBits = 0; // 32 or 64: written as bits
  bool inverted = false;  // !p
  bool negative = false;  // -x
  std::string selector;   // .b0, .h1, .x
  std::vector<Operand> elements;
};

struct Instruction {
  std::string text; // opcode and suffixes as written
  std::string opcode;
  std::vector<std::string> suffixes;
  std::vector<Operand> operands;
  Operand guard; // of @p; Nothing: unconditional
};

struct Statement {
  std::string label; // a label's definition, or
  Instruction instruction;
};

struct Program {
  std::vector<Statement> statements;
  std::vector<ValueType> registers; // by Operand::index
  std::string error;                // of syntax; empty: none
};

// `text` is LLVM's form of the string: $0, ${0:x}, $$.
Program parse(llvm::StringRef text);

} // namespace npu::ptx
