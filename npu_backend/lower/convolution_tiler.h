// Tiles of a convolution view: so many outputs x rows x columns of results stay in the accumulator
// while channels stream. When all channels fit, the filter tile stays on chip for every image and
// position, so it is read once; else it is read for each tile of results. The image is read once
// per tile of outputs, with the overlap of windows. Least traffic first, then fewest cycles.
#pragma once

#include "lower/convolution_view.h"
#include "tiler.h"

namespace npu::backend {

struct ConvolutionTiling {
  uint64_t outputs = 1, rows = 1, columns = 1, channels = 1; // extents of a tile
  uint64_t imageBytes = 0, filterBytes = 0;                  // of one buffer
  uint64_t stageElements = 0, sumBytes = 0;                  // of one buffer
  unsigned sumBuffers = 2;
  bool filterStays = false;
  uint64_t trafficBytes = 0; // DRAM reads of image and filter
};

// Fails with the smallest scratchpad or accumulator that would do, or what the instruction set
// cannot express.
// One tiling for all views of an op, whose buffers are as large as any of them needs.
Status chooseConvolutionTiling(const NpuConfig &config, const std::vector<ConvolutionView> &views,
                               const ProductChoice &choice, const TensorOp &op,
                               ConvolutionTiling &tiling,
                               std::vector<TilingCandidate> *considered = nullptr);

} // namespace npu::backend
