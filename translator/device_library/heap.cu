// malloc and free in kernels. Free chunks of a size are a stack (Treiber: "Systems Programming:
// Coping with Parallelism", 1986) whose head carries a count against reuse between a read and its
// exchange; no thread ever waits for another. A header before each chunk says what it is.
#include "library.h"

#include "npu/device_services.h"

using namespace npu::services;

LIBRARY Heap __npu_service_heap;
LIBRARY LaunchRecord __npu_service_launch;

LIBRARY void __npu_scalar_fail(LaunchRecord *record, unsigned failure, uint64 value);

namespace {

constexpr unsigned kAllocated = 0xa110ca7eu, kFree = 0xf4eef4eeu;

struct Chunk {
  unsigned state;
  unsigned size;        // index of the heap's lists
  uint64 chargedOrNext; // allocated: bytes of the limit; free: the next one's offset / 16
};
static_assert(sizeof(Chunk) == 16, "what follows is aligned to 16 bytes");

HELPER Chunk *chunkAt(Heap *heap, uint64 offset) {
  return reinterpret_cast<Chunk *>(reinterpret_cast<char *>(heap) + offset);
}

// Sizes are 2^k (index 2k) and 1.5 * 2^k (index 2k + 1), from 32 on.
HELPER unsigned sizeIndex(uint64 bytes) {
  if (bytes <= 32)
    return 10;
  unsigned k = 63 - __builtin_clzll(bytes - 1);
  return bytes <= (3ull << (k - 1)) ? 2 * k + 1 : 2 * (k + 1);
}
HELPER uint64 chunkBytes(unsigned index) {
  uint64 whole = 1ull << (index / 2);
  return index % 2 ? whole + whole / 2 : whole;
}

HELPER Chunk *takeFree(Heap *heap, unsigned size) {
  uint64 head = __atomic_load_n(&heap->lists[size], __ATOMIC_ACQUIRE);
  while (unsigned(head)) {
    Chunk *chunk = chunkAt(heap, (head & 0xffffffffu) * 16);
    uint64 next = __atomic_load_n(&chunk->chargedOrNext, __ATOMIC_RELAXED) & 0xffffffffu;
    uint64 replacement = (((head >> 32) + 1) << 32) | next;
    if (__atomic_compare_exchange_n(&heap->lists[size], &head, replacement, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
      return chunk;
  }
  return nullptr;
}

HELPER Chunk *takeNew(Heap *heap, unsigned size) {
  uint64 bytes = chunkBytes(size), end = heap->endOffset;
  uint64 offset = __atomic_load_n(&heap->nextOffset, __ATOMIC_RELAXED);
  do
    if (bytes > end - offset)
      return nullptr;
  while (!__atomic_compare_exchange_n(&heap->nextOffset, &offset, offset + bytes, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  Chunk *chunk = chunkAt(heap, offset);
  chunk->size = size;
  return chunk;
}

HELPER bool charge(Heap *heap, uint64 bytes) {
  uint64 used = __atomic_load_n(&heap->usedBytes, __ATOMIC_RELAXED);
  do
    if (bytes > heap->limitBytes - used)
      return false;
  while (!__atomic_compare_exchange_n(&heap->usedBytes, &used, used + bytes, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return true;
}

} // namespace

LIBRARY __attribute__((noinline)) void *__npu_scalar_malloc(Heap *heap, uint64 bytes) {
  if (bytes > heap->limitBytes)
    return nullptr;
  uint64 charged = ((bytes + 15) & ~15ull) + sizeof(Chunk);
  if (!charge(heap, charged))
    return nullptr;
  unsigned size = sizeIndex(charged);
  Chunk *chunk = takeFree(heap, size);
  if (!chunk)
    chunk = takeNew(heap, size);
  for (unsigned larger = size + 1; !chunk && larger < kHeapSizes; ++larger)
    chunk = takeFree(heap, larger);
  if (!chunk) {
    __atomic_fetch_sub(&heap->usedBytes, charged, __ATOMIC_RELAXED);
    return nullptr;
  }
  __atomic_store_n(&chunk->chargedOrNext, charged, __ATOMIC_RELAXED);
  __atomic_store_n(&chunk->state, kAllocated, __ATOMIC_RELEASE);
  return chunk + 1;
}

LIBRARY __attribute__((noinline)) void __npu_scalar_free(Heap *heap, LaunchRecord *record,
                                                         void *memory) {
  if (!memory)
    return;
  uint64 address = reinterpret_cast<uint64>(memory);
  uint64 offset = address - reinterpret_cast<uint64>(heap) - sizeof(Chunk);
  bool isInside = address % 16 == 0 && offset >= sizeof(Heap) &&
                  offset < __atomic_load_n(&heap->nextOffset, __ATOMIC_RELAXED);
  Chunk *chunk = chunkAt(heap, offset);
  unsigned state = kAllocated;
  if (!isInside ||
      !__atomic_compare_exchange_n(&chunk->state, &state, kFree, false, __ATOMIC_ACQ_REL,
                                   __ATOMIC_RELAXED) ||
      chunk->size >= kHeapSizes)
    return __npu_scalar_fail(record, kInvalidFree, address);
  __atomic_fetch_sub(&heap->usedBytes, chunk->chargedOrNext, __ATOMIC_RELAXED);
  uint64 *list = &heap->lists[chunk->size];
  uint64 head = __atomic_load_n(list, __ATOMIC_RELAXED), replacement;
  do {
    __atomic_store_n(&chunk->chargedOrNext, head & 0xffffffffu, __ATOMIC_RELAXED);
    replacement = (((head >> 32) + 1) << 32) | (offset / 16);
  } while (!__atomic_compare_exchange_n(list, &head, replacement, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED));
}

LIBRARY void *__npu_malloc(uint64 bytes) { return __npu_scalar_malloc(&__npu_service_heap, bytes); }
LIBRARY void __npu_free(void *memory) {
  __npu_scalar_free(&__npu_service_heap, &__npu_service_launch, memory);
}
