// Instruction words: exact round trips, refusal of corrupt words, traps instead of crashes.
#include "isa.h"
#include "op_runner.h"
#include "packed.h"

using namespace npu;
using namespace npu::backend;

namespace {

std::mt19937_64 generator(7);

uint64_t randomBits(unsigned bits) { return generator() >> (64 - bits); }

template <typename Type> void randomise(Type &field, unsigned bits, bool isSigned, unsigned count) {
  uint64_t value = randomBits(bits);
  if (count)
    value %= count;
  if (isSigned && value >> (bits - 1))
    value |= ~((uint64_t(1) << bits) - 1);
  field = Type(value);
}
void randomise(float &field, unsigned, bool, unsigned) { field = float(randomBits(20)) - 1000.0f; }

enum Kind {
  Unsigned,
  Signed,
  Float,
  FormatCode,
  ProductCode,
  VectorFunctionCode,
  ActivationCode,
  ReduceFunctionCode,
  PoolFunctionCode
};
unsigned countOf(Kind kind) {
  const unsigned counts[] = {0,
                             0,
                             0,
                             kFormatCount,
                             kProductCount,
                             unsigned(VectorFunction::Gradient) + 1,
                             kActivationCount,
                             unsigned(ReduceFunction::SumOfSquares) + 1,
                             unsigned(PoolFunction::AverageInside) + 1};
  return counts[kind];
}

std::vector<Instruction> randomInstructions() {
  std::vector<Instruction> all;
#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  {                                                                                                \
    name##Instruction fields;
#define FIELD(type, name, bits, kind, summary)                                                     \
  randomise(fields.name, bits, Kind::kind == Kind::Signed, countOf(Kind::kind));
#define END(name)                                                                                  \
  all.push_back({uint16_t(randomBits(16)), uint16_t(randomBits(16)), fields});                     \
  }
#include "isa.def"
  return all;
}

TEST(Isa, EveryInstructionSurvivesARoundTrip) {
  for (int round = 0; round < 500; ++round)
    for (const Instruction &instruction : randomInstructions()) {
      Word word, again;
      Instruction decoded;
      ASSERT_TRUE(encode(instruction, word));
      Status status = decode(word, decoded);
      ASSERT_TRUE(status) << status.message();
      EXPECT_EQ(disassemble(instruction), disassemble(decoded));
      ASSERT_TRUE(encode(decoded, again));
      EXPECT_EQ(word, again);
      EXPECT_EQ(queueOf(instruction), queueOf(decoded));
    }
}

TEST(Isa, ValuesThatDoNotFitAreRefusedByName) {
  LoadInstruction load;
  load.rows = uint64_t(1) << 24;
  Word word;
  Status status = encode({0, 0, load}, word);
  EXPECT_NE(status.message().find("Load.rows"), std::string::npos) << status.message();
  EXPECT_FALSE(encode(Instruction(), word));
}

TEST(Isa, EveryFlippedBitIsNoticed) {
  Instruction decoded;
  for (const Instruction &instruction : randomInstructions()) {
    Word word;
    ASSERT_TRUE(encode(instruction, word));
    for (unsigned bit = 0; bit < 512; ++bit) {
      Word flipped = word;
      flipped[bit / 64] ^= uint64_t(1) << (bit % 64);
      EXPECT_EQ(decode(flipped, decoded).code(), npuErrorLaunchFailure);
    }
  }
}

TEST(Isa, DisassemblyNamesFieldsAndTokens) {
  MultiplyInstruction multiply;
  multiply.m = 3;
  std::string text = disassemble({kOperandsReady, kAccumulatorReady, multiply});
  EXPECT_EQ(text.substr(0, 12), "Multiply m=3");
  EXPECT_NE(text.find("wait=0x1 signal=0x4"), std::string::npos);
}

