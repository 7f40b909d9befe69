// Random kernels with one defined answer, from a seed.
//
// How each freedom of the machine is kept out of the answer:
//   integers      arithmetic is done on unsigned words; division, shifts and conversions may meet
//   any
//                 operands, as the PTX ISA defines them
//   floats        correctly rounded operations only; no look at a NaN's bits or at min's zero's
//   sign lanes         a scope in which warp operations are allowed has a variable with the mask of
//   the
//                 lanes that are there, made by a ballot of the scope around it; a lane's shuffle
//                 reads a lane that takes part
//   barriers      only where all threads of the block that have not returned come
//   memory        a thread writes its own words; shared words are exchanged between barriers;
//   atomics
//                 that everybody may see are of one operation per place, and their results unused
#pragma once

#include "kernel.h"
#include "random.h"

namespace simt {

class Generator {
public:
  explicit Generator(uint64_t seed);
  Kernel generate();

private:
  struct Variable {
    Type type;
    std::string name;
  };
  struct Scope {
    bool uniform = false; // all threads of the block that have not returned are here
    std::string mask;     // the lanes that are here; empty: not known
    unsigned depth = 0;
    bool mayReturn = false, mayBreak = false, mayContinue = false;
    bool inFunction = false;
    std::string label; // of a place after all the loops around
    // Of a loop that keeps its masks: the lanes that stay in it, and whether one has gone on early.
    std::string loopMask;
    bool *continued = nullptr;
  };
  using Body = std::vector<Statement>;

  // Expressions (expressions.cpp)
  Expression expression(Type type, unsigned depth);
  Expression leaf(Type type);
  Expression constant(Type type);
  Expression variable(Type type);
  Expression input(Type type);
  Expression index();
  Expression boolean(unsigned depth);
  Expression integer(Type type, unsigned depth);
  Expression integerFunction(Type type, unsigned depth);
  Expression floating(Type type, unsigned depth);
  Expression uniform(); // a u32, the same in the block
  Expression uniformCondition();
  Expression condition() { return boolean(1 + random.below(2)); }
  Type anyType();
  Type integerType();

  // Statements (statements.cpp, control_flow.cpp, exchanges.cpp)
  void statements(Body &body, Scope &scope, unsigned count);
  void statement(Body &body, Scope &scope);
  Statement simple(std::string text, std::vector<Expression> parts = {});
  void assignment(Body &body, Scope &scope);
  void output(Body &body, Scope &scope);
  void parts(Body &body, Scope &scope); // of structs, vectors and local arrays
  void callFunction(Body &body, Scope &scope);
  void guardedRead(Body &body, Scope &scope);
  void atomic(Body &body, Scope &scope);
  void ownAtomic(Body &body, Scope &scope);

  void branch(Body &body, Scope &scope);
  void maskedBranch(Body &body, Scope &scope);
  void uniformLoop(Body &body, Scope &scope);
  void maskedLoop(Body &body, Scope &scope);
  void freeLoop(Body &body, Scope &scope);
  void choice(Body &body, Scope &scope);
  void jumps(Body &body, Scope &scope);
  void leave(Body &body, Scope &scope);
  void maskedLeave(Body &body, Scope &scope);

  // Loops as of persistent blocks (rounds.cpp)
  void rounds(Body &body, Scope &scope);
  Statement onSomeLanes(const std::string &flag, Scope inner);

  void exchange(Body &body, Scope &scope);
  void count(Body &body, Scope &scope);
  void blockReduction(Body &body, Scope &scope);
  void warpOperation(Body &body, Scope &scope);
  void warpExchange(Body &body, Scope &scope);

  void chooseShape();
  void declarations(Body &body, const std::string &text);
  void ending(Body &body, const std::string &text);
  HelperFunction function(unsigned number);
  std::string returned(const std::string &word) const;
  std::string fresh(const char *prefix) { return prefix + std::to_string(++names); }
  const Variable &target(); // that may be assigned
  const Variable &targetOf(Type type);
  bool hasTarget(Type type) const;

  Random random;
  Kernel kernel;
  std::vector<Variable> variables; // that may be read and assigned
  std::vector<std::string> counters, uniformCounters;
  bool inFunction = false, usesShared = false, usesWarp = false, usesDynamicShared = false;
  unsigned budget = 0, names = 0, functionCount = 0, roundLoops = 0;
  std::vector<bool> computing; // by function
};

} // namespace simt
