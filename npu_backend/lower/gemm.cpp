// gemm: D = activation(alpha * A B + beta * C + bias), batched, any strides.
// Tiles of D stay in the accumulator while K streams through the double-buffered scratchpad; then
// the vector unit scales, adds and activates them a few rows at a time into staging buffers that
// the store queue empties. A column-major D is computed as its transpose, so rows are always
// contiguous.
#include "lower/lower.h"
#include "numerics.h"
#include "packed.h"
#include "tiler.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

Status refuse(const std::string &what) { return {npuErrorNotSupported, "NPU gemm: " + what}; }

// The op with a row-major D: transposing everything swaps A and B and the bias axis.
TensorOp canonical(const TensorOp &op) {
  TensorOp result = op;
  result.cost = nullptr;
  const Tensor &dst = op.dst[0];
  if (dst.strides[2] == 1 || dst.strides[1] != 1)
    return result;
  auto transpose = [](Tensor &tensor) {
    std::swap(tensor.sizes[1], tensor.sizes[2]);
    std::swap(tensor.strides[1], tensor.strides[2]);
  };
  std::swap(result.src[0], result.src[1]);
  transpose(result.src[0]);
  transpose(result.src[1]);
  if (op.beta != 0.0)
    transpose(result.src[2]);
  transpose(result.dst[0]);
  if (op.biasAxis > 0)
    result.biasAxis = 3 - op.biasAxis;
  return result;
}

bool multiplies(const TensorOp &op) { return op.alpha != 0.0 && op.src[0].sizes[2] > 0; }

// An operand whose columns lie contiguously stays that way on chip, so that DMA reads contiguous
// bytes; the array takes it as [k,m] or [n,k].
bool columnsAreContiguous(const Tensor &tensor) {
  return tensor.strides[2] != 1 && std::abs(tensor.strides[1]) < std::abs(tensor.strides[2]);
}

// Blocks of MX formats run along the depth, however the operands lie in DRAM.
bool storedTransposedA(const TensorOp &op, const ProductChoice &choice) {
  return multiplies(op) && !isMx(choice.operandA) && columnsAreContiguous(op.src[0]);
}
bool storedTransposedB(const TensorOp &op, const ProductChoice &choice) {
  return multiplies(op) && (isMx(choice.operandB) || columnsAreContiguous(op.src[1]));
}

GemmShape shapeOf(const TensorOp &op, const ProductChoice &choice) {
  GemmShape shape;
  shape.batch = uint64_t(op.dst[0].sizes[0]);
  shape.m = uint64_t(op.dst[0].sizes[1]);
  shape.n = uint64_t(op.dst[0].sizes[2]);
  shape.k = multiplies(op) ? uint64_t(op.src[0].sizes[2]) : 1;
  shape.product = choice.product;
  shape.operandA = choice.operandA, shape.operandB = choice.operandB;
  shape.transposedA = storedTransposedA(op, choice);
  shape.transposedB = storedTransposedB(op, choice);
  shape.dramBytesA = formatBytes(op.src[0].format);
  shape.dramBytesB = formatBytes(op.src[1].format);
  shape.bias = op.biasAxis > 0;
  return shape;
}

Status checkScalars(const TensorOp &op, Format dst) {
  if (op.alpha.imag() != 0 || op.beta.imag() != 0 || op.conjugateA || op.conjugateB)
    return refuse("complex arithmetic is not supported");
  auto whole = [](double x) { return x == std::nearbyint(x) && std::fabs(x) <= 0x1p24; };
  if (dst == Format::Int32 && !(whole(op.alpha.real()) && whole(op.beta.real())))
    return refuse("alpha and beta of an int32 result must be whole numbers up to 2^24");
  return {};
}

Status checkShapes(const TensorOp &op) {
  const auto &a = op.src[0].sizes, &b = op.src[1].sizes, &d = op.dst[0].sizes;
  if (a[0] != d[0] || b[0] != d[0] || a[1] != d[1] || b[2] != d[2] || a[2] != b[1])
    return refuse("the sizes of A, B and D do not match");
  if (op.beta != 0.0 && op.src[2].sizes != d)
    return refuse("the sizes of C and D do not match");
  if (op.biasAxis > 0 && op.src[3].sizes[0] != d[size_t(op.biasAxis)])
    return refuse("the bias does not have D's size");
  return {};
}