NpuConfig smallConfig() {
  NpuConfig config;
  EXPECT_TRUE(parseConfig(R"({"preset": "edge", "scratchpad": {"kib": 16},
                              "accumulator": {"kib": 4}, "multiply_rate": {"tf32": 1, "mxfp8": 1}})",
                          "small", config));
  return config;
}

void fixCheckByte(Word &word) {
  uint8_t fold = 0xa5;
  word[0] &= ~uint64_t(0xff00);
  for (uint64_t part : word)
    for (unsigned shift = 0; shift < 64; shift += 8)
      fold ^= uint8_t(part >> shift);
  word[0] |= uint64_t(fold) << 8;
}

class Fuzz : public testing::Test {
protected:
  Status run(const std::vector<Word> &words) {
    Program program;
    program.words = words;
    program.windows = {{memory.data(), memory.size(), true}, {memory.data(), 64, false}};
    Activity activity;
    Status status = emulator.run(program, activity);
    if (!status) {
      EXPECT_EQ(status.code(), npuErrorLaunchFailure);
      EXPECT_EQ(status.message().substr(0, 9), "NPU trap:");
    }
    return status;
  }
  std::vector<char> memory = std::vector<char>(4096);
  Emulator emulator{smallConfig(), 2};
};

constexpr uint64_t kOpcodes = std::variant_size_v<Operation> - 1;

TEST_F(Fuzz, RandomWordsTrap) {
  for (int round = 0; round < 20000; ++round) {
    Word word;
    for (uint64_t &part : word)
      part = generator();
    if (round % 2) {
      word[0] = (word[0] & ~uint64_t(0xff)) | (1 + randomBits(8) % kOpcodes);
      word[0] &= 0xffff; // wait for nothing
      fixCheckByte(word);
    }
    EXPECT_FALSE(run({word}));
  }
}

// Fields small enough that many instructions run: none may leave the memories.
TEST_F(Fuzz, PlausibleInstructionsRunOrTrap) {
  unsigned ran = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<Word> words;
    for (Instruction instruction : randomInstructions()) {
      auto shrink = [](uint64_t &field) { field = randomBits(64) >> (58 + randomBits(3) % 6); };
#define INSTRUCTION(name, opcode, queue, summary)                                                  \
  if (auto *fields = std::get_if<name##Instruction>(&instruction.operation)) {
#define FIELD(type, name, bits, kind, summary)                                                     \
  if constexpr (Kind::kind == Kind::Unsigned)                                                      \
    if (uint64_t value = 0; true) {                                                                \
      shrink(value);                                                                               \
      if (bits > 1)                                                                                \
        fields->name = decltype(fields->name)(bits < 6 ? value & 1 : value & ~uint64_t(3));        \
    }                                                                                              \
  if constexpr (Kind::kind == Kind::Signed)                                                        \
    fields->name = decltype(fields->name)(int64_t(randomBits(4)) - 4);
#define END(name) }
#include "isa.def"
      instruction.waits = instruction.signals = 0;
      Word word;
      ASSERT_TRUE(encode(instruction, word));
      words.push_back(word);
    }
    for (const Word &word : words)
      ran += run({word}).ok();
  }
  EXPECT_GT(ran, 500u) << "the fuzzer no longer reaches the units";
}

Status runOne(Operation operation, unsigned waits = 0) {
  Emulator emulator(smallConfig(), 1);
  std::vector<char> memory(64);
  Program program;
  program.windows = {{memory.data(), memory.size(), false}};
  program.words.emplace_back();
  EXPECT_TRUE(encode({uint16_t(waits), 0, operation}, program.words[0]));
  Activity activity;
  return emulator.run(program, activity);
}

LoadInstruction smallLoad() {
  LoadInstruction load;
  load.planes = load.rows = 1, load.columns = load.pitch = 16;
  load.columnStride = 1;
  load.from = load.to = Format::F32;
  return load;
}

