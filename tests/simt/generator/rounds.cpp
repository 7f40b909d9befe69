// Loops that keep no value in registers from round to round, as those of persistent blocks that
// take work from a queue: what counts lies in volatile memory, and a round may start and end with
// the same condition by lane. Compilers make two loops of one there, and lanes must meet
// nevertheless.
#include "generator.h"

namespace simt {

// Writes to memory, and changes no variable but by chance.
Statement Generator::onSomeLanes(const std::string &flag, Scope inner) {
  Statement statement;
  statement.pieces = {"if (" + flag + ") {", "}"};
  statement.bodies.emplace_back();
  inner.uniform = false;
  inner.mask.clear();
  for (unsigned i = 0, count = 1 + random.below(2); i < count; ++i)
    random.chance(50) ? output(statement.bodies[0], inner) : atomic(statement.bodies[0], inner);
  return statement;
}

void Generator::rounds(Body &body, Scope &scope) {
  if (scope.inFunction || roundLoops == kRoundLoops || (!scope.uniform && scope.mask.empty()))
    return uniformLoop(body, scope);
  const std::string left = "roundsLeft[t + " + std::to_string(1024 * roundLoops++) + "]";
  const std::string flag = fresh("c");
  Scope inner = scope;
  ++inner.depth;
  inner.mayReturn = inner.mayBreak = inner.mayContinue = false;
  inner.loopMask.clear();
  inner.label.clear();
  Statement statement;
  statement.expressions = {random.chance(40)
                               ? Expression{Type::Bool, random.of({"t == 0", "(t & 31) == 0"}), {}}
                               : condition(),
                           uniform()};
  statement.pieces = {"{ const bool " + flag + " = $0; " + left + " = 1 + ($1 & 3); for (;;) {",
                      "} }"};
  Body round;
  if (random.chance(85))
    round.push_back(onSomeLanes(flag, inner));
  // The lanes meet, and what they find goes to memory.
  if (scope.uniform && (scope.mask.empty() || random.chance(50))) {
    round.push_back(simple("__syncthreads();"));
  } else {
    usesWarp = true;
    round.push_back(simple("out.words[gid * " + std::to_string(kOutputs) + " + " +
                               std::to_string(2 + random.below(kOutputs - 2)) +
                               "] ^= __ballot_sync(" + scope.mask + ", $0);",
                           {condition()}));
  }
  round.push_back(simple("if ((" + left + " -= 1) == 0) break;"));
  if (random.chance(35))
    statements(round, inner, 1 + random.below(2));
  else
    output(round, inner);
  if (random.chance(85))
    round.push_back(onSomeLanes(flag, inner));
  statement.bodies.push_back(std::move(round));
  body.push_back(std::move(statement));
}

} // namespace simt
