// See rows.h.
#include "lower/rows.h"

#include <algorithm>
#include <cstdlib>

namespace npu::backend {
namespace {

constexpr uint64_t kMostPlanes = 65535, kMostExtent = (1 << 24) - 1, kAlignment = 64;

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

} // namespace

VectorInstruction &RowBlock::vector(VectorFunction function, const RowValue &dst, const RowValue &a,
                                    const RowValue &b, double alpha, double beta) {
  VectorInstruction v;
  v.function = function;
  v.rows = rows, v.columns = dst.repeat ? 1 : columns;
  v.dst = dst.address, v.pitchDst = std::max<uint64_t>(dst.pitch, v.columns);
  v.a = a.address, v.pitchA = a.pitch, v.repeatA = a.repeat;
  v.b = b.address, v.pitchB = b.pitch, v.repeatB = b.repeat;
  v.formatDst = v.formatA = v.formatB = Format::F32;
  v.alpha = float(alpha), v.beta = float(beta);
  operations.push_back(v);
  return std::get<VectorInstruction>(operations.back());
}

void RowBlock::reduce(ReduceFunction function, const RowValue &dst, const RowValue &a) {
  ReduceInstruction r;
  r.function = function;
  r.rows = rows, r.columns = columns;
  r.dst = dst.address, r.pitchDst = 1;
  r.a = a.address, r.pitchA = columns;
  operations.push_back(r);
}

RowLowering::RowLowering(std::vector<int64_t> shape, const std::vector<int64_t> &columns)
    : sizes(std::move(shape)), isColumn(sizes.size(), false) {
  for (int64_t axis : columns)
    isColumn[size_t(axis)] = true;
}

size_t RowLowering::add(Operand operand) {
  operands.push_back(std::move(operand));
  return operands.size() - 1;
}

size_t RowLowering::source(const Tensor &tensor) {
  Operand operand{tensor, true, false, true, true};
  for (size_t i = 0; i < sizes.size(); ++i)
    if (tensor.strides[i] != 0 && tensor.sizes[i] > 1)
      (isColumn[i] ? operand.perRow : operand.perColumn) = false;
  // A single value counts as one per row.
  operand.perColumn &= !operand.perRow;
  return add(operand);
}

size_t RowLowering::result(const Tensor &tensor) {
  Operand operand{tensor, false, true, true, false};
  for (size_t i = 0; i < sizes.size(); ++i)
    operand.perRow &= !isColumn[i] || tensor.sizes[i] == 1;
  bool single = true; // one column is both; as a matrix it is what bodies expect of a whole result
  for (size_t i = 0; i < sizes.size(); ++i)
    single &= tensor.sizes[i] == sizes[i];
  operand.perRow &= !single;
  return add(operand);
}

size_t RowLowering::matrix() { return add({{}, false, false, false, false}); }
size_t RowLowering::rowVector() { return add({{}, false, false, true, false}); }

// Dimensions of one kind, joined where every operand's elements continue each other.
std::vector<RowLowering::Loop> RowLowering::loopsOf(bool columns) const {
  std::vector<Loop> loops;
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    if (isColumn[dim] != columns || sizes[dim] == 1)
      continue;
    Loop loop{sizes[dim], {}};
    bool continues = !loops.empty();
    for (const Operand &operand : operands) {
      bool moves = (operand.isSource || operand.isResult) && operand.tensor.sizes[dim] > 1;
      loop.strides.push_back(moves ? operand.tensor.strides[dim] : 0);
      if (!loops.empty())
        continues &=
            loops.back().strides[loop.strides.size() - 1] == loop.strides.back() * loop.extent;
    }
    if (continues) {
      loops.back().extent *= loop.extent;
      loops.back().strides = loop.strides;
    } else {
      loops.push_back(loop);
    }
  }
  if (loops.empty())
    loops.push_back({1, std::vector<int64_t>(operands.size(), 0)});
  return loops;
}

uint64_t RowLowering::elementsOf(const Operand &operand, uint64_t rows) const {
  return operand.perRow ? rows : operand.perColumn ? columnCount : rows * columnCount;
}

uint64_t RowLowering::slotBytes(uint64_t rows) const {
  uint64_t bytes = 0;
  for (const Operand &operand : operands)
    bytes += aligned(elementsOf(operand, rows) * 4);
  return bytes;
}