TEST(Traps, AddressesOutsideTheMemoriesAreNamed) {
  EXPECT_TRUE(runOne(smallLoad()));
  auto expectTrap = [](const Operation &operation, const char *text, unsigned waits = 0) {
    Status status = runOne(operation, waits);
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
  };
  LoadInstruction load = smallLoad();
  load.address = 16 * 1024 - 60;
  expectTrap(load, "exceeds its 16384 bytes");
  load = smallLoad(), load.address = 2;
  expectTrap(load, "not a multiple of the element size");
  load = smallLoad(), load.offset = 4;
  expectTrap(load, "leaves the tensor of window 0");
  load = smallLoad(), load.columnStride = -1;
  expectTrap(load, "leaves the tensor of window 0");
  load = smallLoad(), load.window = 1;
  expectTrap(load, "no tensor has window 1");
  load = smallLoad(), load.rows = 0;
  expectTrap(load, "an extent is zero");
  load = smallLoad(), load.to = Format::Int32;
  expectTrap(load, "DMA cannot turn f32 into int32");
  load = smallLoad(), load.from = Format::C32;
  expectTrap(load, "DMA cannot turn");
  expectTrap(smallLoad(), "waits for a token that none will send", kOperandsFree);
  StoreInstruction store;
  store.planes = store.rows = store.columns = 1;
  store.from = store.to = Format::F32;
  expectTrap(store, "is read-only");
  MultiplyInstruction multiply;
  multiply.m = multiply.n = multiply.k = 64;
  multiply.pitchA = multiply.pitchB = multiply.pitchSums = 64;
  multiply.formatA = multiply.formatB = Format::F32;
  multiply.product = Product::Bf16x9;
  expectTrap(multiply, "accumulator address 0...16384 exceeds its 4096 bytes");
  multiply.product = Product::Bf16;
  expectTrap(multiply, "product bf16 of f32 and f32");
  VectorInstruction vector;
  vector.rows = vector.columns = vector.pitchDst = 8;
  vector.formatDst = Format::Int8;
  expectTrap(vector, "writes no int8");
}

TEST(Traps, PackedRowsBeginWithAByteAndBlocksLieAlongTheDepth) {
  auto expectTrap = [](const Operation &operation, const char *text) {
    Status status = runOne(operation);
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
  };
  LoadInstruction load = smallLoad();
  load.to = Format::Int4;
  EXPECT_TRUE(runOne(load));
  load.address = 16 * 1024 - 7;
  expectTrap(load, "exceeds its 16384 bytes");
  load.address = 1, load.columns = load.pitch = 7;
  expectTrap(load, "begin inside a byte");
  load.to = mxFormat(MxElement::E2M1), load.pitch = 32;
  EXPECT_TRUE(runOne(load));
  load.pitch = 16;
  expectTrap(load, "begin inside a byte or a block");
  load.pitch = 32, load.padLeft = 1;
  expectTrap(load, "begin inside a byte or a block");
  load = smallLoad(), load.from = Format::Int4;
  expectTrap(load, "DMA cannot turn int4 into f32");
  MultiplyInstruction multiply;
  multiply.m = multiply.n = multiply.k = 4;
  multiply.pitchA = multiply.pitchB = 32, multiply.pitchSums = 4;
  multiply.product = Product::Int4, multiply.formatA = multiply.formatB = Format::Int4;
  multiply.pitchA = 5;
  expectTrap(multiply, "begin inside a byte");
  multiply.pitchA = 32, multiply.formatA = mxFormat(MxElement::E4M3);
  expectTrap(multiply, "product int4 of mxfp8_e4m3 and int4");
  multiply.product = Product::MxFp8, multiply.formatB = mxFormat(MxElement::E5M2);
  expectTrap(multiply, "MX blocks must lie along the depth");
  multiply.transposedB = 1;
  EXPECT_TRUE(runOne(multiply));
  multiply.transposedA = 1;
  expectTrap(multiply, "MX blocks must lie along the depth");
  multiply.product = Product::MxFp4;
  multiply.formatA = multiply.formatB = mxFormat(MxElement::E2M1);
  expectTrap(multiply, "this array has no mxfp4 products");
  VectorInstruction vector;
  vector.rows = vector.columns = vector.pitchDst = 8;
  vector.formatDst = Format::Int4;
  expectTrap(vector, "int4 is no format of the scratchpad");
  ConvolveInstruction convolve;
  convolve.m = convolve.k0 = convolve.k1 = convolve.k2 = 1;
  convolve.n0 = convolve.n1 = convolve.n2 = convolve.pitchA = 1;
  convolve.product = Product::Int4, convolve.formatA = convolve.formatB = Format::Int4;
  expectTrap(convolve, "int4 is no format of the scratchpad");
}

