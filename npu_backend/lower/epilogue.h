// What happens to a tile of sums on its way out: scaled, C and bias added, activated by the vector
// unit a few rows at a time, and stored as a three-dimensional block. Shared by the convolutions.
#pragma once

#include "lower/lower.h"

namespace npu::backend {

// Where a tile of sums [m, rows x columns] goes: element offsets and strides in D and C.
struct ResultBlock {
  uint64_t m = 0, rows = 0, columns = 0;
  int64_t offset = 0, strideM = 0, strideRows = 0, strideColumns = 0;
  int64_t offsetC = 0, strideMC = 0, strideRowsC = 0, strideColumnsC = 0;
  int64_t biasFirst = 0; // index of row 0's bias
  uint64_t sums = 0;     // accumulator address
  bool products = true;  // false: the sums count as zero
};

class Epilogue {
public:
  // `address`: where its buffers start in the scratchpad.
  Epilogue(const TensorOp &op, const ProductChoice &choice, ProgramBuilder &builder,
           uint64_t stageElements, uint64_t biasElements, uint64_t address);
  // Bytes that the buffers take.
  static uint64_t bytes(bool bias, uint64_t stageElements, uint64_t biasElements);
  void emit(const ResultBlock &block);

private:
  void loadBias(const ResultBlock &block);
  void rowsOf(const ResultBlock &block, uint64_t row, uint64_t rows);
  VectorInstruction scale(const ResultBlock &block, uint64_t row, uint64_t rows,
                          uint64_t stage) const;
  void addBias(VectorInstruction &vector, uint64_t row) const;
  void store(const ResultBlock &block, uint64_t row, uint64_t rows, uint64_t stage);

  const TensorOp &op;
  const ProductChoice &choice;
  ProgramBuilder &builder;
  const uint64_t stageElements, address, strideStage, strideBias;
  const bool hasC, hasBias;
  BoundTensor c, bias, d;
  Format result, sums;
  uint64_t stageIndex = 0, blockIndex = 0;
};

} // namespace npu::backend
