// The emulator's instructions over windows and rows: Convolve, Reduce, Pool and Gather. See
// emulator.h.
#include "convert.h"
#include "emulator.h"
#include "numerics.h"
#include "reduction_unit.h"

#include <algorithm>

namespace npu::backend {
namespace {

Status trap(const std::string &what) { return {npuErrorLaunchFailure, "NPU trap: " + what}; }

// One side of B's index: three extents and strides.
struct Axes {
  uint64_t extent0, extent1, extent2, stride0, stride1, stride2;
  uint64_t count() const { return extent0 * extent1 * extent2; }
  uint64_t reach() const {
    return (extent0 - 1) * stride0 + (extent1 - 1) * stride1 + (extent2 - 1) * stride2;
  }
  uint64_t at(uint64_t i) const {
    return i / (extent1 * extent2) * stride0 + i / extent2 % extent1 * stride1 +
           i % extent2 * stride2;
  }
  // Whether element i lies i * stride2 elements on.
  bool linear() const {
    return (extent1 == 1 || stride1 == stride2 * extent2) &&
           (extent0 == 1 || stride0 == stride2 * extent2 * extent1);
  }
};

template <typename Code> void packRow(const Code *source, const Axes &axes, Code *out) {
  for (uint64_t i = 0; i < axes.extent0; ++i)
    for (uint64_t j = 0; j < axes.extent1; ++j, out += axes.extent2) {
      const Code *row = source + i * axes.stride0 + j * axes.stride1;
      if (axes.stride2 == 1)
        std::copy_n(row, axes.extent2, out);
      else
        for (uint64_t l = 0; l < axes.extent2; ++l)
          out[l] = row[l * axes.stride2];
    }
}

// Rows `begin`...`end` of the matrix whose rows are `outer` and whose columns are `inner`.
void pack(const char *source, unsigned bytes, const Axes &outer, const Axes &inner, uint64_t begin,
          uint64_t end, char *out, WorkerPool &pool) {
  uint64_t columns = inner.count();
  auto rows = [&](auto code, size_t first, size_t last) {
    using Code = decltype(code);
    for (size_t row = first; row < last; ++row)
      packRow(reinterpret_cast<const Code *>(source) + outer.at(begin + row), inner,
              reinterpret_cast<Code *>(out) + row * columns);
  };
  pool.split(end - begin, (end - begin) * columns, [&](size_t first, size_t last) {
    if (bytes == 4)
      rows(uint32_t(), first, last);
    else if (bytes == 2)
      rows(uint16_t(), first, last);
    else
      rows(uint8_t(), first, last);
  });
}

} // namespace

Status Emulator::execute(const ConvolveInstruction &c) {
  Axes k{c.k0, c.k1, c.k2, c.strideK0, c.strideK1, c.strideK2};
  Axes n{c.n0, c.n1, c.n2, c.strideN0, c.strideN1, c.strideN2};
  constexpr uint64_t kLargest = (1 << 24) - 1;
  if (!c.m || !c.k0 || !c.k1 || !c.k2 || !c.n0 || !c.n1 || !c.n2)
    return trap("an extent is zero");
  // Extents have at most 24 + 16 + 16 bits, so the products cannot overflow.
  if (k.count() > kLargest || n.count() > kLargest)
    return trap("windows of more than 2^24 elements");
  if (Status status = checkProduct(c.product, c.formatA, c.formatB, k.count()); !status)
    return status;
  if (c.pitchA < k.count())
    return trap("rows of a tile overlap");
  char *a, *b, *sums;
  if (Status status = locate({false, c.a, c.m, k.count(), c.pitchA, c.formatA}, a); !status)
    return status;
  if (Status status = locate({false, c.b, 1, k.reach() + n.reach() + 1, 0, c.formatB}, b); !status)
    return status;
  if (Status status = locate({true, c.sums, c.m, n.count(), n.count(), Format::Int32}, sums);
      !status)
    return status;

  MultiplyInstruction tile;
  tile.m = c.m, tile.n = n.count(), tile.k = k.count();
  tile.pitchA = c.pitchA, tile.pitchSums = n.count();
  tile.accumulate = c.accumulate, tile.product = c.product;
  tile.formatA = c.formatA, tile.formatB = c.formatB;
  unsigned bytesA = formatBytes(c.formatA), bytesB = formatBytes(c.formatB);
  if (k.linear() && n.linear() && c.strideN2 == 1 && c.strideK2 >= n.count()) {
    tile.pitchB = c.strideK2;
    return tileMath.multiply(tile, {a, b, sums});
  }
  // Windows are laid out as a matrix, transposed when that makes longer runs, some of k at a time.
  constexpr uint64_t kMostPacked = 1 << 21;
  bool transposed = c.k2 > c.n2 && c.strideK2 <= c.strideN2;
  uint64_t slice = std::clamp<uint64_t>(kMostPacked / n.count(), 1, k.count());
  if (transposed) // only whole runs of k can be cut off
    slice = k.count();
  packed.resize(slice * n.count() * bytesB);
  for (uint64_t first = 0; first < k.count(); first += slice) {
    tile.k = std::min(slice, k.count() - first);
    if (transposed)
      pack(b, bytesB, n, k, 0, n.count(), packed.data(), pool);
    else
      pack(b, bytesB, k, n, first, first + tile.k, packed.data(), pool);
    tile.transposedB = transposed;
    tile.pitchB = transposed ? k.count() : n.count();
    if (Status status = tileMath.multiply(tile, {a + first * bytesA, packed.data(), sums}); !status)
      return status;
    tile.accumulate = 1;
  }
  return {};
}

Status Emulator::execute(const ReduceInstruction &reduce) {
  if (reduce.columns > reduce.pitchA && reduce.rows > 1)
    return trap("rows overlap in the scratchpad");
  if (!reduce.pitchDst && reduce.rows > 1)
    return trap("rows of the result overlap");
  char *a, *dst;
  if (Status status =
          locate({false, reduce.a, reduce.rows, reduce.columns, reduce.pitchA, Format::F32}, a);
      !status)
    return status;
  if (Status status =
          locate({false, reduce.dst, reduce.rows, 1, reduce.pitchDst, Format::F32}, dst);
      !status)
    return status;
  // Rows are reduced in parallel, so a result must not lie among the operands of another.
  uint64_t endA = reduce.a + ((reduce.rows - 1) * reduce.pitchA + reduce.columns) * 4;
  uint64_t endDst = reduce.dst + ((reduce.rows - 1) * reduce.pitchDst + 1) * 4;
  if (reduce.dst < endA && reduce.a < endDst)
    return trap("the result of a reduction overlaps its operand");
  runReduce(reduce, reinterpret_cast<const float *>(a), reinterpret_cast<float *>(dst), pool);
  return {};
}

Status Emulator::execute(const GatherInstruction &gather) {
  if (!convertible(gather.from, gather.to))
    return trap(std::string("DMA cannot turn ") + formatSpelling(gather.from) + " into " +
                formatSpelling(gather.to));
  if (gather.columns > gather.pitch && gather.rows > 1)
    return trap("rows overlap in the scratchpad");
  if (gather.window >= program->windows.size())
    return trap("no tensor has window " + std::to_string(gather.window));
  char *indices, *dst;
  if (Status status = locate({false, gather.indices, 1, gather.rows, 0, Format::Int32}, indices);
      !status)
    return status;
  if (Status status = locate(
          {false, gather.address, gather.rows, gather.columns, gather.pitch, gather.to}, dst);
      !status)
    return status;
  const Window &window = program->windows[gather.window];
  const unsigned bytesFrom = formatBytes(gather.from), bytesTo = formatBytes(gather.to);
  const __int128 span = __int128(gather.columns - 1) * gather.columnStride * bytesFrom;
  for (uint64_t i = 0; i < gather.rows; ++i) {
    const int64_t row = reinterpret_cast<const int32_t *>(indices)[i];
    if (row < 0 || uint64_t(row) >= gather.limit)
      return trap("gather: index " + std::to_string(row) + " is outside a table of " +
                  std::to_string(gather.limit) + " rows");
    // 32-bit rows times 40-bit strides need more than 64 bits.
    const __int128 first = gather.offset + __int128(row) * gather.rowStride * bytesFrom;
    if (first < 0 || first + std::min<__int128>(span, 0) < 0 ||
        first + std::max<__int128>(span, 0) + bytesFrom > __int128(window.bytes))
      return trap("a transfer leaves the tensor of window " + std::to_string(gather.window));
    convertElements(window.data + int64_t(first), gather.from, gather.columnStride,
                    dst + i * gather.pitch * bytesTo, gather.to, 1, gather.columns, 1.0f);
  }
  return {};
}

Status Emulator::execute(const PoolInstruction &p) {
  if (!p.channels || !p.rows || !p.columns || !p.outRows || !p.outColumns || !p.windowRows ||
      !p.windowColumns || !p.dilationRows || !p.dilationColumns)
    return trap("an extent is zero");
  // Work is bounded, so that a corrupt word cannot stall the device for hours.
  constexpr __int128 kMostWork = __int128(1) << 32;
  __int128 work = __int128(p.channels * p.outRows) * p.outColumns * std::min(p.windowRows, p.rows) *
                  std::min(p.windowColumns, p.columns);
  if (work > kMostWork)
    return trap("a pooling of more than 2^32 elements");
  uint64_t image = p.rows * p.columns, results = p.outRows * p.outColumns;
  uint64_t dstImage = p.gradient ? image : results;
  char *a, *b = nullptr, *dst;
  if (Status status = locate({false, p.a, p.channels, image, image, Format::F32}, a); !status)
    return status;
  if (p.gradient)
    if (Status status = locate({false, p.b, p.channels, results, results, Format::F32}, b); !status)
      return status;
  if (Status status = locate({false, p.dst, p.channels, dstImage, dstImage, Format::F32}, dst);
      !status)
    return status;
  auto overlaps = [&](uint64_t address, uint64_t elements) {
    return p.dst < address + p.channels * elements * 4 &&
           address < p.dst + p.channels * dstImage * 4;
  };
  if (overlaps(p.a, image) || (p.gradient && overlaps(p.b, results)))
    return trap("the result of a pooling overlaps its operand");
  runPool(p, reinterpret_cast<const float *>(a), reinterpret_cast<const float *>(b),
          reinterpret_cast<float *>(dst), pool);
  return {};
}

} // namespace npu::backend
