// What the lowerings share: their signatures and the builder of programs.
#pragma once

#include "emulator.h"
#include "precision.h"
#include "tiler.h"

namespace npu::backend {

struct LoweringContext {
  const NpuConfig &config;
  const PrecisionPolicy &policy;
  std::vector<TilingCandidate> *considered = nullptr; // gets what the tilers looked at
};

struct Lowered {
  Program program;
  std::string format;      // of the arithmetic, for the report
  double peakPerCycle = 0; // products per cycle that the array could do at best; 0: no products
  std::string tiling;      // how it was cut, in words, for reports
};

#define LOWERING(op, check, lower)                                                                 \
  Status check(const TensorOp &op, const LoweringContext &context);                                \
  Status lower(const TensorOp &op, const LoweringContext &context, Lowered &lowered);
#include "ops.def"

// A tensor as DMA sees it: where element [0,...] is in which window.
struct BoundTensor {
  uint64_t window = 0, offset = 0; // offset in bytes
  Format format = Format::F32;
  // Bytes from element 0 to the element `elements` further on in memory.
  uint64_t at(int64_t elements) const;
};

// Collects encoded instructions. The first failure sticks and is what `finish` returns.
class ProgramBuilder {
public:
  explicit ProgramBuilder(Program &program) : program(program) {}
  BoundTensor bind(const Tensor &tensor, bool writable);
  void emit(const Operation &operation, unsigned waits, unsigned signals);
  Status finish() const { return failure; }

private:
  Program &program;
  Status failure;
};

// Refusals that every lowering shares: a rank or size that does not match, a missing address, a
// format that DMA and vector unit do not have.
// `read`: whether the op will touch its memory.
Status checkTensor(const Tensor &tensor, const char *name, size_t rank, bool read = true);
bool isEmpty(const Tensor &tensor);
// The op's activation and its parameters.
void setActivation(VectorInstruction &vector, const TensorOp &op);

} // namespace npu::backend
