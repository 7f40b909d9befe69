// Asks for memory ahead of loops in which a warp walks from one piece to the next, as the warp that
// takes a sparse matrix's row does. A processor's own prefetching loses such walks: each is short,
// its accesses are many instructions apart, and gathers between them keep the next round's loads
// from starting. On a Zen 3 a product of a sparse matrix and a vector took three times as long.
#include "device/pipeline.h"
#include "device/warp/walks.h"

#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace npu {

namespace {

constexpr int64_t kLine = 64;       // bytes
constexpr int64_t kMostBytes = 512; // from round to round; what is further apart has gaps
constexpr int64_t kAhead = 512;     // bytes; 256 to 1024 measured alike
constexpr unsigned kMostLines = 16; // in a round, of all accesses

class Prefetch : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context) && context.kernels[function.getName().str()].isWarp)
        prefetch(function);
  }

private:
  struct Walk {
    Instruction *at;
    Value *pointer;
    int64_t distance;
  };

  static void prefetch(Function &kernel) {
    SmallVector<Walk, 8> walks;
    {
      warp::Walks analyses(kernel);
      for (Loop *loop : analyses.loopsOfKernel().getLoopsInPreorder())
        append_range(walks, walksIn(*loop, analyses));
    }
    for (const Walk &walk : walks)
      prefetch(walk);
  }

  static SmallVector<Walk, 8> walksIn(const Loop &loop, warp::Walks &analyses) {
    SmallVector<Walk, 8> found;
    int64_t lines = 0;
    for (BasicBlock *block : loop.blocks()) {
      if (analyses.loopsOfKernel().getLoopFor(block) != &loop)
        continue; // of a loop inside
      for (Instruction &instruction : *block) {
        Value *pointer =
            instruction.mayReadFromMemory() ? warp::Walks::lanesPointer(instruction) : nullptr;
        int64_t distance = pointer ? analyses.distance(*pointer, loop) : 0;
        if (std::abs(distance) < kLine || std::abs(distance) > kMostBytes)
          continue;
        lines += std::abs(distance) / kLine;
        found.push_back({&instruction, pointer, distance});
      }
    }
    // Many accesses are a sliding window, most of which was there a round ago.
    return lines <= kMostLines ? found : SmallVector<Walk, 8>();
  }

  static void prefetch(const Walk &walk) {
    IRBuilder<> builder(walk.at);
    auto *bytes = builder.getInt8PtrTy(walk.pointer->getType()->getPointerAddressSpace());
    Value *from = builder.CreatePointerCast(walk.pointer, bytes);
    for (int64_t line = 0; line < std::abs(walk.distance); line += kLine) {
      int64_t ahead = walk.distance > 0 ? kAhead + line : -(kAhead + line);
      Value *place = builder.CreateGEP(builder.getInt8Ty(), from, builder.getInt64(ahead));
      const unsigned isRead = 0, isLasting = 3, isData = 1;
      builder.CreateIntrinsic(
          Intrinsic::prefetch, {bytes},
          {place, builder.getInt32(isRead), builder.getInt32(isLasting), builder.getInt32(isData)});
    }
  }
};

} // namespace

std::unique_ptr<DevicePass> makePrefetch() { return std::make_unique<Prefetch>(); }

} // namespace npu
