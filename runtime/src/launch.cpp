// From a launch as the host code writes it to a Launch command; see launch.h.
#include "launch.h"

#include "devices.h"
#include "log.h"
#include "services.h"

#include <algorithm>
#include <cstring>
#include <thread>

namespace npu::core {
namespace {

std::string text(const npuDim3 &extent) {
  return "(" + std::to_string(extent.x) + ", " + std::to_string(extent.y) + ", " +
         std::to_string(extent.z) + ")";
}

Status checkExtents(const KernelImage::Kernel &kernel, const npuDim3 &grid, const npuDim3 &block) {
  const unsigned gridSizes[3] = {grid.x, grid.y, grid.z};
  const unsigned blockSizes[3] = {block.x, block.y, block.z};
  for (int axis = 0; axis < 3; ++axis) {
    if (gridSizes[axis] == 0 || gridSizes[axis] > kMaxGrid[axis])
      return Status(npuErrorInvalidConfiguration,
                    kernel.sourceName + ": the grid " + text(grid) +
                        " must be from (1, 1, 1) to (2147483647, 65535, 65535)");
    if (blockSizes[axis] == 0 || blockSizes[axis] > kMaxBlock[axis])
      return Status(npuErrorInvalidConfiguration,
                    kernel.sourceName + ": the block " + text(block) +
                        " must be from (1, 1, 1) to (1024, 1024, 64)");
  }
  const uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (threads > kMaxThreadsPerBlock)
    return Status(npuErrorInvalidConfiguration,
                  kernel.sourceName + ": the block " + text(block) + " has more than 1024 threads");
  if (threads > kernel.maxThreadsPerBlock)
    return Status(npuErrorLaunchOutOfResources,
                  kernel.sourceName + ": the block " + text(block) + " has more than the " +
                      std::to_string(kernel.maxThreadsPerBlock) + " threads of its launch bounds");
  return {};
}

// Without the attribute, static and dynamic memory share 48 KiB; with it, the attribute's value is
// the bound of the dynamic part.
Status checkShared(const KernelImage::Kernel &kernel, const Function &function,
                   size_t dynamicBytes) {
  const int allowed = function.maxDynamicSharedBytes;
  const size_t whole = kernel.staticSharedBytes + dynamicBytes;
  const bool fits = allowed >= 0 && size_t(allowed) >= dynamicBytes
                        ? whole <= kSharedBytesPerBlockOptIn && whole >= dynamicBytes
                        : whole <= kSharedBytesPerBlock && whole >= dynamicBytes;
  if (fits)
    return {};
  return Status(npuErrorInvalidValue,
                kernel.sourceName + ": " + std::to_string(kernel.staticSharedBytes) + " + " +
                    std::to_string(dynamicBytes) +
                    " bytes of shared memory are more than 48 KiB; up to 163 KiB are granted by "
                    "npuFuncSetAttribute with npuFuncAttributeMaxDynamicSharedMemorySize");
}

// All blocks of a cooperative grid must be there at a time; only such a grid may synchronise.
Status checkGrid(const KernelImage::Kernel &kernel, const Launch &launch, const GridKind &kind) {
  if (!kind.isCooperative && kernel.synchronizesGrid)
    return Status(npuErrorLaunchFailure, kernel.sourceName +
                                             " synchronises its grid: launch it with "
                                             "npuLaunchCooperativeKernel");
  const uint64_t resident =
      uint64_t(kMultiprocessors) *
      blocksPerMultiprocessor(kernel, unsigned(launch.block.count()), launch.dynamicSharedBytes);
  if (!kind.isCooperative || launch.grid.count() <= resident)
    return {};
  return Status(npuErrorCooperativeLaunchTooLarge,
                kernel.sourceName + ": a cooperative grid of " +
                    std::to_string(launch.grid.count()) + " blocks; at most " +
                    std::to_string(resident) +
                    " are there at a time (npuOccupancyMaxActiveBlocksPerMultiprocessor)");
}

// The blocks of a cluster, which have to divide the grid's.
Status chooseCluster(const KernelImage::Kernel &kernel, const Function &function,
                     const npuDim3 &asked, Launch &launch) {
  const npuDim3 compiled{kernel.cluster[0], kernel.cluster[1], kernel.cluster[2]};
  const npuDim3 &chosen = asked.x != 0 ? asked : compiled;
  if (chosen.x == 0)
    return {};
  auto refuse = [&](const std::string &why) {
    return Status(npuErrorInvalidClusterSize,
                  kernel.sourceName + ": clusters of " + text(chosen) + " blocks: " + why);
  };
  launch.cluster = {chosen.x, chosen.y, chosen.z};
  const unsigned most = function.largeClusters ? kLargeClusterBlocks : kClusterBlocks;
  if (compiled.x != 0 &&
      (compiled.x != chosen.x || compiled.y != chosen.y || compiled.z != chosen.z))
    return refuse("the kernel was compiled for " + text(compiled));
  if (chosen.y == 0 || chosen.z == 0 || launch.cluster.count() > most)
    return refuse("there may be 1 to " + std::to_string(most) +
                  "; 16 with npuFuncAttributeNonPortableClusterSizeAllowed");
  if (launch.grid.x % chosen.x || launch.grid.y % chosen.y || launch.grid.z % chosen.z)
    return refuse("they must divide the grid's, " +
                  text({launch.grid.x, launch.grid.y, launch.grid.z}));
  return {};
}

// The addresses of variables and services.
Status packHidden(Binary &binary, Launch &launch, std::vector<uint8_t> &packed) {
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  std::vector<void *> globals;
  if (kernel.hiddenGlobals.empty())
    return {};
  if (Status status = binary.globals(globals); !status)
    return status;
  for (const KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals) {
    void *place = globals[hidden.global];
    const std::string &name = launch.image->globals[hidden.global].name;
    if (isService(name))
      if (Status status = provideService(name, launch, &place); !status)
        return status;
    const uint64_t address = uint64_t(reinterpret_cast<uintptr_t>(place));
    std::memcpy(packed.data() + hidden.offset, &address, sizeof address);
  }
  return {};
}

// How many blocks of one row are executed together: enough threads to walk along memory, and few
// enough to leave every core some.
uint32_t stripBlocks(const KernelImage::Kernel &kernel, const Launch &launch) {
  constexpr uint64_t kStripThreads = 1024, kStripsPerCore = 4; // measured
  if (!kernel.mostStripWarps || launch.block.y * launch.block.z == 1)
    return 1;
  static const uint64_t cores = std::max(1u, std::thread::hardware_concurrency()); // a system call
  const uint64_t wanted = (kStripThreads + launch.block.x - 1) / launch.block.x;
  const uint64_t warps = (launch.block.count() + kWarpThreads - 1) / kWarpThreads;
  const uint64_t most =
      std::min(kernel.mostStripWarps / warps, launch.grid.count() / (cores * kStripsPerCore));
  return uint32_t(std::clamp<uint64_t>(std::min(wanted, most), 1, launch.grid.x));
}

Status packArguments(Binary &binary, void **arguments, Launch &launch) {
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  std::vector<uint8_t> &packed = launch.arguments;
  packed.assign(kernel.argumentBytes, 0);
  launch.stripBlocks = stripBlocks(kernel, launch);
  if (kernel.executesBlocks) {
    const uint32_t words[] = {launch.block.x, launch.block.y, launch.block.z, launch.stripBlocks,
                              launch.grid.x};
    std::memcpy(packed.data() + kernel.blockExtentOffset, words, kernel.extentBytes());
  }
  if (!kernel.parameters.empty() && !arguments)
    return Status(npuErrorInvalidValue, kernel.sourceName + ": the arguments are null");
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const KernelImage::Parameter &parameter = kernel.parameters[i];
    if (!arguments[i])
      return Status(npuErrorInvalidValue,
                    kernel.sourceName + ": argument " + std::to_string(i) + " is null");
    std::memcpy(packed.data() + parameter.offset, arguments[i], parameter.size);
  }
  return packHidden(binary, launch, packed);
}

} // namespace

