// One question, "does the engine give the interpreter's answer?", for some kernels at once.
#pragma once

#include "engine.h"

#include <map>

namespace simt {

struct Verdict {
  enum Kind {
    Same,      // as it should be
    Different, // a wrong result
    Failed,    // the engine gives none: a launch error, a crash, a time-out
    Refused,   // a compile-time error of the device pipeline
    NoAnswer,  // the program has no defined answer: the generator's mistake
    Invalid,   // the front end does not take it: the generator's mistake
  };
  Kind kind = Same;
  std::string text;
};

const char *nameOf(Verdict::Kind kind);
const char *nameOf(Lowering lowering);

// Kernels of 16 neighbouring seeds are compiled together, at one of the optimisation levels.
constexpr unsigned kBatch = 16;
unsigned optimizeOf(uint64_t seed);

using Verdicts = std::map<std::pair<uint64_t, Lowering>, Verdict>;

// In this process, so a crash ends it. The kernels share an optimisation level. `sabotage`: the
// engine gets programs that differ a little, to show that differences are seen.
Verdicts check(const std::vector<Kernel> &kernels, const std::vector<Lowering> &lowerings,
               unsigned optimize, bool sabotage = false);

// The first pass after which the interpreter has another answer, for a kernel with a wrong result.
std::string guiltyPass(const Kernel &kernel, Lowering lowering, unsigned optimize);

} // namespace simt
