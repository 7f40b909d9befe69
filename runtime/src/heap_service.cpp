// The memory behind malloc and free in kernels (translator/device_library/heap.cu): made at the
// first launch of a kernel that uses it, and kept, since kernels may free what others allocated.
//
// The limit counts what the program has allocated. The memory is larger by kSpare, because chunks
// keep their size; the system commits only what is touched.
#include "services.h"

#include "npu/device_services.h"

#include "devices.h"

#include <mutex>

namespace npu::core {
namespace {

using services::Heap;

constexpr size_t kDefaultBytes = size_t(8) << 20, kSpare = 4;

struct HeapService {
  std::mutex mutex;
  // All below: under mutex.
  size_t limitBytes = kDefaultBytes;
  Heap *heap = nullptr;
};
HeapService &heapService() {
  static HeapService &instance = *new HeapService;
  return instance;
}

} // namespace

Status provideHeap(Launch &, void **address) {
  std::lock_guard<std::mutex> lock(heapService().mutex);
  if (!heapService().heap) {
    const size_t limit = heapService().limitBytes;
    Device *home = Team::get().memoryHome();
    void *memory = nullptr;
    size_t bytes = 0;
    for (size_t spare : {kSpare, size_t(2)})
      if (!memory && home && limit <= SIZE_MAX / spare - sizeof(Heap)) {
        bytes = limit * spare + sizeof(Heap);
        memory = home->allocate(bytes, 256);
      }
    if (!memory)
      return Status(npuErrorMemoryAllocation, "no memory for the heap of kernels: lower "
                                              "npuLimitMallocHeapSize (" +
                                                  std::to_string(limit) + " bytes)");
    Heap *heap = static_cast<Heap *>(memory);
    *heap = {};
    heap->limitBytes = limit;
    heap->endOffset = bytes;
    heap->nextOffset = (sizeof(Heap) + 15) / 16 * 16;
    heapService().heap = heap;
  }
  *address = heapService().heap;
  return {};
}

Status setHeapBytes(size_t bytes) {
  std::lock_guard<std::mutex> lock(heapService().mutex);
  if (heapService().heap)
    return Status(npuErrorInvalidValue,
                  "npuLimitMallocHeapSize must be set before the first launch that allocates");
  heapService().limitBytes = bytes;
  return {};
}

} // namespace npu::core
