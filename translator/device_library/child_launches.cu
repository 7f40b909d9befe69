// What kernels may ask of the runtime API: launches, copies and fills by kernels, which the runtime
// does when the grid has ended (runtime/src/child_launches.cpp), memory, and the error that a
// thread's calls leave. Streams and events of a kernel say nothing: everything is done in the order
// in which it was asked for, which every stream of a kernel allows.
#include "library.h"

#include "npu/device_services.h"

using namespace npu::services;

LIBRARY ChildQueue __npu_service_children;
LIBRARY LaunchRecord __npu_service_launch;

LIBRARY void __npu_scalar_fail(LaunchRecord *record, unsigned failure, uint64 value);
LIBRARY void *__npu_malloc(uint64 bytes);
LIBRARY void __npu_free(void *memory);
// The thread's last error: variables of the kernel, see passes/thread_state_pass.cpp.
LIBRARY void __npu_write_last_error(int error);
LIBRARY void __npu_read_last_error(int *error);

namespace {

// The runtime API's codes.
enum Error : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kMemoryAllocation = 2,
  kInvalidConfiguration = 9,
  kTooManyLaunches = 69,
};
// Of a stream handle: npuStreamTailLaunch.
constexpr uint64 kTailLaunch = 3;

struct Extents {
  unsigned x, y, z;
};

HELPER int fail(int error) {
  if (error != kSuccess)
    __npu_write_last_error(error);
  return error;
}

HELPER bool isPossible(const Extents &grid, const Extents &block) {
  return grid.x && grid.y && grid.z && grid.x <= 0x7fffffffu && grid.y <= 65535 &&
         grid.z <= 65535 && block.x && block.y && block.z && block.x <= 1024 && block.y <= 1024 &&
         block.z <= 64 && block.x * block.y * block.z <= 1024;
}

} // namespace

// A record with room for `argumentBytes` behind it; null: there is no room, and the launch fails.
LIBRARY __attribute__((noinline)) void *__npu_scalar_child_record(ChildQueue *queue,
                                                                  LaunchRecord *failures,
                                                                  unsigned kind, unsigned isTail,
                                                                  unsigned argumentBytes) {
  unsigned bytes = (sizeof(ChildRecord) + argumentBytes + 15) & ~15u;
  uint64 start = __atomic_fetch_add(&queue->nextByte, bytes, __ATOMIC_RELAXED);
  if (start + bytes > queue->dataBytes) {
    __npu_scalar_fail(failures, kTooManyChildren, 0);
    return nullptr;
  }
  auto *record = reinterpret_cast<ChildRecord *>(reinterpret_cast<char *>(queue + 1) + start);
  record->kind = kind;
  record->bytes = bytes;
  record->isTail = isTail;
  record->argumentBytes = argumentBytes;
  __atomic_fetch_add(&queue->asked, 1, __ATOMIC_RELEASE);
  return record;
}

LIBRARY void __npu_child_launch(uint64 kernel, const void *gridPointer, const void *blockPointer,
                                uint64 sharedBytes, void *stream, const void *arguments,
                                unsigned argumentBytes) {
  const Extents grid = *static_cast<const Extents *>(gridPointer);
  const Extents block = *static_cast<const Extents *>(blockPointer);
  if (!isPossible(grid, block))
    return (void)fail(kInvalidConfiguration);
  auto *record = static_cast<ChildRecord *>(
      __npu_scalar_child_record(&__npu_service_children, &__npu_service_launch, kChildLaunch,
                                reinterpret_cast<uint64>(stream) == kTailLaunch, argumentBytes));
  if (!record)
    return (void)fail(kTooManyLaunches);
  record->kernel = kernel;
  record->sharedBytes = sharedBytes;
  record->grid[0] = grid.x, record->grid[1] = grid.y, record->grid[2] = grid.z;
  record->block[0] = block.x, record->block[1] = block.y, record->block[2] = block.z;
  auto *to = reinterpret_cast<unsigned char *>(record + 1);
  auto *from = static_cast<const unsigned char *>(arguments);
  for (unsigned i = 0; i < argumentBytes; ++i)
    to[i] = from[i];
}

