// Chooses the tiles of a matrix product for the configured buffers. First by DRAM traffic (tiles
// Tm x Tn with K streamed read A ceil(N/Tn) times and B ceil(M/Tm) times), then by estimated
// cycles. Traffic comes first so that a larger scratchpad can never make it worse.
#pragma once

#include "isa.h"
#include "npu_config.h"

namespace npu::backend {

struct GemmShape {
  uint64_t batch = 1, m = 0, n = 0, k = 0;
  Product product = Product::Bf16x9;
  Format operandA = Format::F32, operandB = Format::F32; // in the scratchpad
  bool transposedA = false, transposedB = false;         // stored there as [k,m], [n,k]
  unsigned dramBytesA = 4, dramBytesB = 4;               // per element in DRAM
  bool bias = false;
};

struct GemmTiling {
  uint64_t m = 0, n = 0, k = 0;                // tile extents
  unsigned operandBuffers = 2, sumBuffers = 2; // 2: double-buffered; 1: the whole product at once
  uint64_t stageRows = 0;                      // rows of a tile that leave at once
  uint64_t addressA = 0, addressB = 0, addressStage = 0, addressBias = 0; // first buffers
  uint64_t strideA = 0, strideB = 0, strideStage = 0, strideBias = 0;     // to the second ones
  uint64_t strideSums = 0;
  uint64_t operandTrafficBytes = 0; // DRAM reads of A and B, all batches
};

// A way to cut that was looked at, for explanations.
struct TilingCandidate {
  std::string tiles;         // "128x64x256"
  uint64_t trafficBytes = 0; // DRAM reads of the operands
  double cycles = 0;         // estimated; 0: not needed to decide
  bool fits = true;
};

// Fails with the smallest scratchpad or accumulator that would do. `considered`: when set, gets
// every candidate in the order in which they were looked at.
Status chooseTiling(const NpuConfig &config, const GemmShape &shape, GemmTiling &tiling,
                    std::vector<TilingCandidate> *considered = nullptr);

} // namespace npu::backend
