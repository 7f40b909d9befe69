// The interpreter itself: what it computes, and that it sees what has no defined answer.
#include "interpreter/machine.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace simt;

namespace {

const char *const kDeclarations = R"(
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.vote.ballot.sync(i32, i1)
declare i32 @llvm.nvvm.vote.ballot(i1)
@words = addrspace(3) global [64 x i32] undef
)";

// The words that `body`, a kernel @k(i32* %out), leaves in its 64.
std::vector<uint32_t> run(const std::string &body, unsigned threads = 32, uint64_t schedule = 0) {
  llvm::LLVMContext context;
  context.setOpaquePointers(false);
  llvm::SMDiagnostic diagnostic;
  auto module = llvm::parseAssemblyString(kDeclarations + body, diagnostic, context);
  if (!module) {
    diagnostic.print("test", llvm::errs());
    throw Error("the test does not parse");
  }
  Machine::Options options;
  options.schedule = schedule;
  options.limit = 1000000;
  Machine machine(*module, options);
  uint64_t out = machine.allocate(64 * 4);
  std::vector<uint8_t> argument(8);
  std::memcpy(argument.data(), &out, 8);
  machine.launch("k", {}, {threads, 1, 1}, {argument});
  std::vector<uint32_t> words(64);
  std::memcpy(words.data(), machine.contents(out).data(), 256);
  return words;
}

// A kernel that stores the i32 %v, which `code` computes from the thread's number %t.
std::string store(const std::string &code) {
  return "define void @k(i32* %out) {\n  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n" + code +
         "  %p = getelementptr i32, i32* %out, i32 %t\n  store i32 %v, i32* %p\n  ret void\n}\n";
}

std::string errorOf(const std::string &body, unsigned threads = 32) {
  try {
    run(body, threads);
  } catch (const Error &error) {
    return error.what();
  }
  return "none";
}

TEST(Interpreter, GivesPtxResultsWhereLlvmIsUndefined) {
  EXPECT_EQ(run(store("  %v = sdiv i32 7, %t\n"))[0], 0xffffffffu);
  EXPECT_EQ(run(store("  %v = urem i32 7, %t\n"))[0], 7u);
  EXPECT_EQ(run(store("  %a = add i32 %t, 32\n  %v = shl i32 1, %a\n"))[0], 0u);
  EXPECT_EQ(run(store("  %a = add i32 %t, 32\n  %v = ashr i32 -5, %a\n"))[0], 0xffffffffu);
  EXPECT_EQ(run(store("  %f = uitofp i32 %t to float\n  %g = fdiv float -1.0, %f\n"
                      "  %v = fptosi float %g to i32\n"))[0],
            0x80000000u);
}

TEST(Interpreter, ConvertsAndRoundsLikeIeee) {
  auto words = run(store("  %f = uitofp i32 %t to float\n  %g = fdiv float %f, 3.0\n"
                         "  %v = bitcast float %g to i32\n"));
  for (unsigned i = 0; i < 32; ++i) {
    float expected = float(i) / 3.0f;
    EXPECT_EQ(std::memcmp(&words[i], &expected, 4), 0);
  }
}

TEST(Interpreter, ExchangesBetweenLanesThatTakePart) {
  auto words =
      run(store("  %v = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %t, i32 5, i32 31)\n"));
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(words[i], i ^ 5);
}

TEST(Interpreter, WaitsAtABarrierForThreadsThatHaveNotReturned) {
  auto words = run(R"(
define void @k(i32* %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %p = getelementptr [64 x i32], [64 x i32] addrspace(3)* @words, i32 0, i32 %t
  store i32 %t, i32 addrspace(3)* %p
  %early = icmp ugt i32 %t, 40
  br i1 %early, label %return, label %go
go:
  call void @llvm.nvvm.barrier0()
  %from = sub i32 40, %t
  %q = getelementptr [64 x i32], [64 x i32] addrspace(3)* @words, i32 0, i32 %from
  %x = load i32, i32 addrspace(3)* %q
  %r = getelementptr i32, i32* %out, i32 %t
  store i32 %x, i32* %r
  br label %return
return:
  ret void
}
)",
                   64, 3);
  for (unsigned i = 0; i <= 40; ++i)
    EXPECT_EQ(words[i], 40 - i);
}

// Lanes 0 to 7 and the others meet again behind the branch; within it they do not.
TEST(Interpreter, JoinsLanesAgainBehindABranch) {
  auto words = run(R"(
define void @k(i32* %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %low = icmp ult i32 %t, 8
  br i1 %low, label %inside, label %join
inside:
  %a = call i32 @llvm.nvvm.vote.ballot(i1 true)
  br label %join
join:
  %b = phi i32 [ 0, %0 ], [ %a, %inside ]
  %c = call i32 @llvm.nvvm.vote.ballot(i1 true)
  %v = sub i32 %c, %b
  %p = getelementptr i32, i32* %out, i32 %t
  store i32 %v, i32* %p
  ret void
}
)");
  EXPECT_EQ(words[3], 0xffffffffu - 0xff);
  EXPECT_EQ(words[20], 0xffffffffu);
}

TEST(Interpreter, RefusesAccessesOutsideOfAnObject) {
  EXPECT_NE(
      errorOf(store("  %q = getelementptr i32, i32* %out, i32 64\n  %v = load i32, i32* %q\n"))
          .find("outside of its object at global"),
      std::string::npos);
  EXPECT_NE(errorOf(store("  %v = load i32, i32* null\n")).find("outside of memory"),
            std::string::npos);
}

TEST(Interpreter, RefusesSignedOverflow) {
  EXPECT_NE(errorOf(store("  %v = add nsw i32 2147483640, %t\n")).find("signed overflow"),
            std::string::npos);
}

TEST(Interpreter, SeesThatLanesWaitForEver) {
  std::string body = R"(
define void @k(i32* %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %low = icmp ult i32 %t, 8
  br i1 %low, label %inside, label %join
inside:
  %a = call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 true)
  br label %join
join:
  call void @llvm.nvvm.barrier0()
  ret void
}
)";
  EXPECT_NE(errorOf(body).find("lanes that do not come"), std::string::npos);
}

// A race, and a shuffle from a lane that does not take part: other schedules give other answers.
TEST(Interpreter, ShowsUndefinedAnswersByOtherSchedules) {
  std::string race = store("  store i32 %t, i32* %out\n  %v = load i32, i32* %out\n");
  EXPECT_NE(run(race, 32, 0), run(race, 32, 1));
  std::string absent =
      store("  %v = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %t, i32 20, i32 31)\n");
  EXPECT_NE(run(absent, 16, 0), run(absent, 16, 1));
}

} // namespace
