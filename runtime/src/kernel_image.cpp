// The kernel image's bytes: little-endian fields in the order of the structs, no padding.
//
//   0  magic "NPUIMAGE"     8  version; its highest bit: has managed variables
//   12 check of the header
//   16 length of the whole  24 check of what follows        28 modules, kernels, globals
//
// The header carries its own check because an embedded image has no outer length: a damaged length
// must be noticed before it is followed. Both checks are FNV-1a, against damage, not against
// malice. No thread rule: plain functions over their arguments.
#include "npu/kernel_image.h"

#include <algorithm>
#include <cstring>

namespace npu {

namespace {

constexpr char kMagic[8] = {'N', 'P', 'U', 'I', 'M', 'A', 'G', 'E'};
constexpr uint32_t kVersion = 8;
constexpr uint32_t kManagedFlag = 0x80000000u;
constexpr size_t kVersionOffset = 8, kHeaderCheckOffset = 12, kLengthOffset = 16;
constexpr size_t kHeaderBytes = 24, kPayloadCheckOffset = 24, kPayloadOffset = 28;

uint32_t fnv1a(const uint8_t *data, size_t bytes, uint32_t hash = 2166136261u) {
  for (size_t i = 0; i < bytes; ++i)
    hash = (hash ^ data[i]) * 16777619u;
  return hash;
}

// The check covers every header byte but its own four.
uint32_t headerCheck(const uint8_t *data) {
  const uint32_t hash = fnv1a(data, kHeaderCheckOffset);
  return fnv1a(data + kLengthOffset, kHeaderBytes - kLengthOffset, hash);
}

constexpr size_t kLongestEntryName = 160;

template <class Integer> void store(uint8_t *at, Integer value) {
  for (size_t i = 0; i < sizeof(Integer); ++i)
    at[i] = uint8_t(uint64_t(value) >> (8 * i));
}

template <class Integer> Integer fetch(const uint8_t *at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i)
    value |= uint64_t(at[i]) << (8 * i);
  return Integer(value);
}

class Writer {
public:
  template <class Integer> void number(Integer value) {
    bytes.resize(bytes.size() + sizeof(Integer));
    store(bytes.data() + bytes.size() - sizeof(Integer), value);
  }
  void blob(const uint8_t *data, size_t size) {
    number(uint64_t(size));
    bytes.insert(bytes.end(), data, data + size);
  }
  void text(const std::string &value) {
    blob(reinterpret_cast<const uint8_t *>(value.data()), value.size());
  }

  std::vector<uint8_t> bytes;
};

// Reads with bounds: the first violation is kept as `failure` and every later read gives zeros, so
// that callers check once per table.
class Reader {
public:
  Reader(const uint8_t *data, size_t bytes) : at(data), left(bytes) {}

  template <class Integer> Integer number() {
    if (!take(sizeof(Integer)))
      return 0;
    const Integer value = fetch<Integer>(at);
    advance(sizeof(Integer));
    return value;
  }
  bool flag() {
    const uint8_t value = number<uint8_t>();
    if (value > 1)
      fail("a flag that is neither 0 nor 1");
    return value == 1;
  }
  std::vector<uint8_t> blob() {
    const uint64_t size = number<uint64_t>();
    if (!take(size))
      return {};
    std::vector<uint8_t> value(at, at + size);
    advance(size);
    return value;
  }
  std::string text() {
    const std::vector<uint8_t> value = blob();
    std::string result(value.begin(), value.end());
    if (result.find('\0') != std::string::npos)
      fail("a name with a zero byte in it");
    return result;
  }
  // How many entries of at least `entryBytes` follow; never more than the rest can hold, so that a
  // damaged count cannot ask for much memory.
  size_t count(size_t entryBytes) {
    const uint32_t value = number<uint32_t>();
    if (value > left / entryBytes) {
      fail("a table that is longer than the image");
      return 0;
    }
    return value;
  }
  void fail(const char *reason) {
    if (!failure)
      failure = reason;
    left = 0;
  }
  bool good() const { return !failure; }
  const char *reason() const { return failure; }
  size_t remaining() const { return left; }

private:
  bool take(uint64_t bytes) {
    if (bytes <= left && !failure)
      return true;
    fail("an entry that goes beyond the end");
    return false;
  }
  void advance(size_t bytes) {
    at += bytes;
    left -= bytes;
  }

