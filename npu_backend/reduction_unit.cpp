// See reduction_unit.h.
#include "reduction_unit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::backend {
namespace {

constexpr uint64_t kLanes = 16, kBlock = 256;

float smaller(float a, float b) { return a != a || b != b ? a + b : a < b ? a : b; }
float larger(float a, float b) { return a != a || b != b ? a + b : a > b ? a : b; }

template <typename Map, typename Fold>
float foldBlock(const float *values, uint64_t count, float start, Map map, Fold fold) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, start);
  uint64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (uint64_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = fold(lanes[lane], map(values[i + lane]));
  for (uint64_t lane = 0; lane < count % kLanes; ++lane)
    lanes[lane] = fold(lanes[lane], map(values[i + lane]));
  for (uint64_t width = kLanes / 2; width; width /= 2)
    for (uint64_t lane = 0; lane < width; ++lane)
      lanes[lane] = fold(lanes[lane], lanes[lane + width]);
  return lanes[0];
}

// Blocks combine pairwise.
template <typename Map, typename Fold>
float foldRow(const float *values, uint64_t count, float start, Map map, Fold fold) {
  if (count <= kBlock)
    return foldBlock(values, count, start, map, fold);
  uint64_t half = (count / kBlock + 1) / 2 * kBlock;
  return fold(foldRow(values, half, start, map, fold),
              foldRow(values + half, count - half, start, map, fold));
}

float reduceRow(ReduceFunction function, const float *values, uint64_t count, bool hasSeed,
                float seed) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  auto same = [](float x) { return x; };
  auto magnitude = [](float x) { return std::fabs(x); };
  auto add = [](float x, float y) { return x + y; };
  auto finish = [&](float start, auto map, auto fold) {
    float result = foldRow(values, count, start, map, fold);
    return hasSeed ? fold(seed, result) : result;
  };
  switch (function) {
  case ReduceFunction::Sum:
    return finish(0, same, add);
  case ReduceFunction::Product:
    return finish(1, same, [](float x, float y) { return x * y; });
  case ReduceFunction::Minimum:
    return finish(kInfinity, same, smaller);
  case ReduceFunction::Maximum:
    return finish(-kInfinity, same, larger);
  case ReduceFunction::LargestMagnitude:
    return finish(0, magnitude, larger);
  case ReduceFunction::SumOfMagnitudes:
    return finish(0, magnitude, add);
  case ReduceFunction::SumOfSquares:
    return finish(
        0, [](float x) { return x * x; }, add);
  }
  return 0;
}

// The part of a window that lies inside, in one dimension: elements first, first + dilation, ...
struct Range {
  int64_t first, count;
};
Range inside(int64_t start, uint64_t window, uint64_t dilation, uint64_t extent) {
  int64_t step = int64_t(dilation), skipped = start < 0 ? (-start + step - 1) / step : 0;
  int64_t first = start + skipped * step;
  int64_t fits = first < int64_t(extent) ? (int64_t(extent) - 1 - first) / step + 1 : 0;
  return {first, std::clamp<int64_t>(int64_t(window) - skipped, 0, fits)};
}

class Pooling {
public:
  explicit Pooling(const PoolInstruction &pool) : pool(pool) {}

  void channel(const float *a, const float *b, float *dst) const {
    for (uint64_t row = 0; row < pool.outRows; ++row) {
      Range rows = inside(pool.firstRow + int64_t(row * pool.strideRows), pool.windowRows,
                          pool.dilationRows, pool.rows);
      for (uint64_t column = 0; column < pool.outColumns; ++column) {
        Range columns = inside(pool.firstColumn + int64_t(column * pool.strideColumns),
                               pool.windowColumns, pool.dilationColumns, pool.columns);
        uint64_t out = row * pool.outColumns + column;
        if (pool.gradient)
          scatter(a, b[out], dst, rows, columns);
        else
          dst[out] =
              pool.factor * (pool.function == PoolFunction::Maximum ? a[largest(a, rows, columns)]
                                                                    : average(a, rows, columns));
      }
    }
  }

private:
  template <typename Visit> void each(const Range &rows, const Range &columns, Visit visit) const {
    for (int64_t r = 0; r < rows.count; ++r) {
      int64_t row = (rows.first + r * int64_t(pool.dilationRows)) * int64_t(pool.columns);
      for (int64_t c = 0; c < columns.count; ++c)
        visit(row + columns.first + c * int64_t(pool.dilationColumns));
    }
  }

  int64_t largest(const float *a, const Range &rows, const Range &columns) const {
    int64_t best = -1;
    each(rows, columns, [&](int64_t i) {
      if (best < 0 || a[i] > a[best] || (a[i] != a[i] && a[best] == a[best]))
        best = i;
    });
    return std::max<int64_t>(best, 0);
  }

  float divisor(const Range &rows, const Range &columns) const {
    return pool.function == PoolFunction::AverageInside
               ? float(std::max<int64_t>(rows.count * columns.count, 1))
               : float(pool.windowRows * pool.windowColumns);
  }

  float average(const float *a, const Range &rows, const Range &columns) const {
    float sum = 0;
    each(rows, columns, [&](int64_t i) { sum += a[i]; });
    return sum / divisor(rows, columns);
  }

  void scatter(const float *a, float slope, float *dst, const Range &rows,
               const Range &columns) const {
    slope *= pool.factor;
    if (pool.function == PoolFunction::Maximum) {
      if (rows.count > 0 && columns.count > 0)
        dst[largest(a, rows, columns)] += slope;
      return;
    }
    float share = slope / divisor(rows, columns);
    each(rows, columns, [&](int64_t i) { dst[i] += share; });
  }

  const PoolInstruction &pool;
};

} // namespace

void runReduce(const ReduceInstruction &reduce, const float *a, float *dst, WorkerPool &pool) {
  pool.split(reduce.rows, reduce.rows * reduce.columns, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float &result = dst[row * reduce.pitchDst];
      result = reduceRow(reduce.function, a + row * reduce.pitchA, reduce.columns,
                         reduce.accumulate, reduce.accumulate ? result : 0);
    }
  });
}

void runPool(const PoolInstruction &pool, const float *a, const float *b, float *dst,
             WorkerPool &workers) {
  uint64_t image = pool.rows * pool.columns, results = pool.outRows * pool.outColumns;
  uint64_t work = pool.channels * results * pool.windowRows * pool.windowColumns;
  const Pooling pooling(pool);
  workers.split(pool.channels, work, [&](size_t begin, size_t end) {
    for (size_t c = begin; c < end; ++c)
      pooling.channel(a + c * image, pool.gradient ? b + c * results : nullptr,
                      dst + c * (pool.gradient ? image : results));
  });
}

} // namespace npu::backend
