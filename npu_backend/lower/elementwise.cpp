// See elementwise.h.
#include "lower/elementwise.h"
#include "numerics.h"

#include <algorithm>
#include <cstdlib>

namespace npu::backend {
namespace {

// One loop over all operands: how often, and how far each operand moves (destination first).
struct Loop {
  int64_t extent;
  std::vector<int64_t> strides;
};

// Loops from outermost to innermost in the destination's memory order, with loops that continue
// each other in every operand merged. At least three; the innermost three become one block.
std::vector<Loop> loopsOf(const std::vector<const Tensor *> &operands) {
  std::vector<Loop> loops;
  for (size_t dim = 0; dim < operands[0]->sizes.size(); ++dim) {
    Loop loop{operands[0]->sizes[dim], {}};
    for (const Tensor *operand : operands)
      loop.strides.push_back(operand->strides[dim]);
    if (loop.extent != 1)
      loops.push_back(loop);
  }
  std::stable_sort(loops.begin(), loops.end(), [](const Loop &a, const Loop &b) {
    return std::abs(a.strides[0]) > std::abs(b.strides[0]);
  });
  std::vector<Loop> merged;
  for (const Loop &loop : loops) {
    bool continues = !merged.empty();
    for (size_t i = 0; continues && i < loop.strides.size(); ++i)
      continues = merged.back().strides[i] == loop.strides[i] * loop.extent;
    if (continues) {
      merged.back().extent *= loop.extent;
      merged.back().strides = loop.strides;
    } else {
      merged.push_back(loop);
    }
  }
  while (merged.size() < 3)
    merged.insert(merged.begin(), Loop{1, std::vector<int64_t>(operands.size(), 0)});
  return merged;
}

class ElementwiseLowering {
public:
  ElementwiseLowering(const std::vector<const Tensor *> &operands,
                      const VectorInstruction &instruction, const NpuConfig &config,
                      Lowered &lowered)
      : operands(operands), vector(instruction), builder(lowered.program),
        loops(loopsOf(operands)) {
    for (size_t i = 0; i < operands.size(); ++i)
      bound.push_back(builder.bind(*operands[i], i == 0));
    // Two slots, each with room for the sources; the result takes the first source's place.
    uint64_t sources = operands.size() - 1;
    constexpr uint64_t kMostElements = 1 << 18;
    slotElements = std::min(config.scratchpadBytes() / (2 * sources * 4) / 16 * 16, kMostElements);
  }

  Status run() {
    splitLongRows();
    visit(0, std::vector<int64_t>(operands.size(), 0));
    return builder.finish();
  }

private:
  using Offsets = std::vector<int64_t>; // in elements, per operand

  // A single long row becomes rows of kRow and a rest, so that blocks are as large as they can be.
  void splitLongRows() {
    constexpr int64_t kRow = 4096;
    Loop &columns = loops.back(), &rows = loops[loops.size() - 2];
    if (rows.extent != 1 || columns.extent <= kRow || uint64_t(kRow) > slotElements)
      return;
    rest = columns.extent % kRow;
    rows.extent = columns.extent / kRow;
    for (size_t i = 0; i < operands.size(); ++i)
      rows.strides[i] = columns.strides[i] * kRow;
    columns.extent = kRow;
  }

  void visit(size_t depth, const Offsets &offsets) {
    if (depth + 3 == loops.size()) {
      blocks(offsets);
      return;
    }
    for (int64_t i = 0; i < loops[depth].extent; ++i)
      visit(depth + 1, moved(offsets, depth, i));
  }

  Offsets moved(Offsets offsets, size_t loop, int64_t steps) const {
    for (size_t i = 0; i < offsets.size(); ++i)
      offsets[i] += loops[loop].strides[i] * steps;
    return offsets;
  }

  // The three innermost loops, in blocks that fit a slot.
  void blocks(const Offsets &offsets) {
    size_t planeLoop = loops.size() - 3, rowLoop = planeLoop + 1, columnLoop = planeLoop + 2;
    int64_t planes = loops[planeLoop].extent, rows = loops[rowLoop].extent;
    int64_t columns = loops[columnLoop].extent, slot = int64_t(slotElements);
    constexpr int64_t kMostPlanes = 65535;
    int64_t blockColumns = std::min(columns, slot);
    int64_t blockRows = std::clamp<int64_t>(slot / blockColumns, 1, rows);
    int64_t blockPlanes = blockRows < rows ? 1
                                           : std::clamp<int64_t>(slot / (blockColumns * blockRows),
                                                                 1, std::min(planes, kMostPlanes));
    for (int64_t plane = 0; plane < planes; plane += blockPlanes)
      for (int64_t row = 0; row < rows; row += blockRows)
        for (int64_t column = 0; column < columns; column += blockColumns)
          block(moved(moved(moved(offsets, planeLoop, plane), rowLoop, row), columnLoop, column),
                std::min(blockPlanes, planes - plane), std::min(blockRows, rows - row),
                std::min(blockColumns, columns - column));
    if (rest)
      for (int64_t plane = 0; plane < planes; ++plane)
        block(moved(moved(offsets, planeLoop, plane), rowLoop, rows), 1, 1, rest);
  }

