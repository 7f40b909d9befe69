// Kernel launches: CUDA's checks of a configuration, and the argument struct. Any thread.
#pragma once

#include "registration.h"
#include "stream.h"

#include "npu/vector_types.h"

namespace npu::core {

// The limits of the emulated device; device_properties.cpp tells programs the same figures.
constexpr unsigned kMaxThreadsPerBlock = 1024;
constexpr unsigned kMaxBlock[3] = {1024, 1024, 64};
constexpr unsigned kMaxGrid[3] = {2147483647, 65535, 65535};
constexpr size_t kSharedBytesPerBlock = 48 * 1024;
constexpr size_t kSharedBytesPerBlockOptIn = 163 * 1024;
constexpr size_t kSharedBytesPerMultiprocessor = 164 * 1024;
constexpr size_t kReservedSharedBytesPerBlock = 1024;
constexpr unsigned kMultiprocessors = 16;
constexpr unsigned kThreadsPerMultiprocessor = 2048;
constexpr unsigned kBlocksPerMultiprocessor = 32;
constexpr unsigned kWarpThreads = 32;

// By threads, shared memory and the hard limit; 0: such a block does not fit at all.
unsigned blocksPerMultiprocessor(const KernelImage::Kernel &kernel, unsigned threads,
                                 size_t dynamicSharedBytes);

constexpr unsigned kClusterBlocks = 8, kLargeClusterBlocks = 16;
// What a launch says of its grid besides the extents.
struct GridKind {
  bool isCooperative = false; // it is there as a whole, and may synchronise
  npuDim3 cluster{0, 0, 0};   // blocks; 0: as the kernel was compiled
};
// The checked command of a launch, arguments copied.
Status prepareLaunch(const void *function, npuDim3 grid, npuDim3 block, void **arguments,
                     size_t sharedBytes, Launch &launch, const GridKind &kind = {});
Status prepareLaunch(Function &function, npuDim3 grid, npuDim3 block, void **arguments,
                     size_t sharedBytes, Launch &launch, const GridKind &kind = {});
Status launchKernel(const void *function, npuDim3 grid, npuDim3 block, void **arguments,
                    size_t sharedBytes, npuStream_t stream, const GridKind &kind = {});

} // namespace npu::core