namespace {

HELPER int transfer(ChildKind kind, void *dst, uint64 value, uint64 bytes, void *stream) {
  if (!bytes)
    return kSuccess;
  if (!dst || (kind == kChildCopy && !value))
    return fail(kInvalidValue);
  auto *record = static_cast<ChildRecord *>(
      __npu_scalar_child_record(&__npu_service_children, &__npu_service_launch, kind,
                                reinterpret_cast<uint64>(stream) == kTailLaunch, 0));
  if (!record)
    return fail(kTooManyLaunches);
  record->dst = reinterpret_cast<uint64>(dst);
  record->source = value;
  record->transferBytes = bytes;
  return kSuccess;
}

// Handles are never looked at; they are not null.
HELPER int makeHandle(void **handle) {
  if (!handle)
    return fail(kInvalidValue);
  *handle = reinterpret_cast<void *>(&__npu_service_children);
  return kSuccess;
}

} // namespace

LIBRARY int __npu_device_memcpy_async(void *dst, const void *src, uint64 bytes, int, void *stream) {
  return transfer(kChildCopy, dst, reinterpret_cast<uint64>(src), bytes, stream);
}
LIBRARY int __npu_device_memset_async(void *dst, int value, uint64 bytes, void *stream) {
  return transfer(kChildFill, dst, unsigned(value) & 0xff, bytes, stream);
}

LIBRARY int __npu_device_malloc(void **memory, uint64 bytes) {
  if (!memory)
    return fail(kInvalidValue);
  *memory = bytes ? __npu_malloc(bytes) : nullptr;
  return bytes && !*memory ? fail(kMemoryAllocation) : kSuccess;
}
LIBRARY int __npu_device_free(void *memory) {
  __npu_free(memory);
  return kSuccess;
}

// Until everything that was asked for by now is done: the runtime does it when all blocks of the
// grid wait or have ended (warp/turns.h).
LIBRARY int __npu_device_synchronize() {
  const uint64 asked = __atomic_load_n(&__npu_service_children.asked, __ATOMIC_RELAXED);
  while (*static_cast<volatile uint64 *>(&__npu_service_children.done) < asked) {
  }
  return kSuccess;
}

LIBRARY int __npu_device_stream_create(void **stream, unsigned) { return makeHandle(stream); }
LIBRARY int __npu_device_stream_destroy(void *) { return kSuccess; }
LIBRARY int __npu_device_stream_wait(void *, void *, unsigned) { return kSuccess; }
LIBRARY int __npu_device_event_create(void **event, unsigned) { return makeHandle(event); }
LIBRARY int __npu_device_event_record(void *, void *) { return kSuccess; }
LIBRARY int __npu_device_event_destroy(void *) { return kSuccess; }

LIBRARY int __npu_device_peek_error() {
  int error;
  __npu_read_last_error(&error);
  return error;
}
LIBRARY int __npu_device_last_error() {
  int error = __npu_device_peek_error();
  __npu_write_last_error(kSuccess);
  return error;
}

// Of the errors that a kernel's own calls have; CUDA's texts.
LIBRARY const char *__npu_device_error_string(int error) {
  switch (error) {
  case kSuccess:
    return "no error";
  case kInvalidValue:
    return "invalid argument";
  case kMemoryAllocation:
    return "out of memory";
  case kInvalidConfiguration:
    return "invalid configuration argument";
  case kTooManyLaunches:
    return "launch failed due to pending launch count limit";
  default:
    return "unknown error";
  }
}
LIBRARY const char *__npu_device_error_name(int error) {
  switch (error) {
  case kSuccess:
    return "cudaSuccess";
  case kInvalidValue:
    return "cudaErrorInvalidValue";
  case kMemoryAllocation:
    return "cudaErrorMemoryAllocation";
  case kInvalidConfiguration:
    return "cudaErrorInvalidConfiguration";
  case kTooManyLaunches:
    return "cudaErrorLaunchPendingCountExceeded";
  default:
    return "cudaErrorUnknown";
  }
}
