// Which side of a copy is whose: the direction that the program states is checked against the
// memory map, because a host pointer where a device pointer belongs is its commonest mistake.
#include "transfer.h"

#include "core.h"
#include "memory.h"

#include <cstring>

namespace npu::core {
namespace {

// Bytes from the first to behind the last one touched; false: overflow.
bool span(size_t width, size_t height, size_t depth, size_t pitch, size_t slicePitch,
          size_t &bytes) {
  const auto product = __builtin_mul_overflow(height - 1, pitch, &bytes) ? false : true;
  size_t slices = 0;
  return product && !__builtin_mul_overflow(depth - 1, slicePitch, &slices) &&
         !__builtin_add_overflow(bytes, slices, &bytes) &&
         !__builtin_add_overflow(bytes, width, &bytes);
}

enum class Belongs { Anywhere, Host, Device };

// `bytes` at `pointer`: known memory must hold all of them; unknown memory is the program's own.
Status checkSide(const char *side, const void *pointer, size_t bytes, Belongs belongs,
                 bool &known) {
  const std::string name = side;
  if (!pointer)
    return Status(npuErrorInvalidValue, "the " + name + " is null");
  Allocation allocation;
  known = findAllocation(pointer, allocation);
  if (!known && belongs == Belongs::Device)
    return Status(npuErrorInvalidValue,
                  "the " + name + " is a host pointer where device memory belongs");
  if (known && belongs == Belongs::Host && allocation.kind == MemoryKind::Device)
    return Status(npuErrorInvalidValue,
                  "the " + name + " is device memory where a host pointer belongs");
  // Registered memory may be a part of a larger block of the program's.
  if (known && allocation.kind != MemoryKind::Registered && !deviceCanReach(pointer, bytes))
    return Status(npuErrorInvalidValue, "the " + name + " goes " + std::to_string(bytes) +
                                            " bytes beyond the end of its allocation of " +
                                            std::to_string(allocation.bytes) + " bytes");
  return {};
}

// Pageable memory is read now, into a block that lives until the copy is done.
std::shared_ptr<std::vector<char>> stage(Copy &copy) {
  auto block = std::make_shared<std::vector<char>>(copy.width * copy.height * copy.depth);
  char *out = block->data();
  for (size_t slice = 0; slice < copy.depth; ++slice)
    for (size_t row = 0; row < copy.height; ++row, out += copy.width)
      std::memcpy(out,
                  static_cast<const char *>(copy.src) + slice * copy.srcSlicePitch +
                      row * copy.srcPitch,
                  copy.width);
  copy.src = block->data();
  copy.srcPitch = copy.width;
  copy.srcSlicePitch = copy.width * copy.height;
  return block;
}

} // namespace

Copy linearCopy(void *dst, const void *src, size_t bytes) {
  Copy copy;
  copy.dst = dst;
  copy.src = src;
  copy.width = bytes;
  copy.dstPitch = copy.srcPitch = copy.dstSlicePitch = copy.srcSlicePitch = bytes;
  return copy;
}

Status checkCopy(const Copy &copy, npuMemcpyKind kind, KnownSides &known) {
  if (unsigned(kind) > npuMemcpyDefault)
    return Status(npuErrorInvalidMemcpyDirection,
                  "unknown direction " + std::to_string(unsigned(kind)));
  if (copy.height > 1 || copy.depth > 1)
    if (copy.width > copy.dstPitch || copy.width > copy.srcPitch)
      return Status(npuErrorInvalidPitchValue, "a row is wider than its pitch");
  if (copy.width == 0 || copy.height == 0 || copy.depth == 0)
    return {};
  size_t dstBytes = 0, srcBytes = 0;
  if (!span(copy.width, copy.height, copy.depth, copy.dstPitch, copy.dstSlicePitch, dstBytes) ||
      !span(copy.width, copy.height, copy.depth, copy.srcPitch, copy.srcSlicePitch, srcBytes))
    return Status(npuErrorInvalidValue, "the size overflows");
  const bool stated = kind != npuMemcpyDefault;
  const bool toDevice = kind == npuMemcpyHostToDevice || kind == npuMemcpyDeviceToDevice;
  const bool fromDevice = kind == npuMemcpyDeviceToHost || kind == npuMemcpyDeviceToDevice;
  const auto belongs = [stated](bool device) {
    return !stated ? Belongs::Anywhere : device ? Belongs::Device : Belongs::Host;
  };
  if (Status status = checkSide("destination", copy.dst, dstBytes, belongs(toDevice), known.dst);
      !status)
    return status;
  return checkSide("source", copy.src, srcBytes, belongs(fromDevice), known.src);
}

Status copyMemory(const Copy &request, npuMemcpyKind kind, npuStream_t stream, bool wait) {
  Copy copy = request;
  KnownSides known;
  if (Status status = checkCopy(copy, kind, known); !status)
    return status;
  if (copy.width == 0 || copy.height == 0 || copy.depth == 0)
    return {};
  Submission submission;
  submission.copyKind = kind;
  submission.wait = wait || !known.dst;
  // A graph's copy reads when the graph runs.
  if (!submission.wait && !known.src && !isCapturing(stream))
    submission.keepAlive = stage(copy);
  return submit(stream, copy, std::move(submission));
}

Status checkFill(const Fill &fill) {
  if (fill.width == 0 || fill.height == 0)
    return {};
  if (fill.height > 1 && fill.width > fill.pitch)
    return Status(npuErrorInvalidPitchValue, "a row is wider than its pitch");
  size_t bytes = 0;
  if (!span(fill.width, fill.height, 1, fill.pitch, 0, bytes))
    return Status(npuErrorInvalidValue, "the size overflows");
  bool known = false;
  return checkSide("destination", fill.dst, bytes, Belongs::Device, known);
}

Status fillMemory(const Fill &fill, npuStream_t stream) {
  if (Status status = checkFill(fill); !status)
    return status;
  if (fill.width == 0 || fill.height == 0)
    return {};
  return submit(stream, fill);
}

} // namespace npu::core
