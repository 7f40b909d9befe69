// Values that go from thread to thread: shared memory between barriers, and warp operations.
#include "generator.h"

namespace simt {

// In one statement, so that no cut takes a barrier away from what it orders.
void Generator::exchange(Body &body, Scope &scope) {
  if (!scope.uniform)
    return assignment(body, scope);
  usesShared = true;
  struct Row {
    const char *array;
    Type type;
  };
  const Row row = random.of<Row>({{"sharedWords", Type::U32},
                                  {"sharedWords", Type::U32},
                                  {"sharedBytes", Type::U8},
                                  {"sharedLongs", Type::U64},
                                  {"sharedFloats", Type::F32},
                                  {"dynamicWords", Type::U32}});
  std::string array = row.array;
  usesDynamicShared |= array == "dynamicWords";
  const Variable &to = target();
  std::string at = random.chance(40)   ? "(t ^ ($1 & 31))"
                   : random.chance(40) ? "(t + ($1 & 63))"
                                       : "$1";
  body.push_back(simple("{ " + array + "[t] = $0; __syncthreads(); " + to.name + " = (" +
                            nameOf(to.type) + ")" + array + "[" + at +
                            " % blockThreads()]; __syncthreads(); }",
                        {expression(row.type, 2), expression(Type::U32, 1)}));
}

void Generator::count(Body &body, Scope &scope) {
  if (!scope.uniform)
    return assignment(body, scope);
  usesShared = true;
  std::string to = targetOf(Type::U32).name;
  if (random.chance(50))
    return body.push_back(simple(
        to + " = __syncthreads_" + random.of({"count", "or", "and"}) + "($0);", {condition()}));
  std::string operation = random.of({"Add", "Max", "Xor"});
  body.push_back(simple("{ __syncthreads(); for (u32 c = t; c < 8; c += blockThreads()) counts[c] "
                        "= 0; __syncthreads(); atomic" +
                            operation + "(&counts[$0 & 7], $1); __syncthreads(); " + to +
                            " = counts[$2 & 7]; __syncthreads(); }",
                        {expression(Type::U32, 1), expression(Type::U32, 2), variable(Type::U32)}));
}

void Generator::blockReduction(Body &body, Scope &scope) {
  if (!scope.uniform)
    return assignment(body, scope);
  usesShared = true;
  std::string step = fresh("s");
  body.push_back(simple("{ sharedWords[t] = $0; __syncthreads(); for (u32 " + step + " = 512; " +
                            step + "; " + step + " >>= 1) { if (t < " + step + " && t + " + step +
                            " < blockThreads()) sharedWords[t] += sharedWords[t + " + step +
                            "]; __syncthreads(); } " + targetOf(Type::U32).name +
                            " ^= sharedWords[0]; __syncthreads(); }",
                        {expression(Type::U32, 2)}));
}

void Generator::warpOperation(Body &body, Scope &scope) {
  if (scope.mask.empty())
    return assignment(body, scope);
  usesWarp = true;
  const std::string &mask = scope.mask;
  std::string word = targetOf(Type::U32).name;
  switch (random.below(8)) {
  case 0:
    return body.push_back(simple(word + " = __ballot_sync(" + mask + ", $0);", {condition()}));
  case 1:
    return body.push_back(
        simple(word + " += " + random.of({"__any_sync(", "__all_sync("}) + mask + ", $0);",
               {condition()}));
  case 2: {
    std::string name = random.of({"add", "min", "max", "and", "or", "xor"});
    Type type = name.size() == 3 && name != "and" && name != "xor" && random.chance(40) ? Type::I32
                                                                                        : Type::U32;
    return body.push_back(
        simple(word + " ^= __reduce_" + name + "_sync(" + mask + ", $0);", {expression(type, 2)}));
  }
  case 3:
    return body.push_back(simple(word + " = __match_any_sync(" + mask + ", $0);",
                                 {Expression{Type::U32, "($0 & 3)", {expression(Type::U32, 2)}}}));
  case 4:
    return body.push_back(
        simple("{ int same; " + word + " = __match_all_sync(" + mask + ", $0, &same) + same; }",
               {random.chance(50) ? uniform() : expression(Type::U32, 1)}));
  default: {
    Type type = random.of({Type::U32, Type::I32, Type::F32, Type::F64, Type::U64, Type::I64});
    if (!hasTarget(type))
      type = Type::U32;
    std::string mode = random.of({"Index", "Up", "Down", "Xor"});
    std::string width = std::to_string(random.of({32, 32, 32, 16, 8, 4, 2}));
    Expression distance = random.chance(50)   ? constant(Type::U32)
                          : random.chance(50) ? uniform()
                                              : expression(Type::U32, 1);
    return body.push_back(simple(targetOf(type).name + " = shuffle" + mode + "<" + nameOf(type) +
                                     ">(" + mask + ", $0, $1, " + width + ");",
                                 {expression(type, 2), distance}));
  }
  }
}

// Lanes of a warp through shared memory, older than shuffles.
void Generator::warpExchange(Body &body, Scope &scope) {
  if (scope.mask.empty())
    return assignment(body, scope);
  usesWarp = usesShared = true;
  std::string live = fresh("live"), from = fresh("from");
  body.push_back(simple("{ const u32 " + live + " = lanesHere(" + scope.mask + "), " + from +
                            " = $1 & 31; warpWords[t] = $0; __syncwarp(" + scope.mask + "); if (" +
                            live + " >> " + from + " & 1) " + targetOf(Type::U32).name +
                            " = warpWords[(t & ~31u) + " + from + "]; __syncwarp(" + scope.mask +
                            "); }",
                        {expression(Type::U32, 2), expression(Type::U32, 1)}));
}

} // namespace simt
