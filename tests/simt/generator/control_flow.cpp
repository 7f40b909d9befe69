// Branches, loops, switches, jumps and returns, and what they do to the masks (generator.h).
#include "generator.h"

namespace simt {

namespace {

std::string blockEnd(const std::string &after = "") { return after.empty() ? "}" : "} " + after; }

} // namespace

void Generator::branch(Body &body, Scope &scope) {
  if (!scope.mask.empty() && random.chance(60))
    return maskedBranch(body, scope);
  bool isUniform = random.chance(30);
  Statement statement;
  statement.expressions = {isUniform ? uniformCondition() : condition()};
  statement.pieces = {"if ($0) {"};
  Scope inner = scope;
  ++inner.depth;
  if (!isUniform) {
    inner.uniform = false;
    inner.mask.clear();
    inner.loopMask.clear();
  }
  unsigned sides = random.chance(50) ? 2 : 1;
  for (unsigned side = 0; side < sides; ++side) {
    statement.bodies.emplace_back();
    statements(statement.bodies.back(), inner, 1 + random.below(3));
    statement.pieces.push_back(side + 1 < sides ? "} else {" : "}");
  }
  body.push_back(std::move(statement));
}

void Generator::maskedBranch(Body &body, Scope &scope) {
  usesWarp = true;
  std::string condition = fresh("c"), yes = fresh("m"), no = fresh("m");
  Statement statement;
  statement.expressions = {boolean(2)};
  statement.pieces = {"{ const bool " + condition + " = $0; const u32 " + yes +
                      " = __ballot_sync(" + scope.mask + ", " + condition + "), " + no + " = " +
                      scope.mask + " & ~" + yes + "; if (" + condition + ") {"};
  Scope inner = scope;
  ++inner.depth;
  inner.uniform = false;
  inner.loopMask.clear();
  // To leave a loop from here would leave other lanes with masks that no longer hold.
  inner.mayBreak = inner.mayContinue = false;
  inner.label.clear();
  inner.mask = yes;
  unsigned sides = random.chance(60) ? 2 : 1;
  for (unsigned side = 0; side < sides; ++side) {
    statement.bodies.emplace_back();
    statements(statement.bodies.back(), inner, 1 + random.below(3));
    statement.pieces.push_back(side + 1 < sides ? "} else {" : "} (void)" + no + "; }");
    inner.mask = no;
  }
  body.push_back(std::move(statement));
}

void Generator::uniformLoop(Body &body, Scope &scope) {
  std::string counter = fresh("it");
  Scope inner = scope;
  ++inner.depth;
  // Threads that return in the middle of a loop with barriers: not yet.
  inner.mayReturn = false;
  inner.mayBreak = inner.mayContinue = false;
  inner.loopMask.clear();
  inner.label.clear();
  Statement statement;
  statement.expressions = {uniform()};
  statement.pieces = {
      "for (u32 " + counter + " = 0; " + counter + " < 1 + ($0 & 3); ++" + counter + ") {", "}"};
  uniformCounters.push_back(counter);
  counters.push_back(counter);
  statement.bodies.emplace_back();
  statements(statement.bodies.back(), inner, 1 + random.below(4));
  if (random.chance(25))
    statement.bodies.back().push_back(
        {{std::string("if ($0) { ") + random.of({"break", "continue"}) + "; }"},
         {uniformCondition()},
         {}});
  counters.pop_back();
  uniformCounters.pop_back();
  body.push_back(std::move(statement));
}

// Each lane has its own trip count, and each turn knows which lanes are left.
void Generator::maskedLoop(Body &body, Scope &scope) {
  usesWarp = true;
  std::string counter = fresh("it"), limit = fresh("n"), in = fresh("m"), here = fresh("m"),
              goes = fresh("g");
  Scope inner = scope;
  ++inner.depth;
  inner.uniform = false;
  inner.mayBreak = inner.mayContinue = false;
  inner.label.clear();
  inner.mask = here;
  inner.loopMask = in;
  bool continued = false;
  inner.continued = &continued;
  Statement statement;
  statement.expressions = {expression(Type::U32, 2)};
  statement.pieces = {"{ u32 " + counter + " = 0, " + in + " = " + scope.mask + "; const u32 " +
                          limit + " = $0 & 7; for (;;) { const bool " + goes + " = " + counter +
                          " < " + limit + "; " + in + " = __ballot_sync(" + in + ", " + goes +
                          "); if (!" + goes + ") break; ++" + counter + "; u32 " + here + " = " +
                          in + ";",
                      "(void)" + here + "; } }"};
  counters.push_back(counter);
  statement.bodies.emplace_back();
  statements(statement.bodies.back(), inner, 1 + random.below(4));
  counters.pop_back();
  body.push_back(std::move(statement));
}

// Lanes come and go as they like.
void Generator::freeLoop(Body &body, Scope &scope) {
  std::string counter = fresh("it");
  Scope inner = scope;
  ++inner.depth;
  inner.uniform = false;
  inner.mask.clear();
  inner.loopMask.clear();
  inner.mayBreak = inner.mayContinue = true;
  bool outermost = inner.label.empty() && random.chance(15);
  std::string label = outermost ? fresh("out") : "";
  if (outermost)
    inner.label = label;
  std::string open = "{ ", close = outermost ? "} " + label + ": ; }" : "} }";
  Statement statement;
  statement.expressions = {expression(Type::U32, 2), boolean(2)};
  switch (random.below(4)) {
  case 0:
    statement.pieces = {open + "for (u32 " + counter + " = 0; " + counter + " < ($0 & 7); ++" +
                            counter + ") {",
                        close};
    break;
  case 1:
    statement.pieces = {open + "for (u32 " + counter + " = 0; " + counter +
                            " < ($0 & 7) && $1; ++" + counter + ") {",
                        close};
    break;
  case 2:
    statement.pieces = {open + "u32 " + counter + " = $0 & 7; while (" + counter + "-- > 0) {",
                        close};
    break;
  default:
    statement.pieces = {open + "u32 " + counter + " = 0; do {",
                        "} while (++" + counter + " < ($0 & 7) && $1); " +
                            (outermost ? label + ": ; }" : "}")};
    break;
  }
  counters.push_back(counter);
  statement.bodies.emplace_back();
  statements(statement.bodies.back(), inner, 1 + random.below(4));
  counters.pop_back();
  body.push_back(std::move(statement));
}

void Generator::choice(Body &body, Scope &scope) {
  bool isUniform = random.chance(25);
  Statement statement;
  Type type = random.of({Type::U32, Type::I32, Type::U8, Type::U64});
  statement.expressions = {isUniform ? uniform() : expression(type, 2)};
  Scope inner = scope;
  ++inner.depth;
  if (!isUniform) {
    inner.uniform = false;
    inner.mask.clear();
  }
  inner.loopMask.clear();
  inner.mayBreak = false;
  unsigned cases = 2 + random.below(5);
  bool sparse = random.chance(30);
  std::string before = std::string("switch ($0 & ") + (sparse ? "0x1f" : "7") + ") {";
  for (unsigned i = 0; i < cases; ++i) {
    bool isDefault = i + 1 == cases && random.chance(70);
    statement.pieces.push_back(
        before +
        (isDefault ? " default: {" : " case " + std::to_string(sparse ? i * 7 : i) + ": {"));
    statement.bodies.emplace_back();
    statements(statement.bodies.back(), inner, 1 + random.below(2));
    before = random.chance(65) ? "} break;" : "}";
  }
  statement.pieces.push_back(before + " }");
  body.push_back(std::move(statement));
}

// A loop with two entries, and a jump forwards.
void Generator::jumps(Body &body, Scope &scope) {
  std::string first = fresh("a"), second = fresh("b"), fuel = fresh("left");
  Scope inner = scope;
  ++inner.depth;
  inner.uniform = false;
  inner.mask.clear();
  inner.loopMask.clear();
  Statement statement;
  statement.expressions = {condition(), condition()};
  if (random.chance(50))
    statement.pieces = {"{ u32 " + fuel + " = 0; if ($0) goto " + second + "; " + first + ": {",
                        "} " + second + ": {",
                        "} if (++" + fuel + " < 4 && $1) goto " + first + "; }"};
  else
    statement.pieces = {"{ if ($0) goto " + second + "; {",
                        "} if ($1) goto " + first + "; " + second + ": {",
                        blockEnd(first + ": ; }")};
  for (unsigned i = 0; i < 2; ++i) {
    statement.bodies.emplace_back();
    statements(statement.bodies.back(), inner, 1 + random.below(3));
  }
  body.push_back(std::move(statement));
}

void Generator::maskedLeave(Body &body, Scope &scope) {
  usesWarp = true;
  std::string flag = fresh("c"), gone = fresh("m");
  bool stays = random.chance(40) || *scope.continued;
  std::string text = "const bool " + flag + " = $0; const u32 " + gone + " = __ballot_sync(" +
                     scope.mask + ", " + flag + "); if (" + flag + ") " +
                     (stays ? "continue; " : "break; ") + scope.mask + " &= ~" + gone + ";";
  if (!stays)
    text += " " + scope.loopMask + " &= ~" + gone + ";";
  *scope.continued |= stays;
  body.push_back(simple("{ " + text + " }", {condition()}));
}

void Generator::leave(Body &body, Scope &scope) {
  if (!scope.loopMask.empty())
    return maskedLeave(body, scope);
  std::vector<std::string> ways;
  if (scope.mayBreak)
    ways.push_back("break;");
  if (scope.mayContinue)
    ways.push_back("continue;");
  if (!scope.label.empty())
    ways.push_back("goto " + scope.label + ";");
  if (scope.mayReturn && (ways.empty() ? random.chance(30) : random.chance(50)))
    ways.push_back(scope.inFunction
                       ? returned("$1")
                       : "{ out.words[gid * " + std::to_string(kOutputs) + "] = $1; return; }");
  if (ways.empty())
    return assignment(body, scope);
  std::string way = ways[random.below(unsigned(ways.size()))];
  body.push_back(simple("if ($0) " + way, {condition(), expression(Type::U32, 1)}));
}

} // namespace simt
