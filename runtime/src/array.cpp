// See array.h. The limits are those of a CUDA device of compute capability 8.0.
#include "array.h"

#include "memory.h"
#include "stream.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace npu::core {
namespace {

constexpr size_t kRowAlignment = 32;
constexpr unsigned kKnownFlags =
    npuArrayLayered | npuArraySurfaceLoadStore | npuArrayCubemap | npuArrayTextureGather;

// Never destroyed: programs free arrays in static destructors.
struct Handles {
  std::mutex mutex;
  // Under mutex, by handle.
  std::unordered_map<const void *, std::unique_ptr<Array>> arrays;
  std::unordered_map<const void *, const Array *> levels; // of mipmapped arrays
  std::unordered_map<const void *, std::unique_ptr<MipmappedArray>> mipmapped;
};
Handles &handles() {
  static Handles &instance = *new Handles;
  return instance;
}

Status invalid(const std::string &what) { return Status(npuErrorInvalidValue, what); }

Status checkLimits(const npuExtent &extent, size_t width, size_t height, size_t depth) {
  if (extent.width <= width && extent.height <= height && extent.depth <= depth)
    return {};
  return invalid("an array of " + std::to_string(extent.width) + " x " +
                 std::to_string(extent.height) + " x " + std::to_string(extent.depth) +
                 " is larger than " + std::to_string(width) + " x " + std::to_string(height) +
                 " x " + std::to_string(depth));
}

Status checkShape(const npuExtent &extent, unsigned flags) {
  if (flags & ~kKnownFlags)
    return invalid("unknown or unsupported array flags");
  if (extent.width == 0)
    return invalid("an array without width");
  if (flags & npuArrayCubemap) {
    const bool isLayered = flags & npuArrayLayered;
    if (extent.width != extent.height ||
        (isLayered ? extent.depth == 0 || extent.depth % 6 : extent.depth != 6))
      return invalid("a cube map has square faces, six of them for each layer");
    return checkLimits(extent, 32768, 32768, 2046);
  }
  if (flags & npuArrayLayered) {
    if (extent.depth == 0)
      return invalid("a layered array without layers");
    return checkLimits(extent, 32768, 32768, 2048);
  }
  if (extent.depth)
    return extent.height ? checkLimits(extent, 16384, 16384, 16384)
                         : invalid("an array with depth and without height");
  return extent.height ? checkLimits(extent, 131072, 65536, 0) : checkLimits(extent, 131072, 0, 0);
}

Status makeArray(const npuChannelFormatDesc *description, const npuExtent &extent, unsigned flags,
                 std::unique_ptr<Array> &array) {
  if (!description)
    return invalid("the channel description is null");
  array = std::make_unique<Array>();
  array->description = *description;
  array->extent = extent;
  array->flags = flags;
  if (Status status = readFormat(*description, array->format); !status)
    return status;
  if (Status status = checkShape(extent, flags); !status)
    return status;
  const size_t row = extent.width * array->format.bytes();
  array->pitch = (row + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
  array->slicePitch = array->pitch * array->height();
  return {};
}

} // namespace

Status readFormat(const npuChannelFormatDesc &description, ElementFormat &format) {
  const int bits[4] = {description.x, description.y, description.z, description.w};
  format.kind = description.f;
  format.bits = bits[0];
  format.components = 0;
  while (format.components < 4 && bits[format.components])
    ++format.components;
  bool isSound = format.components == 1 || format.components == 2 || format.components == 4;
  for (int i = 0; i < 4; ++i)
    isSound &= bits[i] == (i < format.components ? format.bits : 0);
  if (format.kind == npuChannelFormatKindFloat)
    isSound &= format.bits == 16 || format.bits == 32;
  else if (format.kind == npuChannelFormatKindSigned || format.kind == npuChannelFormatKindUnsigned)
    isSound &= format.bits == 8 || format.bits == 16 || format.bits == 32;
  else
    isSound &= format.kind >= npuChannelFormatKindUnsignedNormalized8X1 &&
               format.kind <= npuChannelFormatKindSignedNormalized16X4 &&
               (format.bits == 8 || format.bits == 16);
  if (isSound)
    return {};
  return Status(npuErrorInvalidChannelDescriptor,
                "channels of " + std::to_string(bits[0]) + ", " + std::to_string(bits[1]) + ", " +
                    std::to_string(bits[2]) + ", " + std::to_string(bits[3]) + " bits of kind " +
                    std::to_string(int(format.kind)) +
                    "; elements have 1, 2 or 4 channels of 8, 16 or 32 bits each");
}

Status createArray(npuArray_t *handle, const npuChannelFormatDesc *description, npuExtent extent,
                   unsigned flags) {
  if (!handle)
    return invalid("the result is null");
  std::unique_ptr<Array> array;
  if (Status status = makeArray(description, extent, flags, array); !status)
    return status;
  void *memory = nullptr;
  if (Status status = allocateMemory(MemoryKind::Device, array->bytes(), 0, &memory); !status)
    return status;
  array->base = static_cast<char *>(memory);
  *handle = handleOf(*array);
  std::lock_guard<std::mutex> lock(handles().mutex);
  handles().arrays[*handle] = std::move(array);
  return {};
}

Status createMipmappedArray(npuMipmappedArray_t *handle, const npuChannelFormatDesc *description,
                            npuExtent extent, unsigned levels, unsigned flags) {
  if (!handle)
    return invalid("the result is null");
  unsigned most = 1;
  const bool hasDepth = !(flags & (npuArrayLayered | npuArrayCubemap));
  for (size_t size = std::max({extent.width, extent.height, hasDepth ? extent.depth : 0}); size > 1;
       size /= 2)
    ++most;
  levels = std::min(std::max(levels, 1u), most);
  auto whole = std::make_unique<MipmappedArray>();
  size_t bytes = 0;
  for (unsigned level = 0; level < levels; ++level) {
    const auto smaller = [level](size_t size) {
      return size ? std::max<size_t>(size >> level, 1) : 0;
    };
    const npuExtent size = {smaller(extent.width), smaller(extent.height),
                            hasDepth ? smaller(extent.depth) : extent.depth};
    std::unique_ptr<Array> array;
    if (Status status = makeArray(description, size, flags, array); !status)
      return status;
    array->isLevel = true;
    array->base = reinterpret_cast<char *>(bytes); // an offset until there is memory
    bytes +=
        (array->bytes() + kAllocationAlignment - 1) / kAllocationAlignment * kAllocationAlignment;
    whole->levels.push_back(std::move(array));
  }
  void *memory = nullptr;
  if (Status status = allocateMemory(MemoryKind::Device, bytes, 0, &memory); !status)
    return status;
  *handle = reinterpret_cast<npuMipmappedArray_t>(whole.get());
  std::lock_guard<std::mutex> lock(handles().mutex);
  for (auto &array : whole->levels) {
    array->base = static_cast<char *>(memory) + reinterpret_cast<size_t>(array->base);
    handles().levels[array.get()] = array.get();
  }
  handles().mipmapped[*handle] = std::move(whole);
  return {};
}

Status destroyArray(npuArray_t handle) {
  if (!handle)
    return {};
  void *memory = nullptr;
  {
    std::lock_guard<std::mutex> lock(handles().mutex);
    if (handles().levels.count(handle))
      return invalid("this is a level of a mipmapped array; it is freed with the array");
    const auto found = handles().arrays.find(handle);
    if (found == handles().arrays.end())
      return invalid("this is not an array, or it has been freed already");
    memory = found->second->base;
    handles().arrays.erase(found);
  }
  return freeMemory(memory, false);
}

Status destroyMipmappedArray(npuMipmappedArray_t handle) {
  if (!handle)
    return {};
  void *memory = nullptr;
  {
    std::lock_guard<std::mutex> lock(handles().mutex);
    const auto found = handles().mipmapped.find(handle);
    if (found == handles().mipmapped.end())
      return invalid("this is not a mipmapped array, or it has been freed already");
    memory = found->second->levels[0]->base;
    for (auto &level : found->second->levels)
      handles().levels.erase(level.get());
    handles().mipmapped.erase(found);
  }
  return freeMemory(memory, false);
}

Status findArray(npuArray_const_t handle, const Array *&array) {
  std::lock_guard<std::mutex> lock(handles().mutex);
  if (const auto found = handles().arrays.find(handle); found != handles().arrays.end())
    array = found->second.get();
  else if (const auto level = handles().levels.find(handle); level != handles().levels.end())
    array = level->second;
  else
    return Status(npuErrorInvalidResourceHandle, "this is not an array, or it has been freed");
  return {};
}

Status findMipmappedArray(npuMipmappedArray_const_t handle, const MipmappedArray *&array) {
  std::lock_guard<std::mutex> lock(handles().mutex);
  const auto found = handles().mipmapped.find(handle);
  if (found == handles().mipmapped.end())
    return Status(npuErrorInvalidResourceHandle,
                  "this is not a mipmapped array, or it has been freed");
  array = found->second.get();
  return {};
}

npuArray_t handleOf(const Array &array) {
  return reinterpret_cast<npuArray_t>(const_cast<Array *>(&array));
}

} // namespace npu::core
