// A generated kernel as a tree that can be printed as CUDA C++ and cut down by the reducer.
//
// Text holds $0, $1... where expressions go, and a statement's pieces have its bodies between them.
// The tree knows types of expressions and nothing else: a cut that makes a program without a
// defined answer is found by compiling it or by the interpreter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simt {

enum class Type { Bool, I8, U8, I16, U16, I32, U32, I64, U64, F32, F64 };

inline const char *nameOf(Type type) {
  constexpr const char *kNames[] = {"bool", "i8",  "u8",  "i16",   "u16",   "i32",
                                    "u32",  "i64", "u64", "float", "double"};
  return kNames[unsigned(type)];
}
inline bool isFloat(Type type) { return type == Type::F32 || type == Type::F64; }

struct Expression {
  Type type = Type::I32;
  std::string text; // $0... are `parts`
  std::vector<Expression> parts;
};

struct Statement {
  std::vector<std::string> pieces; // one more than bodies
  std::vector<Expression> expressions;
  std::vector<std::vector<Statement>> bodies;
};

struct Shape {
  unsigned x = 1, y = 1, z = 1;  // of the block
  unsigned gridX = 1, gridY = 1; // blocks
  unsigned threads() const { return x * y * z; }
  unsigned blocks() const { return gridX * gridY; }
};

struct HelperFunction {
  std::string head; // up to the opening brace
  std::vector<Statement> body;
};

struct Kernel {
  uint64_t seed = 0;
  Shape shape;
  bool usesWarp = false; // has no form of one thread per execution
  std::vector<HelperFunction> functions;
  std::vector<Statement> body;
  uint32_t dynamicShared = 0; // bytes

  std::string name() const { return "k" + std::to_string(seed); }
  std::string text() const;
};

std::string textOf(const Expression &expression);

// Types, helpers and variables that every kernel may use.
extern const char *const kPrelude;

// The words of each output array that a thread owns, and the sizes of what all kernels read.
constexpr unsigned kOutputs = 12;
constexpr unsigned kInputs = 1 << 17; // elements; pointers given to kernels are in the middle
constexpr unsigned kSums = 64;        // for atomics: 8 for each operation
constexpr unsigned kRoundLoops = 2;   // loops that count in shared memory, each word a thread's own

} // namespace simt
