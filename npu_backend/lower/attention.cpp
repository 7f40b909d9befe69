// attention: softmax(alpha Q K^T) V without ever holding more scores than one tile. Queries stay on
// chip while keys and values stream past; the running maximum and sum of each row correct what was
// summed before (Milakov and Gimelshein 2018; Dao et al., FlashAttention, 2022). Rows of scores are
// fp32; the weights are rounded to the product's format, as an array takes them.
#include "lower/lower.h"
#include "numerics.h"

#include <algorithm>
#include <limits>

namespace npu::backend {
namespace {

constexpr uint64_t kAlignment = 64, kMostExtent = 65535;

Status refuse(const std::string &what) { return {npuErrorNotSupported, "NPU attention: " + what}; }
uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Where everything lies in the scratchpad. Pairs are double-buffered.
struct Tiling {
  uint64_t rows = 0, keys = 0; // of a tile
  uint64_t queries[2], keyTiles[2], values[2], stages[2];
  uint64_t scores, weights, sums;                        // tiles
  uint64_t largest, newLargest, correction, total, part; // one number per row
  uint64_t bytes = 0, accumulatorBytes = 0;

  Tiling(uint64_t rows, uint64_t keys, uint64_t depth, uint64_t columns, uint64_t operandBytes)
      : rows(rows), keys(keys) {
    auto take = [&](uint64_t size) {
      uint64_t address = bytes;
      bytes += aligned(size);
      return address;
    };
    for (int i = 0; i < 2; ++i) {
      queries[i] = take(rows * depth * operandBytes);
      keyTiles[i] = take(keys * depth * operandBytes);
      values[i] = take(keys * columns * operandBytes);
      stages[i] = take(rows * columns * 4);
    }
    scores = take(rows * keys * 4), weights = take(rows * keys * operandBytes);
    sums = take(rows * columns * 4);
    for (uint64_t *vector : {&largest, &newLargest, &correction, &total, &part})
      *vector = take(rows * 4);
    accumulatorBytes = rows * keys * 4 + rows * columns * 4;
  }
};

struct Shape {
  uint64_t batch, rows, keys, depth, columns;
  explicit Shape(const TensorOp &op)
      : batch(uint64_t(op.src[0].sizes[0])), rows(uint64_t(op.src[0].sizes[1])),
        keys(uint64_t(op.src[1].sizes[1])), depth(uint64_t(op.src[0].sizes[2])),
        columns(uint64_t(op.src[2].sizes[2])) {}
};

// Keys and values are read once per tile of queries, so that is as large as fits; then the keys.
Status chooseTiling(const Shape &shape, const NpuConfig &config, unsigned operandBytes,
                    Tiling &best) {
  auto make = [&](uint64_t rows, uint64_t keys) {
    return Tiling(rows, keys, shape.depth, shape.columns, operandBytes);
  };
  auto fits = [&](const Tiling &tiling) {
    return tiling.bytes <= config.scratchpadBytes() &&
           tiling.accumulatorBytes <= config.accumulatorBytes();
  };
  const uint64_t wantedKeys = std::min(shape.keys, config.arrayColumns());
  for (uint64_t least : {wantedKeys, uint64_t(1)})
    for (uint64_t rows = std::min(shape.rows, kMostExtent); rows > 0; rows /= 2) {
      uint64_t keys = std::min(shape.keys, kMostExtent);
      while (keys > least && !fits(make(rows, keys)))
        keys = std::max(least, keys / 2);
      if (fits(make(rows, keys))) {
        best = make(rows, keys);
        return {};
      }
    }
  const Tiling smallest = make(1, 1);
  const bool scratchpad = smallest.bytes > config.scratchpadBytes();
  const uint64_t needed = scratchpad ? smallest.bytes : smallest.accumulatorBytes;
  const std::string name = scratchpad ? "scratchpad" : "accumulator";
  return refuse("the " + name + " is too small for one query and one key: " + name +
                "/kib must be at least " + std::to_string((needed + 1023) / 1024));
}

// Weights between 0 and 1 have no scale of their own: 8-bit lowerings become bf16 here.
Status productOf(const TensorOp &op, const LoweringContext &context, ProductChoice &choice) {
  TensorOp product = op;
  if (Status status = chooseProduct(product, context.config, context.policy, choice); !status)
    return status;
  if (choice.scaled || choice.product == Product::Fp8 || choice.product == Product::Int8) {
    if (!(productRate(context.config, Product::Bf16) > 0))
      return refuse("the array has no bf16 products");
    choice.product = Product::Bf16, choice.operandA = choice.operandB = Format::Bf16;
    choice.scaled = false, choice.name = productName(Product::Bf16);
  }
  return {};
}

// An operand of the vector unit in fp32; one number per row is repeated along a matrix's columns.
struct Value {
  uint64_t address = 0, pitch = 0;
  bool perRow = false, inAccumulator = false;
};

class AttentionLowering {
public:
  AttentionLowering(const TensorOp &op, const Tiling &tiling, const ProductChoice &choice,
                    Lowered &lowered)
      : op(op), shape(op), tiling(tiling), choice(choice), builder(lowered.program) {
    q = builder.bind(op.src[0], false), k = builder.bind(op.src[1], false);
    v = builder.bind(op.src[2], false), d = builder.bind(op.dst[0], true);
  }

