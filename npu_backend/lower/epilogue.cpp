// See epilogue.h.
#include "lower/epilogue.h"

#include <algorithm>

namespace npu::backend {
namespace {

constexpr uint64_t kAlignment = 64;
uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

} // namespace

Epilogue::Epilogue(const TensorOp &op, const ProductChoice &choice, ProgramBuilder &builder,
                   uint64_t stageElements, uint64_t biasElements, uint64_t address)
    : op(op), choice(choice), builder(builder), stageElements(stageElements), address(address),
      strideStage(aligned(stageElements * 4)), strideBias(aligned(biasElements * 4)),
      hasC(op.beta != 0.0), hasBias(op.biasAxis > 0) {
  if (hasC)
    c = builder.bind(op.src[2], false);
  if (hasBias)
    bias = builder.bind(op.src[3], false);
  d = builder.bind(op.dst[0], true);
  result = op.dst[0].format == Format::Int32 ? Format::Int32 : Format::F32;
  sums = choice.product == Product::Int8 ? Format::Int32 : Format::F32;
}

uint64_t Epilogue::bytes(bool bias, uint64_t stageElements, uint64_t biasElements) {
  return 2 * aligned(stageElements * 4) + (bias ? 2 * aligned(biasElements * 4) : 0);
}

void Epilogue::emit(const ResultBlock &block) {
  if (hasBias)
    loadBias(block);
  uint64_t most = std::max<uint64_t>(stageElements / (block.rows * block.columns), 1);
  for (uint64_t row = 0; row < block.m; row += most)
    rowsOf(block, row, std::min(most, block.m - row));
  ++blockIndex;
}

void Epilogue::loadBias(const ResultBlock &block) {
  LoadInstruction load;
  load.window = bias.window;
  load.offset = bias.at(block.biasFirst * op.src[3].strides[0]);
  load.planes = load.rows = 1;
  load.columns = load.pitch = block.m;
  load.columnStride = op.src[3].strides[0];
  load.from = op.src[3].format, load.to = result;
  load.address = address + 2 * strideStage + blockIndex % 2 * strideBias;
  builder.emit(load, blockIndex >= 2 ? kBiasFree : 0, kBiasReady);
}

void Epilogue::rowsOf(const ResultBlock &block, uint64_t row, uint64_t rows) {
  bool first = row == 0, last = row + rows == block.m;
  uint64_t stage = address + stageIndex % 2 * strideStage;
  unsigned stageFree = stageIndex >= 2 ? kResultFree : 0;
  if (hasC) {
    LoadInstruction load;
    load.window = c.window;
    load.offset = c.at(block.offsetC + int64_t(row) * block.strideMC);
    load.planes = rows, load.rows = block.rows, load.columns = load.pitch = block.columns;
    load.planeStride = block.strideMC;
    load.rowStride = block.strideRowsC, load.columnStride = block.strideColumnsC;
    load.from = op.src[2].format, load.to = result, load.address = stage;
    builder.emit(load, stageFree, kSourceReady);
    stageFree = kSourceReady;
  }
  unsigned waits = stageFree | (first && block.products ? kAccumulatorReady : 0) |
                   (first && hasBias ? kBiasReady : 0);
  unsigned signals = kResultReady | (last && block.products ? kAccumulatorFree : 0) |
                     (last && hasBias ? kBiasFree : 0);
  VectorInstruction vector = scale(block, row, rows, stage);
  if (!hasBias || vector.function <= VectorFunction::Copy) {
    if (hasBias)
      addBias(vector, row);
    setActivation(vector, op);
    builder.emit(vector, waits, signals);
  } else {
    builder.emit(vector, waits, 0);
    VectorInstruction add = vector;
    add.function = VectorFunction::Copy;
    add.a = stage, add.aInAccumulator = 0, add.pitchA = vector.columns, add.formatA = result;
    add.alpha = 1, add.scaleA = add.scaleB = 0;
    addBias(add, row);
    setActivation(add, op);
    builder.emit(add, 0, signals);
  }
  store(block, row, rows, stage);
  ++stageIndex;
}

// stage = alpha * sums + beta * stage, leaving out what is not there.
VectorInstruction Epilogue::scale(const ResultBlock &block, uint64_t row, uint64_t rows,
                                  uint64_t stage) const {
  VectorInstruction v;
  uint64_t columns = block.rows * block.columns;
  v.rows = rows, v.columns = columns;
  v.dst = stage, v.pitchDst = columns, v.formatDst = result, v.formatB = result;
  if (block.products) {
    v.function = VectorFunction::Copy;
    v.a = block.sums + row * columns * 4, v.aInAccumulator = 1;
    v.pitchA = columns, v.formatA = sums;
    v.alpha = float(op.alpha.real());
    if (choice.scaled)
      v.scaleA = 1, v.scaleB = 2;
  }
  if (!hasC)
    return v; // without products Fill makes zeros
  if (block.products) {
    v.function = VectorFunction::Add;
    v.b = stage, v.pitchB = columns, v.beta = float(op.beta.real());
  } else {
    v.function = VectorFunction::Copy;
    v.a = stage, v.pitchA = columns, v.formatA = result, v.alpha = float(op.beta.real());
  }
  return v;
}

// Turns a Copy or Fill into an addition of the bias.
void Epilogue::addBias(VectorInstruction &v, uint64_t row) const {
  uint64_t at = address + 2 * strideStage + blockIndex % 2 * strideBias + row * 4;
  if (v.function == VectorFunction::Fill) {
    v.function = VectorFunction::Copy; // zero + bias
    v.a = at, v.aInAccumulator = 0, v.formatA = result, v.alpha = 1;
    v.pitchA = 1, v.repeatA = 1;
    return;
  }
  v.function = VectorFunction::Add;
  v.b = at, v.bInAccumulator = 0, v.formatB = result, v.beta = 1;
  v.pitchB = 1, v.repeatB = 1;
}

void Epilogue::store(const ResultBlock &block, uint64_t row, uint64_t rows, uint64_t stage) {
  StoreInstruction out;
  out.window = d.window;
  out.offset = d.at(block.offset + int64_t(row) * block.strideM);
  out.planes = rows, out.rows = block.rows, out.columns = out.pitch = block.columns;
  out.planeStride = block.strideM;
  out.rowStride = block.strideRows, out.columnStride = block.strideColumns;
  out.address = stage;
  out.from = result, out.to = op.dst[0].format;
  builder.emit(out, kResultReady, kResultFree);
}

} // namespace npu::backend
