// Fast arithmetic of one Multiply instruction, through oneDNN. How the product is named decides the
// values: formats are widened exactly or multiplied natively, sums are fp32 or int32.
// Used by one thread at a time; shares big tiles over the pool.
#pragma once

#include "isa.h"
#include "worker_pool.h"

#include <memory>

namespace npu::backend {

// Operands in host memory, already bounds-checked: pointers to element [0,0] as stored.
struct TileOperands {
  const void *a = nullptr, *b = nullptr;
  void *sums = nullptr;
};

class TileMath {
public:
  explicit TileMath(WorkerPool &pool);
  ~TileMath();
  // Fails when int32 sums overflow, or when the host is out of memory.
  Status multiply(const MultiplyInstruction &shape, const TileOperands &operands);

private:
  class Primitives;
  std::unique_ptr<Primitives> primitives;
};

} // namespace npu::backend