  Status run() {
    for (uint64_t batch = 0; batch < shape.batch; ++batch)
      for (uint64_t row = 0; row < shape.rows; row += tiling.rows)
        tile(batch, row, std::min(tiling.rows, shape.rows - row));
    return builder.finish();
  }

private:
  void tile(uint64_t batch, uint64_t row, uint64_t rows) {
    const uint64_t seen = op.causal ? std::min(shape.keys, row + rows) : shape.keys;
    for (uint64_t key = 0; key < seen; key += tiling.keys, ++step) {
      const uint64_t keys = std::min(tiling.keys, seen - key);
      loadTiles(batch, row, rows, key, keys);
      scoreTile(rows, keys);
      softmaxTile(row, rows, key, keys);
      sumTile(rows, keys, key == 0);
    }
    storeTile(batch, row, rows);
    ++tiles;
  }

  void load(const BoundTensor &bound, const Tensor &tensor, uint64_t batch, uint64_t row,
            uint64_t rows, uint64_t columns, uint64_t address, unsigned waits, unsigned signals) {
    LoadInstruction load;
    load.window = bound.window;
    load.offset = bound.at(int64_t(batch) * tensor.strides[0] + int64_t(row) * tensor.strides[1]);
    load.planes = 1, load.rows = rows, load.columns = load.pitch = columns;
    load.rowStride = tensor.strides[1], load.columnStride = tensor.strides[2];
    load.address = address;
    load.from = tensor.format, load.to = choice.operandA;
    builder.emit(load, waits, signals);
  }

  void loadTiles(uint64_t batch, uint64_t row, uint64_t rows, uint64_t key, uint64_t keys) {
    unsigned waits = step >= 2 ? kOperandsFree : 0;
    if (key == 0) {
      load(q, op.src[0], batch, row, rows, shape.depth, tiling.queries[tiles % 2], waits, 0);
      waits = 0;
    }
    load(k, op.src[1], batch, key, keys, shape.depth, tiling.keyTiles[step % 2], waits, 0);
    load(v, op.src[2], batch, key, keys, shape.columns, tiling.values[step % 2], 0, kOperandsReady);
  }

  MultiplyInstruction product(uint64_t m, uint64_t n, uint64_t depth) const {
    MultiplyInstruction multiply;
    multiply.m = m, multiply.n = n, multiply.k = depth;
    multiply.pitchA = depth, multiply.pitchB = multiply.pitchSums = n;
    multiply.product = choice.product;
    multiply.formatA = multiply.formatB = choice.operandA;
    return multiply;
  }

  void scoreTile(uint64_t rows, uint64_t keys) {
    MultiplyInstruction multiply = product(rows, keys, shape.depth);
    multiply.a = tiling.queries[tiles % 2], multiply.b = tiling.keyTiles[step % 2];
    multiply.transposedB = 1, multiply.pitchB = shape.depth;
    builder.emit(multiply, kOperandsReady, kAccumulatorReady);
  }

  Value perRow(uint64_t address) const { return {address, 1, true}; }