void RowLowering::plan(const NpuConfig &config) {
  rowLoops = loopsOf(false), columnLoops = loopsOf(true);
  columnCount = 1;
  for (const Loop &loop : columnLoops)
    columnCount *= uint64_t(loop.extent);
  uint64_t half = config.scratchpadBytes() / 2;
  uint64_t low = 0, high = std::min(uint64_t(rowLoops.back().extent), kMostPlanes);
  // Blocks that are too large leave nothing to overlap with.
  constexpr uint64_t kMostBlock = 1 << 20;
  high = std::min(high, std::max<uint64_t>(kMostBlock / columnCount, 1));
  while (low < high) {
    uint64_t middle = (low + high + 1) / 2;
    if (slotBytes(middle) <= half)
      low = middle;
    else
      high = middle - 1;
  }
  blockRows = low;
}

Status RowLowering::check(const NpuConfig &config) {
  plan(config);
  if (columnCount > kMostExtent)
    return {npuErrorNotSupported, "the NPU folds at most 2^24 elements into one"};
  if (blockRows == 0)
    return {npuErrorNotSupported,
            "the NPU's scratchpad is too small for one row of this operation: scratchpad/kib must "
            "be at least " +
                std::to_string((2 * slotBytes(1) + 1023) / 1024)};
  return {};
}

// The transfers of one operand's part of a block: one, or one per index of the column loops that a
// transfer has no dimension for.
template <typename Transfer>
void RowLowering::transfers(size_t index, int64_t offset, uint64_t rows, uint64_t address,
                            const std::function<void(Transfer)> &emit) const {
  const Operand &operand = operands[index];
  Transfer t;
  t.window = bound[index].window;
  t.planes = operand.perColumn ? 1 : rows;
  t.planeStride = rowLoops.back().strides[index];
  t.rows = t.columns = t.pitch = 1;
  if (operand.perRow) { // one long row of values
    t.columns = t.pitch = rows, t.columnStride = t.planeStride;
    t.planes = 1, t.planeStride = 0;
    t.offset = bound[index].at(offset), t.address = address;
    emit(t);
    return;
  }
  t.planePitch = columnCount;
  const Loop &inner = columnLoops.back();
  t.columns = t.pitch = uint64_t(inner.extent), t.columnStride = inner.strides[index];
  size_t outer = columnLoops.size() - 1;
  uint64_t run = t.columns;
  if (outer > 0) {
    const Loop &middle = columnLoops[--outer];
    t.rows = uint64_t(middle.extent), t.rowStride = middle.strides[index];
    run *= t.rows;
  }
  for (uint64_t done = 0; done < columnCount; done += run) {
    int64_t place = offset;
    uint64_t rest = done / run;
    for (size_t l = outer; l-- > 0; rest /= uint64_t(columnLoops[l].extent))
      place += int64_t(rest % uint64_t(columnLoops[l].extent)) * columnLoops[l].strides[index];
    t.offset = bound[index].at(place), t.address = address + done * 4;
    emit(t);
  }
}