TEST(Traps, IndicesOutsideTheTableAreNamed) {
  Emulator emulator(smallConfig(), 1);
  float table[3][2] = {{1, 2}, {3, 4}, {5, 6}}, result[2][2] = {};
  for (int32_t bad : {3, -1, 1 << 30}) {
    int32_t indices[] = {2, bad};
    Program program;
    program.windows = {{reinterpret_cast<char *>(table), sizeof table, false},
                       {reinterpret_cast<char *>(indices), sizeof indices, false},
                       {reinterpret_cast<char *>(result), sizeof result, true}};
    LoadInstruction load;
    load.window = 1, load.planes = load.rows = 1, load.columns = load.pitch = 2;
    load.columnStride = 1, load.from = load.to = Format::Int32;
    GatherInstruction gather;
    gather.limit = 3, gather.rows = gather.columns = gather.pitch = 2;
    gather.rowStride = 2, gather.columnStride = 1, gather.address = 64;
    gather.from = gather.to = Format::F32;
    program.words.resize(2);
    ASSERT_TRUE(encode({0, kIndicesReady, load}, program.words[0]));
    ASSERT_TRUE(encode({kIndicesReady, 0, gather}, program.words[1]));
    Activity activity;
    const Status status = emulator.run(program, activity);
    const std::string what = "index " + std::to_string(bad) + " is outside a table of 3 rows";
    EXPECT_NE(status.message().find(what), std::string::npos) << status.message();
  }
}

TEST(Dma, PadsWithZerosAndKeepsPlanesApart) {
  Emulator emulator(smallConfig(), 1);
  float input[12], output[2 * 4 * 5];
  for (int i = 0; i < 12; ++i)
    input[i] = float(i + 1);
  std::fill(std::begin(output), std::end(output), -1.0f);
  Program program;
  program.windows = {{reinterpret_cast<char *>(input), sizeof input, false},
                     {reinterpret_cast<char *>(output), sizeof output, true}};
  LoadInstruction load;
  load.planes = 2, load.rows = 2, load.columns = 3;
  load.planeStride = 6, load.rowStride = 3, load.columnStride = 1;
  load.padTop = load.padBottom = load.padLeft = load.padRight = 1;
  load.pitch = 5;
  load.from = load.to = Format::F32;
  StoreInstruction store;
  store.window = 1, store.planes = 2, store.rows = 4, store.columns = 5, store.pitch = 5;
  store.planeStride = 20, store.rowStride = 5, store.columnStride = 1;
  store.from = store.to = Format::F32;
  program.words.resize(2);
  ASSERT_TRUE(encode({0, kResultReady, load}, program.words[0]));
  ASSERT_TRUE(encode({kResultReady, 0, store}, program.words[1]));
  Activity activity;
  Status status = emulator.run(program, activity);
  ASSERT_TRUE(status) << status.message();
  for (int plane = 0; plane < 2; ++plane)
    for (int row = 0; row < 4; ++row)
      for (int column = 0; column < 5; ++column) {
        bool inside = row >= 1 && row <= 2 && column >= 1 && column <= 3;
        float want = inside ? input[plane * 6 + (row - 1) * 3 + column - 1] : 0.0f;
        EXPECT_EQ(output[plane * 20 + row * 5 + column], want) << plane << row << column;
      }
}

} // namespace
