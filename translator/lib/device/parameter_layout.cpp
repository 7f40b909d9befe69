// See parameter_layout.h.
#include "device/parameter_layout.h"

#include "llvm/IR/DataLayout.h"

using namespace llvm;

namespace npu {

KernelImage::Kernel parameterLayout(const Function &kernel, const DataLayout &target) {
  KernelImage::Kernel row;
  uint64_t offset = 0;
  for (const Argument &argument : kernel.args()) {
    bool byValue = argument.hasByValAttr();
    Type *type = byValue ? argument.getParamByValType() : argument.getType();
    uint64_t size = target.getTypeAllocSize(type);
    Align alignment = target.getABITypeAlign(type);
    if (type->isIntegerTy(128)) // CUDA's; data_layout.h
      alignment = std::max(alignment, Align(16));
    if (byValue && argument.getParamAlign())
      alignment = std::max(alignment, *argument.getParamAlign());
    offset = alignTo(offset, alignment);
    row.parameters.push_back({uint32_t(offset), uint32_t(size)});
    offset += size;
  }
  row.argumentBytes = offset;
  return row;
}

} // namespace npu
