// Inline assembly becomes LLVM IR and calls of the device library (ptx/lower.h). Runs first, so
// that what it makes is defined, linked and optimised like any other code. Empty strings stay: they
// are compiler barriers.
#include "device/pipeline.h"
#include "device/ptx/lower.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

class InlinePtx : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<CallInst *> calls;
    for (Function &function : module)
      for (Instruction &instruction : instructions(function))
        if (auto *call = dyn_cast<CallInst>(&instruction); call && call->isInlineAsm())
          if (!StringRef(cast<InlineAsm>(call->getCalledOperand())->getAsmString()).trim().empty())
            calls.push_back(call);
    for (CallInst *call : calls)
      ptx::Lowering(*call, context).run();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeInlinePtx() { return std::make_unique<InlinePtx>(); }

} // namespace npu
