// The common way of operations along dimensions (softmax, norms, reductions): the dimensions worked
// along become the columns, the others the rows of a matrix; blocks of rows stream through the
// scratchpad, two in flight, and a body of vector instructions works on each. fp32 on chip.
#pragma once

#include "lower/lower.h"

#include <functional>

namespace npu::backend {

// One operand of a block: a matrix, or a value per row or per column that stands for all others.
struct RowValue {
  uint64_t address = 0, pitch = 0;
  bool repeat = false;
};

class RowBlock {
public:
  uint64_t rows = 0, columns = 0;
  // dst = function(alpha * a, beta * b); `dst` of perRow values has one column.
  VectorInstruction &vector(VectorFunction function, const RowValue &dst, const RowValue &a,
                            const RowValue &b = {}, double alpha = 1, double beta = 1);
  // dst[row] = fold of a's row.
  void reduce(ReduceFunction function, const RowValue &dst, const RowValue &a);
  std::vector<Operation> operations;
};

class RowLowering {
public:
  // `sizes`: of every operand; `columns`: ascending dimensions.
  RowLowering(std::vector<int64_t> sizes, const std::vector<int64_t> &columns);
  // Operands with strides of 0 (or sizes of 1) along all columns are one value per row; along all
  // rows, one row for all. Results and scratch are as large as said.
  size_t source(const Tensor &tensor);
  size_t result(const Tensor &tensor);
  size_t matrix();    // scratch
  size_t rowVector(); // scratch

  // Fails with the scratchpad that one row needs.
  Status check(const NpuConfig &config);
  using Body = std::function<void(RowBlock &, const std::vector<RowValue> &)>;
  Status lower(const NpuConfig &config, const Body &body, Lowered &lowered);

private:
  struct Operand {
    Tensor tensor;
    bool isSource = false, isResult = false, perRow = false, perColumn = false;
  };
  struct Loop {
    int64_t extent = 1;
    std::vector<int64_t> strides; // per operand, in elements
  };
  size_t add(Operand operand);
  std::vector<Loop> loopsOf(bool columns) const;
  uint64_t elementsOf(const Operand &operand, uint64_t rows) const;
  uint64_t slotBytes(uint64_t rows) const;
  void plan(const NpuConfig &config);
  template <typename Transfer>
  void transfers(size_t operand, int64_t offset, uint64_t rows, uint64_t address,
                 const std::function<void(Transfer)> &emit) const;

  std::vector<int64_t> sizes;
  std::vector<bool> isColumn;
  std::vector<Operand> operands;
  std::vector<Loop> rowLoops, columnLoops; // outermost first
  std::vector<BoundTensor> bound;
  uint64_t columnCount = 1, blockRows = 0;
};

// alpha, C (the source `c`, when beta is not 0) and the activation as the last steps of a body:
// dst = activation(alpha * value + beta * C).
void finishRows(const TensorOp &op, RowBlock &block, const RowValue &dst, const RowValue &value,
                const RowValue *c);
// Refusals that all of these ops share; `sources` without C.
Status checkRowOperands(const TensorOp &op, size_t sources);
// Of ops whose sources, and C, have the sizes of the result.
Status checkSameSizes(const TensorOp &op, size_t sources);

} // namespace npu::backend
