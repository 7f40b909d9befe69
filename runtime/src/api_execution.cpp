// Launches, what is known about kernels, and occupancy from the emulated device's limits.
#include "entry.h"

#include "launch.h"

#include <algorithm>

using namespace npu;
using namespace npu::core;

namespace {

struct KernelOf {
  std::shared_ptr<Function> function;
  std::shared_ptr<const KernelImage> image;
  const KernelImage::Kernel *kernel = nullptr;
};

Status findKernel(const void *hostFunction, KernelOf &found) {
  if (Status status = findFunction(hostFunction, found.function); !status)
    return status;
  uint32_t index = 0;
  if (Status status = resolveFunction(*found.function, found.image, index); !status)
    return status;
  found.kernel = &found.image->kernels[index];
  return {};
}

Status attributesOf(const void *hostFunction, npuFuncAttributes &attributes) {
  KernelOf found;
  if (Status status = findKernel(hostFunction, found); !status)
    return status;
  attributes = {};
  attributes.sharedSizeBytes = found.kernel->staticSharedBytes;
  attributes.localSizeBytes = found.kernel->localBytesPerThread;
  attributes.maxThreadsPerBlock =
      int(std::min(found.kernel->maxThreadsPerBlock, kMaxThreadsPerBlock));
  // The usual figure of a small kernel: there are no registers to count here.
  attributes.numRegs = 32;
  attributes.ptxVersion = attributes.binaryVersion = 80;
  const int granted = found.function->maxDynamicSharedBytes;
  attributes.maxDynamicSharedSizeBytes =
      granted >= 0 ? granted
                   : int(kSharedBytesPerBlock -
                         std::min<size_t>(kSharedBytesPerBlock, found.kernel->staticSharedBytes));
  attributes.preferredShmemCarveout = found.function->sharedCarveout;
  const uint32_t *cluster = found.kernel->cluster;
  attributes.requiredClusterWidth = int(cluster[0]);
  attributes.requiredClusterHeight = int(cluster[1]);
  attributes.requiredClusterDepth = int(cluster[2]);
  attributes.nonPortableClusterSizeAllowed = found.function->largeClusters;
  for (const KernelImage::Global &global : found.image->globals)
    if (global.constant)
      attributes.constSizeBytes += size_t(global.bytes);
  return {};
}

Status setAttribute(const void *hostFunction, npuFuncAttribute attribute, int value) {
  KernelOf found;
  if (Status status = findKernel(hostFunction, found); !status)
    return status;
  switch (attribute) {
  case npuFuncAttributeMaxDynamicSharedMemorySize:
    if (value < 0 || size_t(value) + found.kernel->staticSharedBytes > kSharedBytesPerBlockOptIn)
      return Status(npuErrorInvalidValue, "a block has at most 163 KiB of shared memory");
    found.function->maxDynamicSharedBytes = value;
    return {};
  case npuFuncAttributePreferredSharedMemoryCarveout:
    if (value < -1 || value > 100)
      return Status(npuErrorInvalidValue, "the carve-out is a percentage, or -1");
    found.function->sharedCarveout = value;
    return {};
  case npuFuncAttributeNonPortableClusterSizeAllowed:
    if (value != 0 && value != 1)
      return Status(npuErrorInvalidValue, "whether large clusters are allowed is 0 or 1");
    found.function->largeClusters = value == 1;
    return {};
  case npuFuncAttributeClusterSchedulingPolicyPreference: // a hint
    return {};
  default:
    return Status(npuErrorInvalidValue,
                  "the attribute " + std::to_string(attribute) + " cannot be set");
  }
}

// Blocks per multiprocessor by threads, shared memory and the hard limit.
Status occupancy(int *blocks, const void *hostFunction, int blockSize, size_t dynamicSharedBytes) {
  if (!blocks)
    return Status(npuErrorInvalidValue, "the result is null");
  KernelOf found;
  if (Status status = findKernel(hostFunction, found); !status)
    return status;
  if (blockSize <= 0)
    return Status(npuErrorInvalidValue, "the block has no threads");
  *blocks = int(blocksPerMultiprocessor(*found.kernel, unsigned(blockSize), dynamicSharedBytes));
  return {};
}

Status availableShared(size_t *bytes, const void *hostFunction, int blocks, int blockSize) {
  if (!bytes || blocks <= 0 || blockSize <= 0)
    return Status(npuErrorInvalidValue, "the result is null, or there are no threads");
  KernelOf found;
  if (Status status = findKernel(hostFunction, found); !status)
    return status;
  const size_t used = found.kernel->staticSharedBytes + kReservedSharedBytesPerBlock;
  const size_t each = kSharedBytesPerMultiprocessor / size_t(blocks);
  *bytes = each > used ? std::min(each - used, kSharedBytesPerBlock) : 0;
  return {};
}

Status checkFunction(const void *hostFunction) {
  std::shared_ptr<Function> function;
  return findFunction(hostFunction, function);
}

} // namespace