class GemmLowering {
public:
  GemmLowering(const TensorOp &op, const GemmTiling &tiling, const ProductChoice &choice,
               const NpuConfig &config, Lowered &lowered)
      : op(op), tiling(tiling), choice(choice), config(config), builder(lowered.program),
        products(multiplies(op)), hasC(op.beta != 0.0), hasBias(op.biasAxis > 0) {
    if (products) {
      a = builder.bind(op.src[0], false);
      b = builder.bind(op.src[1], false);
    }
    if (hasC)
      c = builder.bind(op.src[2], false);
    if (hasBias)
      bias = builder.bind(op.src[3], false);
    d = builder.bind(op.dst[0], true);
    result = op.dst[0].format == Format::Int32 ? Format::Int32 : Format::F32;
    bool integers = choice.product == Product::Int8 || choice.product == Product::Int4;
    sums = integers ? Format::Int32 : Format::F32;
    transposedA = storedTransposedA(op, choice), transposedB = storedTransposedB(op, choice);
  }

  Status run() {
    if (products && choice.scaled)
      measureOperands();
    uint64_t m = uint64_t(op.dst[0].sizes[1]), n = uint64_t(op.dst[0].sizes[2]);
    for (uint64_t batch = 0; batch < uint64_t(op.dst[0].sizes[0]); ++batch)
      for (uint64_t m0 = 0; m0 < m; m0 += tiling.m)
        for (uint64_t n0 = 0; n0 < n; n0 += tiling.n) {
          Tile tile{batch, m0, n0, std::min(tiling.m, m - m0), std::min(tiling.n, n - n0)};
          if (products)
            multiplyTile(tile);
          epilogue(tile);
          ++tileIndex;
        }
    return builder.finish();
  }

private:
  struct Tile {
    uint64_t batch, m0, n0, m, n;
  };

  static int64_t elementAt(const Tensor &tensor, uint64_t batch, uint64_t row, uint64_t column) {
    return int64_t(batch) * tensor.strides[0] + int64_t(row) * tensor.strides[1] +
           int64_t(column) * tensor.strides[2];
  }

  LoadInstruction blockOf(const BoundTensor &bound, const Tensor &tensor, uint64_t batch,
                          uint64_t row, uint64_t column, uint64_t rows, uint64_t columns) const {
    LoadInstruction load;
    load.window = bound.window;
    load.offset = bound.at(elementAt(tensor, batch, row, column));
    load.planes = 1, load.rows = rows, load.columns = columns;
    load.rowStride = tensor.strides[1], load.columnStride = tensor.strides[2];
    load.pitch = columns;
    load.from = tensor.format;
    return load;
  }

  // As the array takes it: in the product's format, transposed or not.
  LoadInstruction operandLoad(const BoundTensor &bound, const Tensor &tensor, uint64_t batch,
                              uint64_t row, uint64_t column, uint64_t rows, uint64_t columns,
                              bool transposed, Format format) const {
    LoadInstruction load = blockOf(bound, tensor, batch, row, column, rows, columns);
    if (transposed) {
      std::swap(load.rows, load.columns);
      std::swap(load.rowStride, load.columnStride);
    }
    uint64_t unit = packUnit(format);
    load.pitch = (load.columns + unit - 1) / unit * unit;
    load.to = format;
    return load;
  }

