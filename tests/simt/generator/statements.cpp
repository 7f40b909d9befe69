// Statements without control flow of their own.
#include "generator.h"

namespace simt {

Statement Generator::simple(std::string text, std::vector<Expression> parts) {
  return {{std::move(text)}, std::move(parts), {}};
}

const Generator::Variable &Generator::target() {
  return variables[random.below(unsigned(variables.size()))];
}

bool Generator::hasTarget(Type type) const {
  for (const Variable &variable : variables)
    if (variable.type == type)
      return true;
  return false;
}

// Every kernel and function has a u32.
const Generator::Variable &Generator::targetOf(Type type) {
  std::vector<const Variable *> of;
  for (const Variable &variable : variables)
    if (variable.type == type)
      of.push_back(&variable);
  return *of[random.below(unsigned(of.size()))];
}

void Generator::assignment(Body &body, Scope &) {
  const Variable &to = target();
  body.push_back(simple(to.name + " = $0;", {expression(to.type, 1 + random.below(3))}));
}

void Generator::output(Body &body, Scope &scope) {
  if (scope.inFunction)
    return assignment(body, scope);
  std::string slot = std::to_string(2 + random.below(kOutputs - 2));
  bool columns = random.chance(50);
  std::string at =
      columns ? slot + " * total + gid" : "gid * " + std::to_string(kOutputs) + " + " + slot;
  switch (random.below(3)) {
  case 0:
    return body.push_back(simple(
        "out.words" + std::string(columns ? "[total * " + std::to_string(kOutputs) + " + " : "[") +
            at + "] = $0;",
        {expression(Type::U32, 2)}));
  case 1:
    return body.push_back(simple(
        "out.bytes" + std::string(columns ? "[total * " + std::to_string(kOutputs) + " + " : "[") +
            at + "] = $0;",
        {expression(Type::U8, 2)}));
  default:
    return body.push_back(simple(
        "out.longs" + std::string(columns ? "[total * " + std::to_string(kOutputs) + " + " : "[") +
            at + "] = bits($0);",
        {expression(random.of({Type::F64, Type::F32, Type::U64}), 2)}));
  }
}

void Generator::parts(Body &body, Scope &scope) {
  if (scope.inFunction)
    return assignment(body, scope);
  switch (random.below(8)) {
  case 0:
    return body.push_back(
        simple("array[$0 & 7] = $1;", {expression(Type::U32, 2), expression(Type::U32, 2)}));
  case 1:
    return body.push_back(
        simple("byteArray[$0 & 15] += $1;", {expression(Type::U32, 1), expression(Type::U8, 2)}));
  case 2:
    return body.push_back(simple(std::string("four.") + random.of({"x", "y", "z", "w"}) + " = $0;",
                                 {expression(Type::F32, 2)}));
  case 3:
    return body.push_back(simple(
        "{ const Pair other = {$0, $1, $2}; pair = $3 ? other : pair; }",
        {expression(Type::U32, 1), expression(Type::F32, 1), expression(Type::U8, 1), boolean(1)}));
  case 4:
    return body.push_back(simple("two = make_int2($0, two.x);", {expression(Type::I32, 2)}));
  case 5:
    return body.push_back(
        simple("four = *reinterpret_cast<const float4 *>(in.floats + 4 * ($0 & 255));",
               {expression(Type::U32, 1)}));
  case 6: {
    std::string to = targetOf(Type::U64).name;
    return body.push_back(simple("for (u32 e = 0; e < 8; ++e) mix(" + to + ", array[e]);"));
  }
  default: {
    // Through a pointer that differs between threads.
    return body.push_back(simple("{ u32 *p = $0 ? array : &array[3]; *p ^= $1; }",
                                 {boolean(2), expression(Type::U32, 1)}));
  }
  }
}

void Generator::callFunction(Body &body, Scope &scope) {
  if (scope.inFunction || functionCount == 0 || !hasTarget(Type::U64))
    return assignment(body, scope);
  unsigned number = random.below(functionCount);
  std::string name = "f" + std::to_string(kernel.seed) + "_" + std::to_string(number);
  if (computing[number])
    return body.push_back(
        simple("{ Pair made = " + name + "($0, $1, $2, pair); " + targetOf(Type::U32).name +
                   " = made.a ^ (u32)bits(made.f) ^ made.c; }",
               {expression(Type::U32, 2), expression(Type::I32, 2), expression(Type::F32, 2)}));
  body.push_back(
      simple(targetOf(Type::U32).name + " = " + name + "($0, $1, $2, pair, &" +
                 targetOf(Type::U64).name + ");",
             {expression(Type::U32, 2), expression(Type::I32, 2), expression(Type::F32, 2)}));
}

// Lanes that are off have addresses outside of memory.
void Generator::guardedRead(Body &body, Scope &scope) {
  if (scope.inFunction)
    return assignment(body, scope);
  std::string low = std::to_string(1 + random.below(40));
  const Variable &to = target();
  const char *array =
      isFloat(to.type) ? "in.floats" : random.of({"in.words", "in.bytes", "in.longs"});
  std::string scale = random.of({"", " * 8u"});
  body.push_back({{"if (t >= " + low + "u) {", "}"},
                  {},
                  {{simple(to.name + " = (" + nameOf(to.type) + ")" + array + "[(t - " + low +
                           "u)" + scale + "];")}}});
}

void Generator::atomic(Body &body, Scope &scope) {
  if (scope.inFunction)
    return assignment(body, scope);
  struct Row {
    const char *name;
    unsigned place; // of eight
  };
  const Row row =
      random.of<Row>({{"Add", 0}, {"Min", 1}, {"Max", 2}, {"And", 3}, {"Or", 4}, {"Xor", 5}});
  std::string at = "[" + std::to_string(8 * row.place) + " + ($0 & 7)]";
  Expression place = random.chance(50) ? uniform() : expression(Type::U32, 1);
  switch (random.below(6)) {
  case 0:
  case 1:
    return body.push_back(simple("atomic" + std::string(row.name) + "(&sums.words" + at + ", $1);",
                                 {place, expression(Type::U32, 2)}));
  case 2:
    return body.push_back(simple("atomic" + std::string(row.name) + "(&sums.longs" + at + ", $1);",
                                 {place, expression(Type::U64, 2)}));
  case 3:
    return body.push_back(simple("atomicInc(&sums.words[48 + ($0 & 7)], 0xffffffffu);", {place}));
  case 4:
    return body.push_back(simple(random.chance(50) ? "atomicMin((i32 *)&sums.words[56], $0);"
                                                   : "atomicMax((i32 *)&sums.words[57], $0);",
                                 {expression(Type::I32, 2)}));
  default: // small whole numbers add without rounding
    return body.push_back(simple("atomicAdd(&sums.floats[$0 & 7], (float)($1 & 15));",
                                 {place, expression(Type::U32, 1)}));
  }
}

// On the thread's own word: the old value is defined.
void Generator::ownAtomic(Body &body, Scope &scope) {
  if (scope.inFunction)
    return assignment(body, scope);
  std::string to = targetOf(Type::U32).name;
  std::string own = "&out.words[gid * " + std::to_string(kOutputs) + " + 1]";
  if (random.chance(40))
    return body.push_back(simple(to + " = atomicCAS(" + own + ", $0 & 3, $1);",
                                 {expression(Type::U32, 1), expression(Type::U32, 1)}));
  std::string name =
      random.of({"Exch", "Add", "Sub", "Min", "Max", "And", "Or", "Xor", "Inc", "Dec"});
  body.push_back(
      simple(to + " = atomic" + name + "(" + own + ", $0);", {expression(Type::U32, 2)}));
}

void Generator::statement(Body &body, Scope &scope) {
  if (budget == 0)
    return;
  --budget;
  bool compound = scope.depth < 4 && budget > 2;
  switch (random.below(compound ? 43 : 18)) {
  case 0:
  case 1:
  case 2:
  case 3:
  case 4:
    return assignment(body, scope);
  case 5:
  case 6:
    return output(body, scope);
  case 7:
  case 8:
    return parts(body, scope);
  case 9:
    return callFunction(body, scope);
  case 10:
    return guardedRead(body, scope);
  case 11:
  case 12:
    return atomic(body, scope);
  case 13:
    return ownAtomic(body, scope);
  case 14:
  case 15:
    return leave(body, scope);
  case 16:
  case 17:
  case 18:
  case 19:
    return warpOperation(body, scope);
  case 20:
    return warpExchange(body, scope);
  case 21:
  case 22:
    return exchange(body, scope);
  case 23:
    return count(body, scope);
  case 24:
    return blockReduction(body, scope);
  case 25:
  case 26:
  case 27:
  case 28:
    return branch(body, scope);
  case 29:
  case 30:
  case 31:
    return uniformLoop(body, scope);
  case 32:
  case 33:
  case 34:
    return scope.mask.empty() ? freeLoop(body, scope) : maskedLoop(body, scope);
  case 35:
  case 36:
    return freeLoop(body, scope);
  case 37:
  case 38:
    return choice(body, scope);
  case 39:
  case 40:
  case 41:
    return rounds(body, scope);
  default:
    return jumps(body, scope);
  }
}

void Generator::statements(Body &body, Scope &scope, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    statement(body, scope);
}

} // namespace simt