  VectorInstruction vector(VectorFunction function, uint64_t rows, uint64_t columns,
                           const Value &dst, const Value &a, const Value &b = {}) const {
    VectorInstruction v;
    v.function = function;
    v.rows = rows, v.columns = dst.perRow ? 1 : columns;
    v.dst = dst.address, v.pitchDst = dst.pitch;
    v.a = a.address, v.pitchA = a.pitch, v.repeatA = a.perRow, v.aInAccumulator = a.inAccumulator;
    v.b = b.address, v.pitchB = b.pitch, v.repeatB = b.perRow, v.bInAccumulator = b.inAccumulator;
    v.formatDst = v.formatA = v.formatB = Format::F32;
    v.alpha = v.beta = 1;
    return v;
  }

  void reduce(ReduceFunction function, uint64_t rows, uint64_t columns, uint64_t dst,
              bool accumulate) {
    ReduceInstruction r;
    r.function = function;
    r.rows = rows, r.columns = columns, r.dst = dst, r.pitchDst = 1;
    r.a = tiling.scores, r.pitchA = columns, r.accumulate = accumulate;
    builder.emit(r, 0, 0);
  }

  void fill(uint64_t address, uint64_t count, float value) {
    VectorInstruction v = vector(VectorFunction::Fill, 1, count, {address, count}, {0, 0});
    v.alpha = value;
    builder.emit(v, 0, 0);
  }

  // weights = exp(scores - running maximum); total and what was summed follow the new maximum.
  void softmaxTile(uint64_t row, uint64_t rows, uint64_t key, uint64_t keys) {
    const Value scores{tiling.scores, keys}, largest = perRow(tiling.largest);
    const Value newLargest = perRow(tiling.newLargest), correction = perRow(tiling.correction);
    const Value total = perRow(tiling.total);
    VectorInstruction scale =
        vector(VectorFunction::Copy, rows, keys, scores, {0, keys, false, true});
    scale.alpha = float(op.alpha.real());
    builder.emit(scale, kAccumulatorReady, 0);
    if (op.causal)
      mask(row, rows, key, keys);
    const bool first = key == 0;
    if (!first)
      builder.emit(vector(VectorFunction::Copy, rows, 1, newLargest, largest), 0, 0);
    reduce(ReduceFunction::Maximum, rows, keys, tiling.newLargest, !first);
    VectorInstruction weights =
        vector(VectorFunction::Subtract, rows, keys, scores, scores, newLargest);
    weights.activation = Activation::Exp;
    builder.emit(weights, 0, 0);
    if (!first) {
      VectorInstruction ratio =
          vector(VectorFunction::Subtract, rows, 1, correction, largest, newLargest);
      ratio.activation = Activation::Exp;
      builder.emit(ratio, 0, 0);
      builder.emit(vector(VectorFunction::Multiply, rows, 1, total, total, correction), 0, 0);
    }
    reduce(ReduceFunction::Sum, rows, keys, first ? tiling.total : tiling.part, false);
    if (!first)
      builder.emit(vector(VectorFunction::Add, rows, 1, total, total, perRow(tiling.part)), 0, 0);
    builder.emit(vector(VectorFunction::Copy, rows, 1, largest, newLargest), 0, 0);
    VectorInstruction round =
        vector(VectorFunction::Copy, rows, keys, {tiling.weights, keys}, scores);
    round.formatDst = choice.operandA;
    builder.emit(round, 0, kWeightsReady);
  }

  // Keys behind a row's own do not count.
  void mask(uint64_t row, uint64_t rows, uint64_t key, uint64_t keys) {
    for (uint64_t i = 0; i < rows; ++i) {
      const uint64_t seen = row + i + 1 > key ? std::min(keys, row + i + 1 - key) : 0;
      if (seen < keys)
        fill(tiling.scores + (i * keys + seen) * 4, keys - seen,
             std::numeric_limits<float>::lowest());
    }
  }

