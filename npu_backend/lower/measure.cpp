// See measure.h.
#include "lower/measure.h"

#include <algorithm>
#include <cstdlib>

namespace npu::backend {
namespace {

struct Loop {
  int64_t extent, stride;
};

// Outermost first, repetitions left out, continuing loops joined; at least two.
std::vector<Loop> loopsOf(const Tensor &tensor) {
  std::vector<Loop> loops, joined;
  for (size_t i = 0; i < tensor.sizes.size(); ++i)
    if (tensor.sizes[i] > 1 && tensor.strides[i] != 0)
      loops.push_back({tensor.sizes[i], tensor.strides[i]});
  std::stable_sort(loops.begin(), loops.end(), [](const Loop &a, const Loop &b) {
    return std::abs(a.stride) > std::abs(b.stride);
  });
  for (const Loop &loop : loops)
    if (!joined.empty() && joined.back().stride == loop.stride * loop.extent)
      joined.back() = {joined.back().extent * loop.extent, loop.stride};
    else
      joined.push_back(loop);
  while (joined.size() < 2)
    joined.insert(joined.begin(), Loop{1, 0});
  return joined;
}

} // namespace

void measureTensor(const NpuConfig &config, ProgramBuilder &builder, const BoundTensor &bound,
                   const Tensor &tensor, unsigned scale, Format target, bool last,
                   uint64_t &steps) {
  constexpr uint64_t kMostRows = (1 << 24) - 1;
  std::vector<Loop> loops = loopsOf(tensor);
  Loop rows = loops[loops.size() - 2], columns = loops.back();
  loops.resize(loops.size() - 2);
  uint64_t half = config.scratchpadBytes() / 2 / 64 * 64;
  uint64_t blockColumns = std::min<uint64_t>(uint64_t(columns.extent), half / 4);
  blockColumns = std::min(blockColumns, kMostRows);
  uint64_t blockRows = std::clamp<uint64_t>(half / 4 / blockColumns, 1,
                                            std::min<uint64_t>(uint64_t(rows.extent), kMostRows));
  int64_t outer = 1;
  for (const Loop &loop : loops)
    outer *= loop.extent;
  bool first = true;
  for (int64_t i = 0; i < outer; ++i) {
    int64_t base = 0, rest = i;
    for (size_t l = loops.size(); l-- > 0; rest /= loops[l].extent)
      base += rest % loops[l].extent * loops[l].stride;
    for (uint64_t row = 0; row < uint64_t(rows.extent); row += blockRows)
      for (uint64_t column = 0; column < uint64_t(columns.extent); column += blockColumns) {
        LoadInstruction load;
        load.window = bound.window;
        load.offset =
            bound.at(base + int64_t(row) * rows.stride + int64_t(column) * columns.stride);
        load.planes = 1, load.rows = std::min(blockRows, uint64_t(rows.extent) - row);
        load.columns = load.pitch = std::min(blockColumns, uint64_t(columns.extent) - column);
        load.rowStride = rows.stride, load.columnStride = columns.stride;
        load.from = tensor.format, load.to = Format::F32;
        load.address = steps % 2 * half;
        builder.emit(load, steps >= 2 ? kSourceFree : 0, kSourceReady);
        MeasureInstruction measure;
        measure.rows = load.rows, measure.columns = load.columns;
        measure.a = load.address, measure.pitchA = load.pitch;
        measure.scale = scale, measure.first = first, measure.target = target;
        bool end = last && i + 1 == outer && row + blockRows >= uint64_t(rows.extent) &&
                   column + blockColumns >= uint64_t(columns.extent);
        builder.emit(measure, kSourceReady, end ? kScaleReady : kSourceFree);
        first = false;
        ++steps;
      }
  }
}

} // namespace npu::backend
