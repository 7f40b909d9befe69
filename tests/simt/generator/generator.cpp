// The kernel's frame: shape, variables, helper functions, and the hash of everything at the end.
#include "generator.h"

namespace simt {

Generator::Generator(uint64_t seed) : random(seed) { kernel.seed = seed; }

void Generator::chooseShape() {
  constexpr Shape kShapes[] = {
      {32, 1, 1, 1, 1}, {64, 1, 1, 2, 1}, {33, 1, 1, 2, 1},  {7, 1, 1, 3, 1},   {1, 1, 1, 2, 1},
      {32, 4, 1, 2, 1}, {5, 7, 3, 1, 1},  {16, 16, 1, 1, 2}, {100, 1, 1, 1, 1}, {4, 8, 2, 2, 2},
      {64, 2, 1, 1, 1}, {31, 1, 1, 2, 1}, {128, 1, 1, 1, 1}, {8, 4, 1, 3, 1},   {32, 2, 2, 1, 1},
      {3, 3, 3, 2, 1},  {1, 40, 1, 1, 1}, {96, 1, 1, 1, 2},  {2, 2, 33, 1, 1},  {48, 1, 1, 2, 1}};
  constexpr Shape kLarge[] = {
      {1024, 1, 1, 1, 1}, {32, 32, 1, 1, 1}, {999, 1, 1, 1, 1}, {8, 8, 8, 1, 1}};
  if (random.chance(3))
    kernel.shape = kLarge[random.below(4)];
  else
    kernel.shape = kShapes[random.below(sizeof(kShapes) / sizeof(kShapes[0]))];
}

Kernel Generator::generate() {
  chooseShape();
  functionCount = random.below(3);
  for (unsigned i = 0; i < functionCount; ++i)
    kernel.functions.push_back(function(i));

  variables.clear();
  names = 0;
  unsigned count = 3 + random.below(4);
  variables = {{Type::U32, "v0"}, {Type::U64, "v1"}};
  for (unsigned i = 2; i < count; ++i)
    variables.push_back({anyType(), "v" + std::to_string(i)});
  Scope scope;
  scope.uniform = random.chance(70);
  scope.mayReturn = true;
  if (random.chance(65))
    scope.mask = "full";
  Body body;
  // The OpenCL compiler takes most of the time, and more than its share for large kernels.
  budget = random.chance(4) ? 20 + random.below(15) : 3 + random.below(6);
  while (budget > 0)
    statement(body, scope);
  kernel.body = body;
  const std::string text = kernel.text();
  kernel.body.clear();
  declarations(kernel.body, text);
  for (Statement &statement : body)
    kernel.body.push_back(std::move(statement));
  ending(kernel.body, text);
  kernel.usesWarp = usesWarp;
  if (usesDynamicShared)
    kernel.dynamicShared = 4 * kernel.shape.threads();
  return std::move(kernel);
}

// `text`: the program, which needs only what it names.
void Generator::declarations(Body &body, const std::string &text) {
  auto add = [&](const std::string &line) { body.push_back(simple(line)); };
  auto names = [&](const char *word) { return text.find(word) != std::string::npos; };
  if (usesShared) {
    add("__shared__ u32 sharedWords[1024], warpWords[1024], counts[8]; __shared__ u8 "
        "sharedBytes[1024];");
    add("__shared__ u64 sharedLongs[1024]; __shared__ float sharedFloats[1024];");
  }
  if (usesDynamicShared)
    add("extern __shared__ u32 dynamicWords[];");
  add("const u32 t = linearThread(), total = blockThreads() * gridDim.x * gridDim.y;");
  add("const u32 gid = t + blockThreads() * (blockIdx.x + gridDim.x * blockIdx.y);");
  if (usesShared)
    add("sharedWords[t] = warpWords[t] = t; sharedBytes[t] = t; sharedLongs[t] = t; "
        "sharedFloats[t] = t; "
        "for (u32 c = t; c < 8; c += blockThreads()) counts[c] = 0; __syncthreads();");
  if (usesDynamicShared)
    add("dynamicWords[t] = t; __syncthreads();");
  if (roundLoops)
    add("volatile __shared__ u32 roundsLeft[" + std::to_string(1024 * kRoundLoops) + "];");
  if (usesWarp)
    add(random.chance(50) ? "const u32 full = 0xffffffffu;"
                          : "const u32 full = __ballot_sync(0xffffffffu, 1);");
  if (names("array["))
    add("u32 array[8]; for (u32 e = 0; e < 8; ++e) array[e] = in.words[gid * 3 + e];");
  if (names("byteArray["))
    add("u8 byteArray[16]; for (u32 e = 0; e < 16; ++e) byteArray[e] = in.bytes[t + e];");
  if (names("pair"))
    add("Pair pair = {t, record.f, record.c};");
  if (names("four"))
    add("float4 four = make_float4(t, 0.5f, record.f, -1.0f);");
  if (names("two"))
    add("int2 two = make_int2(t, record.a);");
  unsigned number = 0;
  for (const Variable &variable : variables) {
    const char *array = isFloat(variable.type)
                            ? (variable.type == Type::F32 ? "in.floats" : "in.doubles")
                            : "in.words";
    add(std::string(nameOf(variable.type)) + " " + variable.name + " = (" + nameOf(variable.type) +
        ")" + array + "[gid * " + std::to_string(1 + number % 3) + "u + " +
        std::to_string(7 * number) + "u];");
    ++number;
  }
  add("u64 h = 1;");
}

void Generator::ending(Body &body, const std::string &text) {
  auto add = [&](const char *word, const std::string &line) {
    if (text.find(word) != std::string::npos)
      body.push_back(simple(line));
  };
  for (const Variable &variable : variables)
    body.push_back(simple("mix(h, bits(" + variable.name + "));"));
  add("array[", "for (u32 e = 0; e < 8; ++e) mix(h, array[e]);");
  add("byteArray[", "for (u32 e = 0; e < 16; ++e) mix(h, byteArray[e]);");
  add("pair", "mix(h, bits(pair.f) + pair.a + pair.c);");
  add("four", "mix(h, bits(four.x)); mix(h, bits(four.w));");
  add("two", "mix(h, (u64)two.x << 32 | (u32)two.y);");
  body.push_back(simple("out.longs[gid * " + std::to_string(kOutputs) + "] = h;"));
}

// From within the last function.
std::string Generator::returned(const std::string &word) const {
  return computing.back() ? "return Pair{" + word + ", c, pair.c};"
                          : "return (" + word + ") ^ bits(c);";
}

HelperFunction Generator::function(unsigned number) {
  std::vector<Variable> outer = std::move(variables);
  // Functions of numbers alone may stay functions in warp form.
  bool computes = random.chance(50);
  computing.push_back(computes);
  variables = {{Type::U32, "a"},
               {Type::I32, "b"},
               {Type::F32, "c"},
               {Type::U32, "pair.a"},
               {Type::U8, "pair.c"}};
  if (!computes)
    variables.push_back({Type::U64, "*to"});
  inFunction = true;
  names = 1000 * (number + 1);
  HelperFunction result;
  result.head = std::string("__device__ ") + random.of({"", "__noinline__ ", "__forceinline__ "}) +
                (computes ? "Pair f" : "u32 f") + std::to_string(kernel.seed) + "_" +
                std::to_string(number) + "(u32 a, i32 b, float c, Pair pair" +
                (computes ? ")" : ", u64 *to)");
  Scope scope;
  scope.inFunction = true;
  scope.mayReturn = true;
  scope.depth = 1;
  budget = 3 + random.below(6);
  while (budget > 0)
    statement(result.body, scope);
  result.body.push_back(simple(returned("a ^ (u32)b")));
  inFunction = false;
  variables = std::move(outer);
  return result;
}

} // namespace simt
