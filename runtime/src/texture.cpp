// See texture.h. What is refused and how follows the CUDA runtime API's description of
// cudaCreateTextureObject; the numbers in a descriptor follow its user in
// npu/device/texture_sample.h.
#include "texture.h"

#include "memory.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace npu::core {
namespace {

using detail::TextureDescriptor;
using detail::TextureLevel;

// Never destroyed: kernels may run until the process ends.
struct Records {
  std::mutex mutex;
  std::unordered_map<std::string, uint64_t> known; // under mutex: contents -> address
  uint64_t srgbTable = 0;                          // under mutex
};
Records &records() {
  static Records &instance = *new Records;
  return instance;
}
std::atomic<int *> faultWord{nullptr};

Status invalid(const std::string &what) { return Status(npuErrorInvalidValue, what); }

// The images of a resource, before the view and the sampling are looked at.
struct Source {
  ElementFormat format;
  std::vector<TextureLevel> levels;
  size_t layers = 1; // slices of a layered array, faces included
  bool isLayered = false, isCube = false;
  uint64_t elements = 0;   // of linear memory
  uint64_t wholeBytes = 0; // from the first texel of a level on
};

TextureLevel levelOf(const Array &array) {
  TextureLevel level = {};
  level.base = uint64_t(reinterpret_cast<uintptr_t>(array.base));
  level.pitch = array.pitch;
  level.slicePitch = array.slicePitch;
  level.size[0] = int32_t(array.width());
  level.size[1] = int32_t(array.height());
  level.rowWords = int32_t(array.pitch / 4);
  level.sliceWords = int32_t(array.slicePitch / 4);
  level.size[2] = array.isLayered() || array.isCube() ? 1 : int32_t(array.depth());
  return level;
}

void addArray(const Array &array, Source &source) {
  source.format = array.format;
  source.isLayered = array.isLayered();
  source.isCube = array.isCube();
  source.layers = array.isLayered() || array.isCube() ? array.depth() : 1;
  source.wholeBytes = std::max<uint64_t>(source.wholeBytes, array.bytes());
  source.levels.push_back(levelOf(array));
}

Status readMemory(const void *pointer, const npuChannelFormatDesc &description, size_t width,
                  size_t height, size_t pitch, Source &source) {
  if (Status status = readFormat(description, source.format); !status)
    return status;
  if (width == 0 || height == 0)
    return invalid("a texture without elements");
  const size_t row = width * source.format.bytes();
  if (height > 1 && pitch < row)
    return invalid("a row is wider than its pitch");
  if (reinterpret_cast<uintptr_t>(pointer) % source.format.alignment() || pitch % 4)
    return invalid("the texture's memory or its pitch is not aligned");
  size_t bytes = 0;
  if (__builtin_mul_overflow(height - 1, pitch, &bytes) ||
      __builtin_add_overflow(bytes, row, &bytes) || !deviceCanReach(pointer, bytes))
    return invalid("the texture's memory is not, or not as a whole, memory that kernels can reach");
  TextureLevel level = {};
  level.base = uint64_t(reinterpret_cast<uintptr_t>(pointer));
  level.pitch = level.slicePitch = pitch;
  level.rowWords = int32_t(pitch / 4);
  // Only tex1Dfetch reads what is longer.
  level.size[0] = int32_t(std::min<size_t>(width, 1u << 30));
  level.size[1] = int32_t(std::min<size_t>(height, 1u << 30));
  level.size[2] = 1;
  source.levels.push_back(level);
  source.wholeBytes = bytes;
  return {};
}

Status readResource(const npuResourceDesc &resource, Source &source) {
  switch (resource.resType) {
  case npuResourceTypeArray: {
    const Array *array = nullptr;
    if (Status status = findArray(resource.res.array.array, array); !status)
      return status;
    addArray(*array, source);
    return {};
  }
  case npuResourceTypeMipmappedArray: {
    const MipmappedArray *array = nullptr;
    if (Status status = findMipmappedArray(resource.res.mipmap.mipmap, array); !status)
      return status;
    for (const auto &level : array->levels)
      addArray(*level, source);
    return {};
  }
  case npuResourceTypeLinear: {
    const auto &linear = resource.res.linear;
    ElementFormat format;
    if (Status status = readFormat(linear.desc, format); !status)
      return status;
    // As in CUDA the size may be more than the memory has. Nothing lies there: reads give 0.
    source.elements = std::min(linear.sizeInBytes, reachableBytes(linear.devPtr)) / format.bytes();
    return readMemory(linear.devPtr, linear.desc, source.elements, 1, 0, source);
  }
  case npuResourceTypePitch2D: {
    const auto &pitched = resource.res.pitch2D;
    return readMemory(pitched.devPtr, pitched.desc, pitched.width, pitched.height,
                      pitched.pitchInBytes, source);
  }
  default:
    return invalid("unknown resource type " + std::to_string(int(resource.resType)));
  }
}

// The view formats come in groups of 1, 2 and 4 channels.
Status applyViewFormat(npuResourceViewFormat view, ElementFormat &format) {
  if (view == npuResViewFormatNone)
    return {};
  struct Group {
    npuChannelFormatKind kind;
    int bits;
  };
  static const Group kGroups[] = {
      {npuChannelFormatKindUnsigned, 8},  {npuChannelFormatKindSigned, 8},
      {npuChannelFormatKindUnsigned, 16}, {npuChannelFormatKindSigned, 16},
      {npuChannelFormatKindUnsigned, 32}, {npuChannelFormatKindSigned, 32},
      {npuChannelFormatKindFloat, 16},    {npuChannelFormatKindFloat, 32}};
  const unsigned index = unsigned(view) - 1;
  if (index / 3 >= std::size(kGroups))
    return Status(npuErrorNotSupported,
                  "block-compressed views are not supported; decompress the image first");
  ElementFormat viewed;
  viewed.kind = kGroups[index / 3].kind;
  viewed.bits = kGroups[index / 3].bits;
  viewed.components = 1 << index % 3;
  if (viewed.bytes() != format.bytes())
    return invalid("the view's elements differ in size from the resource's");
  format = viewed;
  return {};
}

Status applyView(const npuResourceViewDesc &view, Source &source) {
  if (Status status = applyViewFormat(view.format, source.format); !status)
    return status;
  if (view.lastMipmapLevel < view.firstMipmapLevel || view.lastMipmapLevel >= source.levels.size())
    return invalid("the view's levels are not in the resource");
  if (view.lastLayer < view.firstLayer || view.lastLayer >= source.layers)
    return invalid("the view's layers are not in the resource");
  source.levels.erase(source.levels.begin() + view.lastMipmapLevel + 1, source.levels.end());
  source.levels.erase(source.levels.begin(), source.levels.begin() + view.firstMipmapLevel);
  if (source.isLayered) {
    source.layers = view.lastLayer - view.firstLayer + 1;
    for (TextureLevel &level : source.levels)
      level.base += view.firstLayer * level.slicePitch;
  }
  return {};
}

bool isNormalizedKind(const ElementFormat &format) {
  return format.kind >= npuChannelFormatKindUnsignedNormalized8X1;
}
bool isSignedKind(const ElementFormat &format) {
  return format.kind == npuChannelFormatKindSigned ||
         format.kind >= npuChannelFormatKindSignedNormalized8X1;
}

Status describeTexel(const Source &source, const npuTextureDesc &sampling,
                     TextureDescriptor &descriptor) {
  const ElementFormat &format = source.format;
  const bool isFloat = format.kind == npuChannelFormatKindFloat;
  const bool normalizes =
      isNormalizedKind(format) || (!isFloat && sampling.readMode == npuReadModeNormalizedFloat);
  if (normalizes && format.bits == 32)
    return Status(npuErrorInvalidNormSetting,
                  "32-bit integers cannot be read as normalised numbers");
  if (sampling.filterMode == npuFilterModeLinear && !isFloat && !normalizes && source.elements == 0)
    return Status(npuErrorInvalidFilterSetting,
                  "a linear filter needs floating-point numbers; read the integers as normalised "
                  "numbers or use npuFilterModePoint");
  descriptor.componentBits = format.bits;
  descriptor.components = format.components;
  descriptor.texelBytes = int32_t(format.bytes());
  descriptor.divisor = 1.0f;
  if (normalizes) {
    const bool isSigned = isSignedKind(format);
    descriptor.texelKind = isSigned ? detail::kTexelSignedNormal : detail::kTexelUnsignedNormal;
    descriptor.divisor = float((1 << (format.bits - (isSigned ? 1 : 0))) - 1);
    if (sampling.sRGB && !isSigned && format.bits == 8)
      descriptor.texelKind = detail::kTexelSrgb;
  } else if (isFloat) {
    descriptor.texelKind = format.bits == 32 ? detail::kTexelFloat32 : detail::kTexelFloat16;
  } else {
    descriptor.texelKind = isSignedKind(format) ? detail::kTexelSigned : detail::kTexelUnsigned;
  }
  if (!normalizes && descriptor.texelKind != detail::kTexelFloat16)
    descriptor.native = detail::nativeTexel(isFloat, format.bits, format.components);
  descriptor.linear = (isFloat || normalizes) && sampling.filterMode == npuFilterModeLinear;
  return {};
}

Status describeAxes(const npuTextureDesc &sampling, Source &source, TextureDescriptor &descriptor) {
  for (int axis = 0; axis < 3; ++axis) {
    auto mode = detail::TextureAxisMode(sampling.addressMode[axis]);
    if (unsigned(mode) > unsigned(detail::kAxisBorder))
      return invalid("unknown address mode " + std::to_string(unsigned(mode)));
    // Without normalised coordinates there is no period; the faces of a cube have none.
    const bool repeats = mode == detail::kAxisWrap || mode == detail::kAxisMirror;
    if (source.isCube || (repeats && !sampling.normalizedCoords))
      mode = detail::kAxisClamp;
    descriptor.mode[axis] = mode;
    for (TextureLevel &level : source.levels)
      level.scale[axis] =
          sampling.normalizedCoords || source.isCube ? float(level.size[axis]) : 1.0f;
  }
  for (int i = 0; i < 4; ++i) {
    descriptor.border[i] = sampling.borderColor[i];
    descriptor.borderBits[i] =
        uint32_t(int64_t(std::fmin(std::fmax(sampling.borderColor[i], -2147483648.0f), 4.2e9f)));
  }
  return {};
}

void describeLevels(const npuTextureDesc &sampling, const Source &source,
                    TextureDescriptor &descriptor) {
  descriptor.first = source.levels[0];
  descriptor.levelCount = int32_t(source.levels.size());
  if (source.levels.size() == 1)
    return;
  descriptor.levelLinear = sampling.mipmapFilterMode == npuFilterModeLinear;
  descriptor.levelBias = sampling.mipmapLevelBias;
  descriptor.levelMinimum = sampling.minMipmapLevelClamp;
  descriptor.levelMaximum = sampling.maxMipmapLevelClamp;
}

// IEC 61966-2-1.
void fillSrgb(float *table) {
  for (int i = 0; i < 256; ++i) {
    const double value = i / 255.0;
    table[i] = float(value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
}

Status describe(const npuResourceDesc &resource, const Sampling &sampling, Source &source,
                TextureDescriptor &descriptor) {
  descriptor = {};
  if (Status status = readResource(resource, source); !status)
    return status;
  if (source.wholeBytes >= (uint64_t(1) << 33))
    return Status(npuErrorNotSupported, "textures of 8 GiB and more are not supported");
  if (sampling.view)
    if (Status status = applyView(*sampling.view, source); !status)
      return status;
  const npuTextureDesc &description = sampling.description;
  if (unsigned(description.filterMode) > 1 || unsigned(description.readMode) > 1 ||
      unsigned(description.mipmapFilterMode) > 1)
    return invalid("unknown filter or read mode");
  if (description.seamlessCubemap && source.isCube)
    return Status(npuErrorNotSupported,
                  "filtering across the edges of cube faces is not supported");
  if (resource.resType == npuResourceTypeMipmappedArray && !description.normalizedCoords)
    return invalid("a mipmapped texture needs normalised coordinates");
  if (Status status = describeTexel(source, description, descriptor); !status)
    return status;
  if (Status status = describeAxes(description, source, descriptor); !status)
    return status;
  describeLevels(description, source, descriptor);
  descriptor.elements = source.elements;
  descriptor.layers = int32_t(source.isCube ? source.layers / 6 : source.layers);
  return {};
}

// Memory for a record; under the records' mutex.
Status allocateRecord(size_t bytes, void **memory) {
  return allocateMemory(MemoryKind::Device, bytes, 0, memory);
}

Status intern(TextureDescriptor descriptor, const std::vector<TextureLevel> &levels,
              uint64_t &address) {
  std::lock_guard<std::mutex> lock(records().mutex);
  if (descriptor.texelKind == detail::kTexelSrgb) {
    if (!records().srgbTable) {
      void *table = nullptr;
      if (Status status = allocateRecord(256 * sizeof(float), &table); !status)
        return status;
      fillSrgb(static_cast<float *>(table));
      records().srgbTable = uint64_t(reinterpret_cast<uintptr_t>(table));
    }
    descriptor.srgb = records().srgbTable;
  }
  std::string key(reinterpret_cast<const char *>(&descriptor), sizeof descriptor);
  key.append(reinterpret_cast<const char *>(levels.data()), levels.size() * sizeof levels[0]);
  if (const auto found = records().known.find(key); found != records().known.end()) {
    address = found->second;
    return {};
  }
  void *memory = nullptr;
  if (Status status = allocateRecord(key.size(), &memory); !status)
    return status;
  descriptor.self = uint64_t(reinterpret_cast<uintptr_t>(memory));
  if (!levels.empty()) {
    descriptor.levels = descriptor.self + sizeof descriptor;
    std::memcpy(static_cast<char *>(memory) + sizeof descriptor, levels.data(),
                levels.size() * sizeof levels[0]);
  }
  std::memcpy(memory, &descriptor, sizeof descriptor);
  records().known[key] = descriptor.self;
  address = descriptor.self;
  return {};
}

// A surface's `levels` is the word that records accesses outside of it.
Status internSurface(TextureDescriptor descriptor, uint64_t &address) {
  {
    std::lock_guard<std::mutex> lock(records().mutex);
    if (!faultWord) {
      void *word = nullptr;
      if (Status status = allocateRecord(sizeof(int), &word); !status)
        return status;
      *static_cast<int *>(word) = 0;
      faultWord = static_cast<int *>(word);
    }
  }
  descriptor.levels = uint64_t(reinterpret_cast<uintptr_t>(faultWord.load()));
  return intern(descriptor, {}, address);
}

} // namespace

Status makeTexture(const npuResourceDesc &resource, const Sampling &sampling, int instance,
                   uint64_t &address) {
  Source source;
  TextureDescriptor descriptor;
  if (Status status = describe(resource, sampling, source, descriptor); !status)
    return status;
  descriptor.instance = instance;
  return intern(descriptor, source.levels, address);
}

Status makeSurface(const npuResourceDesc &resource, int instance, uint64_t &address) {
  if (resource.resType != npuResourceTypeArray)
    return invalid("a surface is made of an array");
  Source source;
  if (Status status = readResource(resource, source); !status)
    return status;
  TextureDescriptor descriptor = {};
  descriptor.first = source.levels[0];
  descriptor.texelBytes = int32_t(source.format.bytes());
  descriptor.layers = int32_t(source.layers);
  descriptor.instance = instance;
  return internSurface(descriptor, address);
}

Status unboundTexture(uint64_t &address) {
  TextureDescriptor descriptor = {};
  static const float *const zeros = [] {
    void *memory = nullptr;
    return allocateRecord(64, &memory) ? static_cast<const float *>(std::memset(memory, 0, 64))
                                       : nullptr;
  }();
  if (!zeros)
    return Status(npuErrorMemoryAllocation, "no memory for an unbound texture");
  descriptor.first.base = uint64_t(reinterpret_cast<uintptr_t>(zeros));
  for (int32_t &size : descriptor.first.size)
    size = 1;
  for (auto &mode : descriptor.mode)
    mode = detail::kAxisClamp;
  descriptor.layers = descriptor.levelCount = 1;
  descriptor.componentBits = 32;
  descriptor.components = 4;
  descriptor.texelBytes = 16;
  descriptor.divisor = 1.0f;
  return intern(descriptor, {descriptor.first}, address);
}

Status unboundSurface(uint64_t &address) {
  TextureDescriptor descriptor = {};
  descriptor.texelBytes = 1;
  return internSurface(descriptor, address);
}

Status takeSurfaceFault() {
  int *word = faultWord;
  if (!word || !__atomic_exchange_n(word, 0, __ATOMIC_RELAXED))
    return {};
  return Status(npuErrorLaunchFailure,
                "a kernel accessed a surface outside of its bounds, or not at a whole element, "
                "under npuBoundaryModeTrap");
}

} // namespace npu::core