  // Reads an operand once, block by block, to find the scale that fits its largest magnitude.
  void measureOperand(const BoundTensor &bound, const Tensor &tensor, unsigned scale, bool last) {
    uint64_t batches = tensor.strides[0] ? uint64_t(tensor.sizes[0]) : 1;
    Tensor oriented = tensor;
    if (columnsAreContiguous(tensor)) {
      std::swap(oriented.sizes[1], oriented.sizes[2]);
      std::swap(oriented.strides[1], oriented.strides[2]);
    }
    uint64_t rows = uint64_t(oriented.sizes[1]), columns = uint64_t(oriented.sizes[2]);
    uint64_t half = config.scratchpadBytes() / 2 / 64 * 64;
    uint64_t blockColumns = std::min<uint64_t>(columns, half / 4);
    uint64_t blockRows = std::clamp<uint64_t>(half / 4 / blockColumns, 1, rows);
    bool first = true;
    for (uint64_t batch = 0; batch < batches; ++batch)
      for (uint64_t row = 0; row < rows; row += blockRows)
        for (uint64_t column = 0; column < columns; column += blockColumns) {
          LoadInstruction load =
              blockOf(bound, oriented, batch, row, column, std::min(blockRows, rows - row),
                      std::min(blockColumns, columns - column));
          load.to = Format::F32;
          load.address = (measured % 2) * half;
          builder.emit(load, measured >= 2 ? kSourceFree : 0, kSourceReady);
          MeasureInstruction measure;
          measure.rows = load.rows, measure.columns = load.columns;
          measure.a = load.address, measure.pitchA = load.pitch;
          measure.scale = scale, measure.first = first;
          measure.target = scale == 1 ? choice.operandA : choice.operandB;
          bool end = last && batch + 1 == batches && row + blockRows >= rows &&
                     column + blockColumns >= columns;
          builder.emit(measure, kSourceReady, end ? kScaleReady : kSourceFree);
          first = false;
          ++measured;
        }
  }

  void measureOperands() {
    measureOperand(a, op.src[0], 1, false);
    measureOperand(b, op.src[1], 2, true);
  }

  void multiplyTile(const Tile &tile) {
    uint64_t k = uint64_t(op.src[0].sizes[2]);
    for (uint64_t k0 = 0; k0 < k; k0 += tiling.k) {
      uint64_t depth = std::min(tiling.k, k - k0), slot = step % tiling.operandBuffers;
      LoadInstruction loadA = operandLoad(a, op.src[0], tile.batch, tile.m0, k0, tile.m, depth,
                                          transposedA, choice.operandA);
      LoadInstruction loadB = operandLoad(b, op.src[1], tile.batch, k0, tile.n0, depth, tile.n,
                                          transposedB, choice.operandB);
      loadA.address = tiling.addressA + slot * tiling.strideA;
      loadB.address = tiling.addressB + slot * tiling.strideB;
      if (choice.scaled)
        loadA.scale = 1, loadB.scale = 2;
      unsigned waits = step >= tiling.operandBuffers ? kOperandsFree : 0;
      builder.emit(loadA, waits | (step == 0 && choice.scaled ? kScaleReady : 0), 0);
      builder.emit(loadB, 0, kOperandsReady);
      MultiplyInstruction multiply;
      multiply.m = tile.m, multiply.n = tile.n, multiply.k = depth;
      multiply.a = loadA.address, multiply.b = loadB.address, multiply.sums = sumsAddress();
      multiply.pitchA = loadA.pitch, multiply.pitchB = loadB.pitch, multiply.pitchSums = tile.n;
      multiply.transposedA = transposedA, multiply.transposedB = transposedB;
      multiply.accumulate = k0 > 0;
      multiply.product = choice.product;
      multiply.formatA = choice.operandA, multiply.formatB = choice.operandB;
      bool reuses = k0 == 0 && tileIndex >= tiling.sumBuffers;
      builder.emit(multiply, kOperandsReady | (reuses ? kAccumulatorFree : 0),
                   kOperandsFree | (k0 + depth == k ? kAccumulatorReady : 0));
      ++step;
    }
  }

  uint64_t sumsAddress() const { return tileIndex % tiling.sumBuffers * tiling.strideSums; }
  uint64_t biasAddress() const { return tiling.addressBias + tileIndex % 2 * tiling.strideBias; }

  void loadBias(const Tile &tile) {
    bool perRow = op.biasAxis == 1;
    LoadInstruction load;
    load.window = bias.window;
    load.offset = bias.at(int64_t(perRow ? tile.m0 : tile.n0) * op.src[3].strides[0]);
    load.planes = load.rows = 1;
    load.columns = load.pitch = perRow ? tile.m : tile.n;
    load.columnStride = op.src[3].strides[0];
    load.from = op.src[3].format, load.to = result;
    load.address = biasAddress();
    builder.emit(load, tileIndex >= 2 ? kBiasFree : 0, kBiasReady);
  }