unsigned blocksPerMultiprocessor(const KernelImage::Kernel &kernel, unsigned threads,
                                 size_t dynamicSharedBytes) {
  if (threads == 0 || threads > std::min(kernel.maxThreadsPerBlock, kMaxThreadsPerBlock))
    return 0;
  const unsigned whole = (threads + kWarpThreads - 1) / kWarpThreads * kWarpThreads;
  const size_t shared =
      kernel.staticSharedBytes + dynamicSharedBytes + kReservedSharedBytesPerBlock;
  if (dynamicSharedBytes > kSharedBytesPerBlockOptIn || shared > kSharedBytesPerMultiprocessor)
    return 0;
  return unsigned(
      std::min({size_t(kBlocksPerMultiprocessor), size_t(kThreadsPerMultiprocessor / whole),
                kSharedBytesPerMultiprocessor / shared}));
}

Status prepareLaunch(const void *hostFunction, npuDim3 grid, npuDim3 block, void **arguments,
                     size_t sharedBytes, Launch &launch, const GridKind &kind) {
  std::shared_ptr<Function> function;
  if (Status status = findFunction(hostFunction, function); !status)
    return status;
  return prepareLaunch(*function, grid, block, arguments, sharedBytes, launch, kind);
}

Status prepareLaunch(Function &function, npuDim3 grid, npuDim3 block, void **arguments,
                     size_t sharedBytes, Launch &launch, const GridKind &kind) {
  if (Status status = resolveFunction(function, launch.image, launch.kernel); !status)
    return status;
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  if (Status status = checkExtents(kernel, grid, block); !status)
    return status;
  if (Status status = checkShared(kernel, function, sharedBytes); !status)
    return status;
  launch.grid = {grid.x, grid.y, grid.z};
  launch.block = {block.x, block.y, block.z};
  for (const KernelImage::Variant &variant : kernel.variants)
    if (covers(variant.shape, launch.grid, launch.block)) {
      launch.kernel = variant.kernel;
      break;
    }
  launch.dynamicSharedBytes = sharedBytes;
  if (Status status = checkGrid(kernel, launch, kind); !status)
    return status;
  if (Status status = chooseCluster(kernel, function, kind.cluster, launch); !status)
    return status;
  return packArguments(*function.binary, arguments, launch);
}

Status launchKernel(const void *hostFunction, npuDim3 grid, npuDim3 block, void **arguments,
                    size_t sharedBytes, npuStream_t stream, const GridKind &kind) {
  Launch launch;
  if (Status status =
          prepareLaunch(hostFunction, grid, block, arguments, sharedBytes, launch, kind);
      !status)
    return status;
  Submission submission;
  submission.function = hostFunction;
  submission.isCooperative = kind.isCooperative;
  return submit(stream, std::move(launch), std::move(submission));
}

} // namespace npu::core