  template <typename Transfer>
  Transfer transfer(size_t operand, const Offsets &offsets, int64_t planes, int64_t rows,
                    int64_t columns) const {
    Transfer t;
    t.window = bound[operand].window;
    t.offset = bound[operand].at(offsets[operand]);
    t.planes = uint64_t(planes), t.rows = uint64_t(rows), t.columns = uint64_t(columns);
    t.planeStride = loops[loops.size() - 3].strides[operand];
    t.rowStride = loops[loops.size() - 2].strides[operand];
    t.columnStride = loops.back().strides[operand];
    t.pitch = t.columns;
    return t;
  }

  void block(const Offsets &offsets, int64_t planes, int64_t rows, int64_t columns) {
    uint64_t slotBytes = slotElements * 4, sources = operands.size() - 1;
    uint64_t base = blockIndex % 2 * sources * slotBytes;
    for (size_t i = 1; i <= sources; ++i) {
      auto load = transfer<LoadInstruction>(i, offsets, planes, rows, columns);
      load.address = base + (i - 1) * slotBytes;
      load.from = operands[i]->format, load.to = Format::F32;
      builder.emit(load, i == 1 && blockIndex >= 2 ? kResultFree : 0,
                   i == sources ? kSourceReady : 0);
    }
    VectorInstruction v = vector;
    v.rows = uint64_t(planes * rows), v.columns = uint64_t(columns);
    v.dst = v.a = base, v.b = base + slotBytes;
    v.pitchDst = v.pitchA = v.pitchB = uint64_t(columns);
    v.formatDst = v.formatA = v.formatB = Format::F32;
    builder.emit(v, kSourceReady, kResultReady);
    auto store = transfer<StoreInstruction>(0, offsets, planes, rows, columns);
    store.address = base;
    store.from = Format::F32, store.to = operands[0]->format;
    builder.emit(store, kResultReady, kResultFree);
    ++blockIndex;
  }

  const std::vector<const Tensor *> &operands; // destination first
  const VectorInstruction &vector;
  ProgramBuilder builder;
  std::vector<Loop> loops;
  std::vector<BoundTensor> bound;
  uint64_t slotElements = 0, blockIndex = 0;
  int64_t rest = 0;
};

} // namespace

Status checkElementwise(const TensorOp &op, size_t sources) {
  auto refuse = [&](const std::string &what) {
    return Status(npuErrorNotSupported, "NPU elementwise: " + what);
  };
  if (op.src.size() < sources || op.dst.size() != 1)
    return refuse("operands are missing");
  if (op.alpha.imag() != 0 || op.beta.imag() != 0)
    return refuse("complex arithmetic is not supported");
  for (size_t i = 0; i <= sources; ++i) {
    const Tensor &tensor = i == sources ? op.dst[0] : op.src[i];
    const char *name = i == sources ? "D" : i == 0 ? "A" : "B";
    if (Status status = checkTensor(tensor, name, op.dst[0].sizes.size()); !status)
      return status;
    if (tensor.sizes != op.dst[0].sizes)
      return refuse(std::string("tensor ") + name + " does not have D's sizes");
    if (tensor.format == Format::Int32 || tensor.format == Format::Int8)
      return refuse(std::string("the vector unit computes in fp32, which is not exact for ") +
                    formatSpelling(tensor.format));
  }
  for (size_t dim = 0; dim < op.dst[0].sizes.size(); ++dim)
    if (op.dst[0].strides[dim] == 0 && op.dst[0].sizes[dim] > 1)
      return refuse("elements of D overlap");
  return {};
}

Status lowerElementwise(const TensorOp &op, size_t sources, const VectorInstruction &instruction,
                        const LoweringContext &context, Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  std::vector<const Tensor *> operands{&op.dst[0]};
  for (size_t i = 0; i < sources; ++i)
    operands.push_back(&op.src[i]);
  return ElementwiseLowering(operands, instruction, context.config, lowered).run();
}

} // namespace npu::backend