  void epilogue(const Tile &tile) {
    if (hasBias)
      loadBias(tile);
    for (uint64_t row = 0; row < tile.m; row += tiling.stageRows)
      epilogueRows(tile, row, std::min(tiling.stageRows, tile.m - row));
  }

  void epilogueRows(const Tile &tile, uint64_t row, uint64_t rows) {
    bool first = row == 0, last = row + rows == tile.m;
    uint64_t stage = tiling.addressStage + stageIndex % 2 * tiling.strideStage;
    unsigned stageFree = stageIndex >= 2 ? kResultFree : 0;
    if (hasC) {
      LoadInstruction load =
          blockOf(c, op.src[2], tile.batch, tile.m0 + row, tile.n0, rows, tile.n);
      load.to = result, load.address = stage;
      builder.emit(load, stageFree, kSourceReady);
      stageFree = kSourceReady;
    }
    unsigned waits = stageFree | (first && products ? kAccumulatorReady : 0) |
                     (first && hasBias ? kBiasReady : 0);
    unsigned signals = kResultReady | (last && products ? kAccumulatorFree : 0) |
                       (last && hasBias ? kBiasFree : 0);
    VectorInstruction scale = scaleRows(tile, row, rows, stage);
    if (!hasBias || scale.function <= VectorFunction::Copy) {
      if (hasBias)
        addBias(scale, row);
      setActivation(scale, op);
      builder.emit(scale, waits, signals);
    } else {
      builder.emit(scale, waits, 0);
      VectorInstruction add = scale;
      add.function = VectorFunction::Copy;
      add.a = stage, add.aInAccumulator = 0, add.pitchA = tile.n, add.formatA = result;
      add.alpha = 1, add.scaleA = add.scaleB = 0;
      addBias(add, row);
      setActivation(add, op);
      builder.emit(add, 0, signals);
    }
    storeRows(tile, row, rows, stage);
    ++stageIndex;
  }

  // stage = alpha * sums + beta * stage, leaving out what is not there.
  VectorInstruction scaleRows(const Tile &tile, uint64_t row, uint64_t rows, uint64_t stage) const {
    VectorInstruction v;
    v.rows = rows, v.columns = tile.n;
    v.dst = stage, v.pitchDst = tile.n, v.formatDst = result;
    if (products) {
      v.function = VectorFunction::Copy;
      v.a = sumsAddress() + row * tile.n * 4, v.aInAccumulator = 1;
      v.pitchA = tile.n, v.formatA = sums;
      v.alpha = float(op.alpha.real());
      if (choice.scaled)
        v.scaleA = 1, v.scaleB = 2;
    }
    v.formatB = result; // a valid code even when b is not read
    if (!hasC) {
      // Without products, what remains is a tile of zeros.
      if (!products)
        v.function = VectorFunction::Fill;
    } else if (products) {
      v.function = VectorFunction::Add;
      v.b = stage, v.pitchB = tile.n, v.beta = float(op.beta.real());
    } else {
      v.function = VectorFunction::Copy;
      v.a = stage, v.pitchA = tile.n, v.formatA = result, v.alpha = float(op.beta.real());
    }
    return v;
  }

  // Turns a Copy or Fill into an addition of the bias.
  void addBias(VectorInstruction &v, uint64_t row) const {
    bool perRow = op.biasAxis == 1;
    uint64_t address = biasAddress() + (perRow ? row * 4 : 0);
    if (v.function == VectorFunction::Fill) {
      v.function = VectorFunction::Copy; // zero + bias
      v.a = address, v.aInAccumulator = 0, v.formatA = result, v.alpha = 1;
      v.pitchA = perRow ? 1 : 0, v.repeatA = perRow;
      return;
    }
    v.function = VectorFunction::Add;
    v.b = address, v.bInAccumulator = 0, v.formatB = result, v.beta = 1;
    v.pitchB = perRow ? 1 : 0, v.repeatB = perRow;
  }