  // sums = sums * correction + weights V.
  void sumTile(uint64_t rows, uint64_t keys, bool first) {
    const uint64_t address = tiling.rows * tiling.keys * 4; // behind the scores
    MultiplyInstruction multiply = product(rows, shape.columns, keys);
    multiply.a = tiling.weights, multiply.b = tiling.values[step % 2], multiply.sums = address;
    builder.emit(multiply, kWeightsReady, kAccumulatorReady | kOperandsFree);
    const Value sums{tiling.sums, shape.columns};
    const Value fresh{address, shape.columns, false, true};
    if (first) {
      builder.emit(vector(VectorFunction::Copy, rows, shape.columns, sums, fresh),
                   kAccumulatorReady, 0);
      return;
    }
    builder.emit(vector(VectorFunction::Multiply, rows, shape.columns, sums, sums,
                        perRow(tiling.correction)),
                 0, 0);
    builder.emit(vector(VectorFunction::Add, rows, shape.columns, sums, sums, fresh),
                 kAccumulatorReady, 0);
  }

  void storeTile(uint64_t batch, uint64_t row, uint64_t rows) {
    const uint64_t stage = tiling.stages[tiles % 2];
    builder.emit(vector(VectorFunction::Divide, rows, shape.columns, {stage, shape.columns},
                        {tiling.sums, shape.columns}, perRow(tiling.total)),
                 tiles >= 2 ? kResultFree : 0, kResultReady);
    const Tensor &dst = op.dst[0];
    StoreInstruction store;
    store.window = d.window;
    store.offset = d.at(int64_t(batch) * dst.strides[0] + int64_t(row) * dst.strides[1]);
    store.planes = 1, store.rows = rows, store.columns = store.pitch = shape.columns;
    store.rowStride = dst.strides[1], store.columnStride = dst.strides[2];
    store.address = stage, store.from = Format::F32, store.to = dst.format;
    builder.emit(store, kResultReady, kResultFree);
  }

  const TensorOp &op;
  const Shape shape;
  const Tiling &tiling;
  const ProductChoice &choice;
  ProgramBuilder builder;
  BoundTensor q, k, v, d;
  uint64_t step = 0, tiles = 0;
};

} // namespace

Status checkAttention(const TensorOp &op, const LoweringContext &context) {
  if (op.src.size() != 3 || op.dst.size() != 1)
    return refuse("operands are missing");
  const char *names[] = {"Q", "K", "V"};
  for (size_t i = 0; i < 3; ++i)
    if (Status status = checkTensor(op.src[i], names[i], 3); !status)
      return status;
  if (Status status = checkTensor(op.dst[0], "D", 3); !status)
    return status;
  const auto &q = op.src[0].sizes, &k = op.src[1].sizes, &v = op.src[2].sizes, &d = op.dst[0].sizes;
  if (k[0] != q[0] || v[0] != q[0] || d[0] != q[0] || k[2] != q[2] || v[1] != k[1] ||
      d[1] != q[1] || d[2] != v[2])
    return refuse("the sizes of queries, keys, values and result do not match");
  if (op.alpha.imag() != 0)
    return refuse("complex arithmetic is not supported");
  for (const Tensor *tensor : {&op.src[0], &op.src[1], &op.src[2], &op.dst[0]})
    if (tensor->format == Format::Int8 || tensor->format == Format::Int32)
      return refuse("integers have no softmax");
  if (isEmpty(op.dst[0]))
    return {};
  if (k[1] == 0 || q[2] == 0)
    return refuse("there are no keys, or they have no elements");
  if (uint64_t(q[2]) > kMostExtent || uint64_t(v[2]) > kMostExtent)
    return refuse("rows of more than 65535 elements");
  ProductChoice choice;
  if (Status status = productOf(op, context, choice); !status)
    return status;
  Tiling tiling(1, 1, 1, 1, 4);
  return chooseTiling(Shape(op), context.config, formatBytes(choice.operandA), tiling);
}

Status lowerAttention(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  ProductChoice choice;
  if (Status status = productOf(op, context, choice); !status)
    return status;
  lowered.format = choice.name;
  lowered.peakPerCycle = productRate(context.config, choice.product) *
                         double(context.config.arrayRows() * context.config.arrayColumns());
  if (isEmpty(op.dst[0]))
    return {};
  Tiling tiling(1, 1, 1, 1, 4);
  if (Status status = chooseTiling(Shape(op), context.config, formatBytes(choice.operandA), tiling);
      !status)
    return status;
  lowered.tiling = "tiles of " + std::to_string(tiling.rows) + " queries x " +
                   std::to_string(tiling.keys) + " keys; scores never leave the chip";
  return AttentionLowering(op, tiling, choice, lowered).run();
}

} // namespace npu::backend