  const uint8_t *at;
  size_t left;
  const char *failure = nullptr;
};

void write(Writer &out, const KernelImage::Kernel &kernel) {
  out.text(kernel.name);
  out.text(kernel.sourceName);
  out.text(kernel.location);
  out.number(kernel.module);
  out.number(kernel.argumentBytes);
  out.number(uint32_t(kernel.parameters.size()));
  for (const KernelImage::Parameter &parameter : kernel.parameters) {
    out.number(parameter.offset);
    out.number(parameter.size);
  }
  out.number(uint32_t(kernel.hiddenGlobals.size()));
  for (const KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals) {
    out.number(hidden.offset);
    out.number(hidden.global);
  }
  out.number(kernel.staticSharedBytes);
  out.number(kernel.localBytesPerThread);
  out.number(kernel.maxThreadsPerBlock);
  out.number(uint8_t(kernel.usesDynamicShared));
  out.number(uint8_t(kernel.executesBlocks));
  out.number(kernel.blockExtentOffset);
  out.number(kernel.mostStripWarps);
  out.number(kernel.warpFrameBytes);
  out.number(uint8_t(kernel.waitsForBlocks));
  out.number(uint8_t(kernel.synchronizesGrid));
  for (uint32_t blocks : kernel.cluster)
    out.number(blocks);
  out.number(uint32_t(kernel.variants.size()));
  for (const KernelImage::Variant &variant : kernel.variants) {
    out.number(uint32_t(variant.shape));
    out.number(variant.kernel);
  }
}

void read(Reader &in, KernelImage::Kernel &kernel) {
  kernel.name = in.text();
  kernel.sourceName = in.text();
  kernel.location = in.text();
  kernel.module = in.number<uint32_t>();
  kernel.argumentBytes = in.number<uint32_t>();
  kernel.parameters.resize(in.count(8));
  for (KernelImage::Parameter &parameter : kernel.parameters) {
    parameter.offset = in.number<uint32_t>();
    parameter.size = in.number<uint32_t>();
  }
  kernel.hiddenGlobals.resize(in.count(8));
  for (KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals) {
    hidden.offset = in.number<uint32_t>();
    hidden.global = in.number<uint32_t>();
  }
  kernel.staticSharedBytes = in.number<uint32_t>();
  kernel.localBytesPerThread = in.number<uint32_t>();
  kernel.maxThreadsPerBlock = in.number<uint32_t>();
  kernel.usesDynamicShared = in.flag();
  kernel.executesBlocks = in.flag();
  kernel.blockExtentOffset = in.number<uint32_t>();
  kernel.mostStripWarps = in.number<uint32_t>();
  kernel.warpFrameBytes = in.number<uint32_t>();
  kernel.waitsForBlocks = in.flag();
  kernel.synchronizesGrid = in.flag();
  for (uint32_t &blocks : kernel.cluster)
    blocks = in.number<uint32_t>();
  kernel.variants.resize(in.count(8));
  for (KernelImage::Variant &variant : kernel.variants) {
    variant.shape = BlockShape(in.number<uint32_t>());
    variant.kernel = in.number<uint32_t>();
  }
}

void write(Writer &out, const KernelImage::Global &global) {
  out.text(global.name);
  out.number(global.bytes);
  out.number(global.alignment);
  out.number(uint8_t(global.constant));
  out.number(uint8_t(global.managed));
  out.blob(global.initial.data(), global.initial.size());
  out.number(uint32_t(global.relocations.size()));
  for (const KernelImage::Relocation &relocation : global.relocations) {
    out.number(relocation.offset);
    out.number(relocation.global);
    out.number(relocation.addend);
  }
}

void read(Reader &in, KernelImage::Global &global) {
  global.name = in.text();
  global.bytes = in.number<uint64_t>();
  global.alignment = in.number<uint32_t>();
  global.constant = in.flag();
  global.managed = in.flag();
  global.initial = in.blob();
  global.relocations.resize(in.count(16));
  for (KernelImage::Relocation &relocation : global.relocations) {
    relocation.offset = in.number<uint32_t>();
    relocation.global = in.number<uint32_t>();
    relocation.addend = in.number<int64_t>();
  }
}

bool fits(uint64_t offset, uint64_t size, uint64_t whole) {
  return offset <= whole && size <= whole - offset;
}

const char *checkKernel(const KernelImage::Kernel &kernel, const KernelImage &image) {
  if (kernel.name.empty())
    return "a kernel has no name";
  if (kernel.module >= image.modules.size())
    return "a kernel names a module that does not exist";
  for (const KernelImage::Parameter &parameter : kernel.parameters)
    if (!fits(parameter.offset, parameter.size, kernel.argumentBytes))
      return "a kernel parameter lies outside the argument struct";
  for (const KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals)
    if (hidden.global >= image.globals.size() || !fits(hidden.offset, 8, kernel.argumentBytes))
      return "a hidden kernel argument names a variable or a place that does not exist";
  if (kernel.maxThreadsPerBlock == 0)
    return "a kernel allows no thread";
  if (kernel.executesBlocks &&
      !fits(kernel.blockExtentOffset, kernel.extentBytes(), kernel.argumentBytes))
    return "a kernel's block extents lie outside the argument struct";
  if (kernel.mostStripWarps != 0 && (!kernel.executesBlocks || kernel.warpFrameBytes != 0))
    return "a kernel has strips, but no blocks to execute one after the other";
  for (const KernelImage::Variant &variant : kernel.variants)
    if (variant.kernel >= image.kernels.size() || variant.shape > BlockShape::Rows8)
      return "a kernel's variant does not exist";
  return nullptr;
}

bool hasManaged(const std::vector<KernelImage::Global> &globals) {
  return std::any_of(globals.begin(), globals.end(), [](const auto &each) { return each.managed; });
}

const char *checkGlobal(const KernelImage::Global &global, const KernelImage &image) {
  if (global.name.empty())
    return "a variable has no name";
  if (global.alignment == 0 || (global.alignment & (global.alignment - 1)))
    return "a variable's alignment is not a power of two";
  if (!global.initial.empty() && global.initial.size() != global.bytes)
    return "a variable's initial value has the wrong length";
  for (const KernelImage::Relocation &relocation : global.relocations)
    if (relocation.global >= image.globals.size() || !fits(relocation.offset, 8, global.bytes))
      return "a relocation names a variable or a place that does not exist";
  return nullptr;
}

const char *checkImage(const KernelImage &image) {
  for (const KernelImage::Module &module : image.modules)
    if (module.form != KernelImage::Form::SpirBitcode && module.form != KernelImage::Form::SpirV)
      return "a module has an unknown form";
  for (const KernelImage::Kernel &kernel : image.kernels)
    if (const char *reason = checkKernel(kernel, image))
      return reason;
  for (const KernelImage::Global &global : image.globals)
    if (const char *reason = checkGlobal(global, image))
      return reason;
  return nullptr;
}

Status invalid(const std::string &reason) {
  return Status(npuErrorInvalidKernelImage, "the embedded kernel image is invalid: " + reason +
                                                "; rebuild the program with npucc");
}

Status checkHeader(const uint8_t *data, size_t bytes) {
  if (!data || bytes < kPayloadOffset)
    return invalid("it is shorter than its header");
  if (std::memcmp(data, kMagic, sizeof kMagic) != 0)
    return invalid("it does not start with the magic number");
  if (fetch<uint32_t>(data + kHeaderCheckOffset) != headerCheck(data))
    return invalid("its header is damaged");
  const uint32_t version = fetch<uint32_t>(data + kVersionOffset) & ~kManagedFlag;
  if (version != kVersion)
    return invalid("its format is version " + std::to_string(version) +
                   ", this runtime reads version " + std::to_string(kVersion));
  const uint64_t length = fetch<uint64_t>(data + kLengthOffset);
  if (length < kPayloadOffset || length > bytes)
    return invalid("it is cut short: " + std::to_string(bytes) + " bytes of " +
                   std::to_string(length));
  if (fetch<uint32_t>(data + kPayloadCheckOffset) !=
      fnv1a(data + kPayloadOffset, size_t(length) - kPayloadOffset))
    return invalid("its contents are damaged");
  return {};
}

} // namespace