extern "C" {

npuError_t npuLaunchKernel(const void *function, npuDim3 grid, npuDim3 block, void **arguments,
                           size_t sharedBytes, npuStream_t stream) {
  return entry("npuLaunchKernel", trace(function, grid, block, arguments, sharedBytes, stream),
               [&] { return launchKernel(function, grid, block, arguments, sharedBytes, stream); });
}

npuError_t npuLaunchCooperativeKernel(const void *function, npuDim3 grid, npuDim3 block,
                                      void **arguments, size_t sharedBytes, npuStream_t stream) {
  return entry("npuLaunchCooperativeKernel",
               trace(function, grid, block, arguments, sharedBytes, stream), [&] {
                 return launchKernel(function, grid, block, arguments, sharedBytes, stream,
                                     {.isCooperative = true});
               });
}

npuError_t npuLaunchCooperativeKernelMultiDevice(npuLaunchParams *launches, unsigned count,
                                                 unsigned flags) {
  return entry("npuLaunchCooperativeKernelMultiDevice", trace(launches, count, flags), [&] {
    if (!launches || count != 1)
      return Status(npuErrorInvalidValue, "a cooperative launch is for one device, the only one");
    const npuLaunchParams &launch = *launches;
    return launchKernel(launch.func, launch.gridDim, launch.blockDim, launch.args, launch.sharedMem,
                        launch.stream, {.isCooperative = true});
  });
}

npuError_t npuFuncGetAttributes(npuFuncAttributes *attributes, const void *function) {
  return entry("npuFuncGetAttributes", trace(attributes, function), [&] {
    return attributes ? attributesOf(function, *attributes)
                      : Status(npuErrorInvalidValue, "the result is null");
  });
}

npuError_t npuFuncSetAttribute(const void *function, npuFuncAttribute attribute, int value) {
  return entry("npuFuncSetAttribute", trace(function, attribute, value),
               [&] { return setAttribute(function, attribute, value); });
}

npuError_t npuFuncSetCacheConfig(const void *function, npuFuncCache preference) {
  return entry("npuFuncSetCacheConfig", trace(function, preference),
               [&] { return checkFunction(function); });
}

npuError_t npuFuncSetSharedMemConfig(const void *function, npuSharedMemConfig configuration) {
  return entry("npuFuncSetSharedMemConfig", trace(function, configuration),
               [&] { return checkFunction(function); });
}

npuError_t npuFuncGetName(const char **name, const void *function) {
  return entry("npuFuncGetName", trace(name, function), [&] {
    std::shared_ptr<Function> found;
    if (!name)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findFunction(function, found); !status)
      return status;
    *name = found->name.c_str();
    return Status();
  });
}

npuError_t npuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *function,
                                                        int blockSize, size_t dynamicSharedBytes) {
  return entry("npuOccupancyMaxActiveBlocksPerMultiprocessor",
               trace(blocks, function, blockSize, dynamicSharedBytes),
               [&] { return occupancy(blocks, function, blockSize, dynamicSharedBytes); });
}

npuError_t npuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *function,
                                                                 int blockSize,
                                                                 size_t dynamicSharedBytes,
                                                                 unsigned int flags) {
  return entry("npuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags",
               trace(blocks, function, blockSize, dynamicSharedBytes, flags),
               [&] { return occupancy(blocks, function, blockSize, dynamicSharedBytes); });
}

npuError_t npuOccupancyAvailableDynamicSMemPerBlock(size_t *bytes, const void *function, int blocks,
                                                    int blockSize) {
  return entry("npuOccupancyAvailableDynamicSMemPerBlock",
               trace(bytes, function, blocks, blockSize),
               [&] { return availableShared(bytes, function, blocks, blockSize); });
}

} // extern "C"
