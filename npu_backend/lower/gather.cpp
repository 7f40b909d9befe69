// gather: blocks of indices come into the scratchpad, the DMA engine fetches their rows of the
// table and stores them; two blocks in flight. Rows wider than a block are cut.
#include "lower/lower.h"
#include "numerics.h"

#include <algorithm>

namespace npu::backend {
namespace {

constexpr uint64_t kMostExtent = (1 << 24) - 1, kAlignment = 64;

Status refuse(const std::string &what) { return {npuErrorNotSupported, "NPU gather: " + what}; }
uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

struct Blocks {
  uint64_t rows = 0, columns = 0;
  uint64_t indexBytes() const { return aligned(rows * 4); }
  uint64_t slotBytes() const { return indexBytes() + aligned(rows * columns * 4); }
};

Blocks blocksOf(const TensorOp &op, const NpuConfig &config) {
  constexpr uint64_t kMostElements = 1 << 16; // keeps blocks short enough to overlap
  Blocks blocks;
  blocks.columns = std::min<uint64_t>(uint64_t(op.dst[0].sizes[1]), kMostExtent);
  blocks.rows = std::min<uint64_t>(uint64_t(op.dst[0].sizes[0]), kMostExtent);
  auto fits = [&] {
    return 2 * blocks.slotBytes() <= config.scratchpadBytes() &&
           blocks.rows * blocks.columns <= kMostElements;
  };
  while (!fits() && blocks.rows > 1)
    blocks.rows = (blocks.rows + 1) / 2;
  while (!fits() && blocks.columns > 1)
    blocks.columns = (blocks.columns + 1) / 2;
  return blocks;
}

} // namespace

Status checkGather(const TensorOp &op, const LoweringContext &) {
  if (op.src.size() != 2 || op.dst.size() != 1)
    return refuse("operands are missing");
  const Tensor &table = op.src[0], &index = op.src[1], &d = op.dst[0];
  if (Status status = checkTensor(table, "table", 2); !status)
    return status;
  if (Status status = checkTensor(index, "index", 1); !status)
    return status;
  if (Status status = checkTensor(d, "D", 2); !status)
    return status;
  if (index.format != Format::Int32)
    return refuse("indices are int32");
  if (d.sizes[0] != index.sizes[0] || d.sizes[1] != table.sizes[1])
    return refuse("the result is not one row of the table for each index");
  bool integers = table.format == Format::Int8 || table.format == Format::Int32;
  if (table.format != d.format &&
      (integers || d.format == Format::Int8 || d.format == Format::Int32))
    return refuse("integers are gathered as they are");
  if (uint64_t(table.sizes[0]) > 0x7fffffff)
    return refuse("a table of more than 2^31 rows");
  return {};
}

Status lowerGather(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  const Tensor &table = op.src[0], &index = op.src[1], &d = op.dst[0];
  lowered.format = formatSpelling(d.format);
  if (isEmpty(d))
    return {};
  const Blocks blocks = blocksOf(op, context.config);
  ProgramBuilder builder(lowered.program);
  // A table without rows has no memory; any index then traps.
  Tensor described = table;
  if (isEmpty(table))
    described.sizes = {1, 1}, described.strides = {1, 1};
  const BoundTensor from = builder.bind(described, false), numbers = builder.bind(index, false);
  const BoundTensor to = builder.bind(d, true);
  uint64_t step = 0;
  for (uint64_t row = 0; row < uint64_t(d.sizes[0]); row += blocks.rows)
    for (uint64_t column = 0; column < uint64_t(d.sizes[1]); column += blocks.columns, ++step) {
      const uint64_t slot = step % 2 * blocks.slotBytes();
      const uint64_t rows = std::min(blocks.rows, uint64_t(d.sizes[0]) - row);
      const uint64_t columns = std::min(blocks.columns, uint64_t(d.sizes[1]) - column);
      LoadInstruction load;
      load.window = numbers.window, load.offset = numbers.at(int64_t(row) * index.strides[0]);
      load.planes = load.rows = 1, load.columns = load.pitch = rows;
      load.columnStride = index.strides[0];
      load.address = slot;
      load.from = load.to = Format::Int32;
      builder.emit(load, step >= 2 ? kResultFree : 0, kIndicesReady);
      GatherInstruction gather;
      gather.window = from.window, gather.offset = from.at(int64_t(column) * table.strides[1]);
      gather.limit = uint64_t(table.sizes[0]);
      gather.rows = rows, gather.columns = gather.pitch = columns;
      gather.rowStride = table.strides[0], gather.columnStride = table.strides[1];
      gather.indices = slot, gather.address = slot + blocks.indexBytes();
      gather.from = table.format, gather.to = d.format;
      builder.emit(gather, kIndicesReady, kResultReady);
      StoreInstruction store;
      store.window = to.window;
      store.offset = to.at(int64_t(row) * d.strides[0] + int64_t(column) * d.strides[1]);
      store.planes = 1, store.rows = rows, store.columns = store.pitch = columns;
      store.rowStride = d.strides[0], store.columnStride = d.strides[1];
      store.address = gather.address;
      store.from = store.to = d.format;
      builder.emit(store, kResultReady, kResultFree);
    }
  return builder.finish();
}

} // namespace npu::backend
