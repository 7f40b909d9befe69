// See function_numbers.h.
#include "device/function_numbers.h"

#include "llvm/IR/Function.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace npu {

static constexpr const char *kUnit = "npu-unit";

void markUnit(Module &module, StringRef unit) {
  for (Function &function : module)
    if (function.hasLocalLinkage())
      function.addFnAttr(kUnit, (function.getName() + "@" + unit).str());
}

uint64_t functionNumber(const Function &function) {
  StringRef local = function.getFnAttribute(kUnit).getValueAsString();
  uint64_t hash = xxHash64(local.empty() ? function.getName() : local);
  return (hash & ~uint64_t(15)) | uint64_t(1) << 63;
}

} // namespace npu