  void storeRows(const Tile &tile, uint64_t row, uint64_t rows, uint64_t stage) {
    const Tensor &dst = op.dst[0];
    StoreInstruction store;
    store.window = d.window;
    store.offset = d.at(elementAt(dst, tile.batch, tile.m0 + row, tile.n0));
    store.planes = 1, store.rows = rows, store.columns = tile.n;
    store.rowStride = dst.strides[1], store.columnStride = dst.strides[2];
    store.address = stage, store.pitch = tile.n;
    store.from = result, store.to = dst.format;
    builder.emit(store, kResultReady, kResultFree);
  }

  const TensorOp &op;
  const GemmTiling &tiling;
  const ProductChoice &choice;
  const NpuConfig &config;
  ProgramBuilder builder;
  bool products, hasC, hasBias;
  BoundTensor a, b, c, bias, d;
  Format result, sums; // of staged rows and of the accumulator
  bool transposedA, transposedB;
  uint64_t step = 0, tileIndex = 0, stageIndex = 0, measured = 0;
};

std::string tilingText(const GemmShape &shape, const GemmTiling &tiling) {
  auto tiles = [](uint64_t extent, uint64_t size) { return (extent + size - 1) / size; };
  return "tiles of " + std::to_string(tiling.m) + "x" + std::to_string(tiling.n) + "x" +
         std::to_string(tiling.k) + "; reads A " + std::to_string(tiles(shape.n, tiling.n)) +
         " times, B " + std::to_string(tiles(shape.m, tiling.m)) + " times; " +
         (tiling.operandBuffers > 1 ? "double-buffered" : "all at once");
}

} // namespace

Status checkGemm(const TensorOp &op, const LoweringContext &context) {
  size_t sources = op.biasAxis > 0 ? 4 : op.beta != 0.0 ? 3 : 2;
  if (op.src.size() < sources || op.dst.size() != 1)
    return refuse("operands are missing");
  if (op.biasAxis != -1 && op.biasAxis != 1 && op.biasAxis != 2)
    return refuse("the bias has an axis of " + std::to_string(op.biasAxis) + ", not 1 or 2");
  const char *names[] = {"A", "B", "C", "bias"};
  for (size_t i = 0; i < sources; ++i) {
    bool read = i == 3 || (i == 2 ? op.beta != 0.0 : op.alpha != 0.0);
    if (i == 2 && !read)
      continue;
    if (Status status = checkTensor(op.src[i], names[i], i == 3 ? 1 : 3, read); !status)
      return status;
  }
  if (Status status = checkTensor(op.dst[0], "D", 3); !status)
    return status;
  if (Status status = checkShapes(op); !status)
    return status;
  Format dst = op.dst[0].format;
  if (Status status = checkScalars(op, dst); !status)
    return status;
  ProductChoice choice;
  if (Status status = chooseProduct(op, context.config, context.policy, choice); !status)
    return status;
  bool integers = op.src[0].format == Format::Int8;
  if (dst == Format::Int8 || (dst == Format::Int32 && !integers))
    return refuse(std::string("no result of format ") + formatSpelling(dst) +
                  " from these operands");
  for (size_t i = 2; i < sources; ++i)
    if ((i != 2 || op.beta != 0.0) && (op.src[i].format == Format::Int32) != (dst == Format::Int32))
      return refuse(std::string(names[i]) + " and D must both be integers or both floating-point");
  if (dst == Format::Int32 && op.activation > Activation::Relu)
    return refuse("no such activation of an int32 result");
  if (isEmpty(op.dst[0]))
    return {};
  GemmTiling tiling;
  return chooseTiling(context.config, shapeOf(canonical(op), choice), tiling);
}

Status lowerGemm(const TensorOp &original, const LoweringContext &context, Lowered &lowered) {
  TensorOp op = canonical(original);
  ProductChoice choice;
  if (Status status = chooseProduct(op, context.config, context.policy, choice); !status)
    return status;
  lowered.format = choice.name;
  lowered.peakPerCycle = productRate(context.config, choice.product) *
                         double(context.config.arrayRows() * context.config.arrayColumns());
  if (isEmpty(op.dst[0]))
    return {};
  GemmTiling tiling;
  const GemmShape shape = shapeOf(op, choice);
  if (Status status = chooseTiling(context.config, shape, tiling, context.considered); !status)
    return status;
  lowered.tiling = tilingText(shape, tiling);
  return GemmLowering(op, tiling, choice, context.config, lowered).run();
}

} // namespace npu::backend