Status RowLowering::lower(const NpuConfig &config, const Body &body, Lowered &lowered) {
  plan(config);
  ProgramBuilder builder(lowered.program);
  for (const Operand &operand : operands)
    bound.push_back(operand.isSource || operand.isResult
                        ? builder.bind(operand.tensor, operand.isResult)
                        : BoundTensor());
  int64_t outerCount = 1;
  for (size_t l = 0; l + 1 < rowLoops.size(); ++l)
    outerCount *= rowLoops[l].extent;
  uint64_t slot = slotBytes(blockRows), index = 0;
  for (int64_t outer = 0; outer < outerCount; ++outer)
    for (uint64_t row = 0; row < uint64_t(rowLoops.back().extent); row += blockRows, ++index) {
      RowBlock block;
      block.rows = std::min(blockRows, uint64_t(rowLoops.back().extent) - row);
      block.columns = columnCount;
      std::vector<RowValue> values;
      std::vector<Operation> loads, stores;
      uint64_t address = index % 2 * slot;
      for (size_t i = 0; i < operands.size(); ++i) {
        const Operand &operand = operands[i];
        values.push_back({address,
                          operand.perColumn ? 0
                          : operand.perRow  ? 1
                                            : columnCount,
                          operand.perRow});
        int64_t offset = int64_t(row) * rowLoops.back().strides[i], rest = outer;
        for (size_t l = rowLoops.size() - 1; l-- > 0; rest /= rowLoops[l].extent)
          offset += rest % rowLoops[l].extent * rowLoops[l].strides[i];
        if (operand.isSource)
          transfers<LoadInstruction>(i, offset, block.rows, address, [&](LoadInstruction load) {
            load.from = operand.tensor.format, load.to = Format::F32;
            loads.push_back(load);
          });
        if (operand.isResult)
          transfers<StoreInstruction>(i, offset, block.rows, address, [&](StoreInstruction store) {
            store.from = Format::F32, store.to = operand.tensor.format;
            stores.push_back(store);
          });
        address += aligned(elementsOf(operand, blockRows) * 4);
      }
      body(block, values);
      auto emitAll = [&](const std::vector<Operation> &list, unsigned waits, unsigned signals) {
        for (size_t i = 0; i < list.size(); ++i)
          builder.emit(list[i], i == 0 ? waits : 0, i + 1 == list.size() ? signals : 0);
      };
      // Queues run in order, so the last transfer of a block stands for all of its transfers.
      bool reused = index >= 2;
      emitAll(loads, reused ? kSourceFree : 0, kSourceReady);
      emitAll(block.operations, kSourceReady | (reused ? kResultFree : 0),
              kSourceFree | kResultReady);
      emitAll(stores, kResultReady, kResultFree);
    }
  return builder.finish();
}

void finishRows(const TensorOp &op, RowBlock &block, const RowValue &dst, const RowValue &value,
                const RowValue *c) {
  double alpha = op.alpha.real(), beta = op.beta.real();
  bool gradient = op.kind == TensorOp::Kind::activation_gradient;
  bool activates = op.activation != Activation::None && !gradient;
  VectorInstruction &v = c ? block.vector(VectorFunction::Add, dst, value, *c, alpha, beta)
                           : block.vector(VectorFunction::Copy, dst, value, {}, alpha);
  if (activates)
    setActivation(v, op);
}

Status checkSameSizes(const TensorOp &op, size_t sources) {
  for (size_t i = 0; i < sources + (op.beta != 0.0); ++i)
    if (op.src[i].sizes != op.dst[0].sizes)
      return {npuErrorNotSupported, std::string("NPU ") + opName(op.kind) + ": shapes differ"};
  return {};
}

Status checkRowOperands(const TensorOp &op, size_t sources) {
  auto refuse = [&](const std::string &what) {
    return Status(npuErrorNotSupported, std::string("NPU ") + opName(op.kind) + ": " + what);
  };
  if (op.src.size() < sources || op.dst.empty())
    return refuse("operands are missing");
  if (op.alpha.imag() != 0 || op.beta.imag() != 0)
    return refuse("complex arithmetic is not supported");
  if (op.beta != 0.0 && op.src.size() < sources + 1)
    return refuse("operands are missing");
  size_t rank = op.src[0].sizes.size(), read = sources + (op.beta != 0.0);
  auto check = [&](const Tensor &tensor, const char *name) -> Status {
    if (Status status = checkTensor(tensor, name, rank); !status)
      return status;
    if (tensor.format == Format::Int32 || tensor.format == Format::Int8)
      return refuse(std::string("the vector unit computes in fp32, which is not exact for ") +
                    formatName(tensor.format));
    return {};
  };
  for (size_t i = 0; i < read; ++i)
    if (Status status = check(op.src[i], "of a source"); !status)
      return status;
  if (Status status = check(op.dst[0], "D"); !status)
    return status;
  for (size_t dim = 0; dim < rank; ++dim)
    if (op.dst[0].strides[dim] == 0 && op.dst[0].sizes[dim] > 1)
      return refuse("elements of D overlap");
  for (size_t i = 0; i < op.axes.size(); ++i)
    if (op.axes[i] < 0 || op.axes[i] >= int64_t(rank) || (i && op.axes[i] <= op.axes[i - 1]))
      return refuse("axes must be ascending dimensions");
  return {};
}

} // namespace npu::backend