uint64_t kernelNumber(const std::string &kernelName) {
  uint64_t hash = 14695981039346656037u; // FNV-1a, 64 bits
  for (char letter : kernelName)
    hash = (hash ^ uint8_t(letter)) * 1099511628211u;
  return hash;
}

std::string entryName(const std::string &kernelName) {
  if (kernelName.size() <= kLongestEntryName)
    return kernelName;
  const uint64_t hash = kernelNumber(kernelName);
  std::string digits(16, '0');
  for (size_t i = 0; i < digits.size(); ++i)
    digits[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
  return kernelName.substr(0, kLongestEntryName - 17) + "." + digits;
}

std::vector<uint8_t> KernelImage::serialize() const {
  Writer out;
  out.bytes.resize(kPayloadOffset);
  out.number(uint32_t(modules.size()));
  for (const Module &module : modules) {
    out.number(uint32_t(module.form));
    out.blob(module.bytes.data(), module.bytes.size());
  }
  out.number(uint32_t(kernels.size()));
  for (const Kernel &kernel : kernels)
    write(out, kernel);
  out.number(uint32_t(globals.size()));
  for (const Global &global : globals)
    write(out, global);

  uint8_t *data = out.bytes.data();
  std::memcpy(data, kMagic, sizeof kMagic);
  store(data + kVersionOffset, kVersion | (hasManaged(globals) ? kManagedFlag : 0));
  store(data + kLengthOffset, uint64_t(out.bytes.size()));
  store(data + kHeaderCheckOffset, headerCheck(data));
  store(data + kPayloadCheckOffset,
        fnv1a(data + kPayloadOffset, out.bytes.size() - kPayloadOffset));
  return std::move(out.bytes);
}

Status KernelImage::parse(const uint8_t *data, size_t bytes, KernelImage &image) {
  image = {};
  if (Status status = checkHeader(data, bytes); !status)
    return status;
  Reader in(data + kPayloadOffset, size_t(fetch<uint64_t>(data + kLengthOffset)) - kPayloadOffset);
  KernelImage result;
  result.modules.resize(in.count(12));
  for (Module &module : result.modules) {
    module.form = Form(in.number<uint32_t>());
    module.bytes = in.blob();
  }
  result.kernels.resize(in.count(54));
  for (Kernel &kernel : result.kernels)
    read(in, kernel);
  result.globals.resize(in.count(34));
  for (Global &global : result.globals)
    read(in, global);
  if (!in.good())
    return invalid(std::string("it has ") + in.reason());
  if (in.remaining() != 0)
    return invalid("bytes are left over after its last table");
  if (const char *reason = checkImage(result))
    return invalid(reason);
  if (hasManaged(result.globals) != hasManagedVariables(data))
    return invalid("its header and its table disagree about managed variables");
  image = std::move(result);
  return {};
}

uint64_t KernelImage::imageBytes(const uint8_t *data) {
  if (!data || std::memcmp(data, kMagic, sizeof kMagic) != 0)
    return 0;
  return fetch<uint32_t>(data + kHeaderCheckOffset) == headerCheck(data)
             ? fetch<uint64_t>(data + kLengthOffset)
             : 0;
}

bool KernelImage::hasManagedVariables(const uint8_t *data) {
  return imageBytes(data) && (fetch<uint32_t>(data + kVersionOffset) & kManagedFlag);
}

} // namespace npu
