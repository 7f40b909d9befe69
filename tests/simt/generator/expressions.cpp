#include "generator.h"

namespace simt {

namespace {

bool isWide(Type type) { return type == Type::I64 || type == Type::U64; }
bool isSigned(Type type) {
  return type == Type::I8 || type == Type::I16 || type == Type::I32 || type == Type::I64;
}
// Through a function: Clang makes what C++ leaves undefined of a constant's conversion poison
// before any pass of ours sees it.
std::string cast(Type type, const std::string &text) {
  return std::string("castTo<") + nameOf(type) + ">(" + text + ")";
}

} // namespace

Type Generator::integerType() {
  return random.of({Type::I32, Type::U32, Type::U32, Type::I32, Type::I8, Type::U8, Type::I16,
                    Type::U16, Type::I64, Type::U64});
}
Type Generator::anyType() {
  return random.chance(25) ? random.of({Type::F32, Type::F32, Type::F64}) : integerType();
}

Expression Generator::constant(Type type) {
  if (isFloat(type)) {
    const char *text = random.of({"0.0", "1.0", "-1.5", "0.1", "3.0e9", "-7.25", "1e-40", "1e30"});
    return {type, std::string(text) + (type == Type::F32 ? "f" : ""), {}};
  }
  int64_t small = int64_t(random.below(20)) - 4;
  int64_t value = random.chance(70) ? small : int64_t(random.next());
  if (type == Type::Bool)
    return {type, random.chance(50) ? "true" : "false", {}};
  return {type, cast(type, std::to_string(uint64_t(value)) + "ull"), {}};
}

Expression Generator::variable(Type type) {
  std::vector<std::string> of;
  for (const Variable &variable : variables)
    if (variable.type == type)
      of.push_back(variable.name);
  if (!of.empty() && random.chance(80))
    return {type, of[random.below(unsigned(of.size()))], {}};
  if (!counters.empty() && random.chance(40))
    return {type, cast(type, counters[random.below(unsigned(counters.size()))]), {}};
  if (variables.empty())
    return constant(type);
  return {type, cast(type, variables[random.below(unsigned(variables.size()))].name), {}};
}

// Mostly an arithmetic progression over lanes, that may wrap in a narrow type. The pointers are in
// the middle of arrays of 2^17 elements.
Expression Generator::index() {
  std::string thread = random.of({"t", "t", "threadIdx.x", "gid", "(t & 31)"});
  std::string factor = std::to_string(random.of({1u, 1u, 1u, 2u, 3u, 4u, 255u, 65535u}));
  Expression added = random.chance(40) ? uniform() : constant(Type::U32);
  std::string sum = thread + " * " + factor + "u + $0";
  switch (random.below(8)) {
  case 0:
    return {Type::I32, "(u8)(" + sum + ")", {added}};
  case 1:
    return {Type::I32, "(i8)(" + sum + ")", {added}};
  case 2:
    return {Type::I32, "(u16)(" + sum + ")", {added}};
  case 3:
    return {Type::I32, "(i16)(" + sum + ")", {added}};
  case 4:
    return {Type::I32, "((i32)" + thread + " - " + std::to_string(random.below(40)) + ")", {}};
  case 5:
    return {Type::I32, "((" + sum + ") & 1023)", {added}};
  case 6:
    return {Type::I32, "($0 & 4095)", {variable(Type::U32)}};
  default:
    return {Type::I32, "(" + thread + " + ($0 & 255))", {added}};
  }
}

Expression Generator::input(Type type) {
  if (inFunction)
    return constant(type);
  struct Row {
    Type type;
    const char *array;
  };
  const Row row = random.of<Row>({{Type::U32, "in.words"},
                                  {Type::U8, "in.bytes"},
                                  {Type::I16, "in.shorts"},
                                  {Type::U64, "in.longs"},
                                  {Type::F32, "in.floats"},
                                  {Type::F64, "in.doubles"}});
  if (isFloat(row.type) != isFloat(type))
    return random.chance(50) ? Expression{type, cast(type, "table[$0 & 63]"), {variable(Type::U32)}}
                             : Expression{type, cast(type, "shortTable[$0 & 7]"), {index()}};
  std::string text = std::string(row.array) + "[$0]";
  if (random.chance(15))
    text = std::string("__ldg(") + row.array + " + $0)";
  return {type, cast(type, text), {index()}};
}

Expression Generator::leaf(Type type) {
  if (type == Type::Bool)
    return {type, "($0 & 1)", {variable(Type::U32)}};
  switch (random.below(10)) {
  case 0:
  case 1:
    return constant(type);
  case 2:
  case 3:
    return input(type);
  case 4:
    if (inFunction)
      return variable(type);
    if (isFloat(type))
      return {
          type, cast(type, random.of({"record.f", "record.d", "four.x", "four.w", "pair.f"})), {}};
    return {type,
            cast(type,
                 random.of({"t", "gid", "threadIdx.x", "threadIdx.y", "record.a", "record.c",
                            "record.h[2]", "record.q", "pair.a", "pair.c", "two.x", "blockIdx.x"})),
            {}};
  case 5:
    if (!inFunction && !isFloat(type))
      return {type,
              cast(type, random.of({"array[$0 & 7]", "byteArray[$0 & 15]"})),
              {variable(Type::U32)}};
    return variable(type);
  default:
    return variable(type);
  }
}

Expression Generator::expression(Type type, unsigned depth) {
  if (depth == 0 || random.chance(15))
    return leaf(type);
  if (type == Type::Bool)
    return boolean(depth);
  if (random.chance(8))
    return {type,
            "($0 ? $1 : $2)",
            {boolean(depth - 1), expression(type, depth - 1), expression(type, depth - 1)}};
  return isFloat(type) ? floating(type, depth) : integer(type, depth);
}

Expression Generator::boolean(unsigned depth) {
  if (depth == 0)
    return leaf(Type::Bool);
  switch (random.below(8)) {
  case 0:
    return {Type::Bool, "($0 && $1)", {boolean(depth - 1), boolean(depth - 1)}};
  case 1:
    return {Type::Bool, "($0 || $1)", {boolean(depth - 1), boolean(depth - 1)}};
  case 2:
    return {Type::Bool, "!$0", {boolean(depth - 1)}};
  case 3: {
    // A condition with an effect: whether it is evaluated shows.
    std::vector<const Variable *> integers;
    for (const Variable &variable : variables)
      if (!isFloat(variable.type))
        integers.push_back(&variable);
    if (!integers.empty()) {
      const Variable &of = *integers[random.below(unsigned(integers.size()))];
      return {Type::Bool, "bump(" + of.name + ", $0)", {expression(of.type, 0)}};
    }
    return leaf(Type::Bool);
  }
  default: {
    Type type = anyType();
    std::string relation = random.of({"<", "<=", ">", ">=", "==", "!="});
    if (random.chance(30))
      return {Type::Bool,
              "(($0 & 7) " + relation + " " + std::to_string(random.below(7)) + "u)",
              {expression(Type::U32, depth - 1)}};
    return {Type::Bool,
            "($0 " + relation + " $1)",
            {expression(type, depth - 1), expression(type, depth - 1)}};
  }
  }
}

Expression Generator::integer(Type type, unsigned depth) {
  std::string word = isWide(type) ? "u64" : "u32", number = isWide(type) ? "i64" : "i32";
  auto two = [&](const std::string &text) {
    return Expression{
        type, cast(type, text), {expression(type, depth - 1), expression(type, depth - 1)}};
  };
  switch (random.below(16)) {
  case 0:
  case 1:
  case 2:
    return two("(" + word + ")$0 + (" + word + ")$1");
  case 3:
    return two("(" + word + ")$0 - (" + word + ")$1");
  case 4:
  case 5:
    return two("(" + word + ")$0 * (" + word + ")$1");
  case 6:
    return two(std::string("$0 ") + random.of({"&", "|", "^"}) + " $1");
  case 7: // any divisor
    return {type,
            cast(type, std::string("$0 ") + random.of({"/", "%"}) + " $1"),
            {expression(type, depth - 1), variable(type)}};
  case 8:
    return {type,
            cast(type, std::string("$0 ") + random.of({"/", "%"}) + " " +
                           cast(type, std::to_string(2 + random.below(30)))),
            {expression(type, depth - 1)}};
  case 9: // any distance
    return {type,
            cast(type, "(" + (isSigned(type) && random.chance(50) ? number : word) + ")$0 " +
                           random.of({"<<", ">>"}) + " $1"),
            {expression(type, depth - 1), variable(Type::U32)}};
  case 10:
    return {type,
            cast(type, "(" + (isSigned(type) ? number : word) + ")$0 " + random.of({"<<", ">>"}) +
                           " ($1 & " + (isWide(type) ? "63" : "31") + ")"),
            {expression(type, depth - 1), expression(Type::U32, depth - 1)}};
  case 11: // any number, from any type
    return {type, cast(type, "$0"), {expression(anyType(), depth - 1)}};
  case 12:
    return {type,
            cast(type, random.chance(50) ? "~$0" : "(" + word + ")0 - (" + word + ")$0"),
            {expression(type, depth - 1)}};
  case 13:
    return {type, cast(type, "$0"), {boolean(depth - 1)}};
  default:
    return integerFunction(type, depth);
  }
}

Expression Generator::integerFunction(Type type, unsigned depth) {
  auto word = [&] { return expression(Type::U32, depth - 1); };
  auto number = [&] { return expression(Type::I32, depth - 1); };
  auto wide = [&] { return expression(Type::U64, depth - 1); };
  switch (random.below(12)) {
  case 0:
    return {type, cast(type, "__popc($0)"), {word()}};
  case 1:
    return {type, cast(type, "__clz($0)"), {number()}};
  case 2:
    return {type, cast(type, "__brev($0)"), {word()}};
  case 3:
    return {type, cast(type, "__ffs($0)"), {number()}};
  case 4:
    return {type, cast(type, "__popcll($0)"), {wide()}};
  case 5:
    return {type, cast(type, "__byte_perm($0, $1, $2)"), {word(), word(), word()}};
  case 6:
    return {type, cast(type, "__umulhi($0, $1)"), {word(), word()}};
  case 7:
    return {type, cast(type, "__mulhi($0, $1)"), {number(), number()}};
  case 8:
    return {type, cast(type, "min($0, $1)"), {number(), number()}};
  case 9:
    return {type, cast(type, "max($0, $1)"), {word(), word()}};
  case 10:
    return {type, cast(type, "__umul64hi($0, $1)"), {wide(), wide()}};
  default:
    return {type, cast(type, "__clzll($0)"), {expression(Type::I64, depth - 1)}};
  }
}

Expression Generator::floating(Type type, unsigned depth) {
  std::string f = type == Type::F32 ? "f" : "", zero = type == Type::F32 ? "0.0f" : "0.0";
  auto operand = [&] { return expression(type, depth - 1); };
  switch (random.below(12)) {
  case 0:
  case 1:
    return {type, "($0 + $1)", {operand(), operand()}};
  case 2:
    return {type, "($0 - $1)", {operand(), operand()}};
  case 3:
  case 4:
    return {type, "($0 * $1)", {operand(), operand()}};
  case 5:
    return {type, "($0 / $1)", {operand(), operand()}};
  case 6:
    return {type, "fma" + f + "($0, $1, $2)", {operand(), operand(), operand()}};
  case 7:
    return {type,
            random.of({"sqrt", "fabs", "floor", "ceil", "trunc", "rint"}) + f + "($0)",
            {operand()}};
  case 8: // which of two zeros is less is not defined
    return {type,
            "(" + zero + " + " + random.of({"fmin", "fmax"}) + f + "($0, $1))",
            {operand(), operand()}};
  case 9:
    return {
        type, cast(type, "$0"), {expression(type == Type::F32 ? Type::F64 : Type::F32, depth - 1)}};
  case 10:
    if (type == Type::F32)
      return {type, "__half2float(__float2half($0))", {operand()}};
    return {type, "-($0)", {operand()}};
  default:
    return {type, cast(type, "$0"), {expression(integerType(), depth - 1)}};
  }
}

Expression Generator::uniform() {
  if (!uniformCounters.empty() && random.chance(40))
    return {Type::U32, uniformCounters[random.below(unsigned(uniformCounters.size()))], {}};
  std::string number = std::to_string(random.below(60));
  switch (random.below(7)) {
  case 0:
    return {Type::U32, inFunction ? number + "u" : "n", {}};
  case 1:
    return {Type::U32, "blockIdx.x", {}};
  case 2:
    return {Type::U32, inFunction ? "table[" + number + "]" : "in.words[" + number + "]", {}};
  case 3:
    return {Type::U32, "table[" + number + "]", {}};
  case 4:
    return {Type::U32, "($0 + $1)", {uniform(), constant(Type::U32)}};
  case 5:
    return {Type::U32, "blockDim.x", {}};
  default:
    return constant(Type::U32);
  }
}

Expression Generator::uniformCondition() {
  std::string relation = random.of({"<", ">", "==", "!="});
  return {Type::Bool,
          "(($0 & 3) " + relation + " " + std::to_string(random.below(4)) + "u)",
          {uniform()}};
}

} // namespace simt
