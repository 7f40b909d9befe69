// Occupancy, from the emulated device's limits.
#include "module.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status occupancy(int *blocks, npudrv_function function, int blockSize, size_t sharedBytes) {
  Status status = checkFunction(function);
  return status ? done(npuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, blockSize,
                                                                    sharedBytes))
                : status;
}

// The largest block, in steps of a warp, with which most threads are resident.
Status bestBlock(int *minGridSize, int *blockSize, npudrv_function function,
                 npudrv_occupancyB2DSize sharedOfBlock, size_t sharedBytes, int limit) {
  int most = 0, processors = 0, device = 0, best = 0, bestBlocks = 0;
  if (!minGridSize || !blockSize)
    return nullResult();
  npuFuncAttributes attributes;
  if (Status status = checkFunction(function); !status)
    return status;
  if (Status status = done(npuFuncGetAttributes(&attributes, function)); !status)
    return status;
  most = attributes.maxThreadsPerBlock;
  if (limit > 0 && limit < most)
    most = limit;
  for (int size = (most + 31) / 32 * 32; size > 0; size -= 32) {
    const int threads = size < most ? size : most;
    const size_t shared = sharedOfBlock ? sharedOfBlock(threads) : sharedBytes;
    int blocks = 0;
    if (Status status = occupancy(&blocks, function, threads, shared); !status)
      return status;
    if (blocks * threads > bestBlocks * best) {
      best = threads;
      bestBlocks = blocks;
    }
  }
  if (Status status = done(npuGetDevice(&device)); !status)
    return status;
  if (Status status =
          done(npuDeviceGetAttribute(&processors, npuDevAttrMultiProcessorCount, device));
      !status)
    return status;
  *blockSize = best;
  *minGridSize = bestBlocks * processors;
  return {};
}

// `ask` of the runtime, about clusters in a launch.
template <class Ask>
Status clusters(npudrv_function function, const npudrv_launchConfig *configuration, Ask ask) {
  if (!configuration)
    return Status(npuErrorInvalidValue, "the configuration is null");
  if (Status status = checkFunction(function); !status)
    return status;
  const npudrv_launchConfig &c = *configuration;
  const npuLaunchConfig_t same = {{c.gridDimX, c.gridDimY, c.gridDimZ},
                                  {c.blockDimX, c.blockDimY, c.blockDimZ},
                                  c.sharedMemBytes,
                                  c.hStream,
                                  reinterpret_cast<npuLaunchAttribute *>(c.attrs),
                                  c.numAttrs};
  return done(ask(&same));
}

} // namespace

extern "C" {

npudrv_result npudrvOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, npudrv_function function,
                                                              int blockSize, size_t sharedBytes) {
  return call("cuOccupancyMaxActiveBlocksPerMultiprocessor",
              [&] { return occupancy(blocks, function, blockSize, sharedBytes); });
}

npudrv_result npudrvOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int *blocks, npudrv_function function, int blockSize, size_t sharedBytes, unsigned int) {
  return call("cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags",
              [&] { return occupancy(blocks, function, blockSize, sharedBytes); });
}

npudrv_result npudrvOccupancyMaxPotentialBlockSize(int *minGridSize, int *blockSize,
                                                   npudrv_function function,
                                                   npudrv_occupancyB2DSize sharedOfBlock,
                                                   size_t sharedBytes, int limit) {
  return call("cuOccupancyMaxPotentialBlockSize", [&] {
    return bestBlock(minGridSize, blockSize, function, sharedOfBlock, sharedBytes, limit);
  });
}

npudrv_result npudrvOccupancyAvailableDynamicSMemPerBlock(size_t *bytes, npudrv_function function,
                                                          int blocks, int blockSize) {
  return call("cuOccupancyAvailableDynamicSMemPerBlock", [&] {
    Status status = checkFunction(function);
    return status
               ? done(npuOccupancyAvailableDynamicSMemPerBlock(bytes, function, blocks, blockSize))
               : status;
  });
}

npudrv_result npudrvOccupancyMaxPotentialBlockSizeWithFlags(int *minGridSize, int *blockSize,
                                                            npudrv_function function,
                                                            npudrv_occupancyB2DSize sharedOfBlock,
                                                            size_t sharedBytes, int limit,
                                                            unsigned int) {
  return call("cuOccupancyMaxPotentialBlockSizeWithFlags", [&] {
    return bestBlock(minGridSize, blockSize, function, sharedOfBlock, sharedBytes, limit);
  });
}

npudrv_result npudrvOccupancyMaxActiveClusters(int *clusterCount, npudrv_function function,
                                               const npudrv_launchConfig *configuration) {
  return call("cuOccupancyMaxActiveClusters", [&] {
    return clusters(function, configuration, [&](const npuLaunchConfig_t *same) {
      return npuOccupancyMaxActiveClusters(clusterCount, function, same);
    });
  });
}

npudrv_result npudrvOccupancyMaxPotentialClusterSize(int *blocks, npudrv_function function,
                                                     const npudrv_launchConfig *configuration) {
  return call("cuOccupancyMaxPotentialClusterSize", [&] {
    return clusters(function, configuration, [&](const npuLaunchConfig_t *same) {
      return npuOccupancyMaxPotentialClusterSize(blocks, function, same);
    });
  });
}

} // extern "C"
