#include "scratch.h"

#include "memory.h"

namespace npu::core {

Status allocateScratch(size_t bytes, std::shared_ptr<void> &memory) {
  void *pointer = nullptr;
  if (Status bad = allocateMemory(MemoryKind::Device, bytes, 0, &pointer); !bad.ok())
    return bad;
  memory.reset(pointer, [](void *last) { (void)freeMemoryNow(last, false); });
  return {};
}

} // namespace npu::core
