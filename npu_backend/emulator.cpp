// The instruction loop, the address checks and DMA. The vector unit is in vector_unit.cpp.
#include "emulator.h"
#include "convert.h"
#include "numerics.h"
#include "packed.h"
#include "vector_unit.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

Status trap(const std::string &what) { return {npuErrorLaunchFailure, "NPU trap: " + what}; }

char *alignedMemory(uint64_t bytes) {
  constexpr uint64_t kAlignment = 4096; // sizes are whole KiB; round up for aligned_alloc
  uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<char *>(std::aligned_alloc(kAlignment, rounded));
}

unsigned threadCount(unsigned asked) {
  unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
  return asked ? asked : cpus;
}

// How many elements a block of planes covers on chip; rows must not overlap.
Status checkPlanes(uint64_t planes, uint64_t rows, uint64_t columns, uint64_t pitch,
                   uint64_t planePitch, uint64_t &span) {
  uint64_t plane = rows ? (rows - 1) * pitch + columns : 0;
  if ((columns > pitch && rows > 1) || (plane > planePitch && planes > 1))
    return trap("rows overlap in the scratchpad");
  span = planes ? (planes - 1) * planePitch + plane : 0;
  return {};
}

} // namespace

Emulator::Emulator(const NpuConfig &config, unsigned threads)
    : config(config), pool(threadCount(threads)), tileMath(pool),
      scratchpad(alignedMemory(config.scratchpadBytes())),
      accumulator(alignedMemory(config.accumulatorBytes())) {}

Status Emulator::run(const Program &programToRun, Activity &activity, UsageRecorder *usage,
                     const Progress &progress) {
  if (!scratchpad || !accumulator)
    return {npuErrorMemoryAllocation,
            "NPU emulator: the host has no memory for the scratchpad of " +
                std::to_string(uint64_t(config.scratchpadKib)) + " KiB"};
  program = &programToRun;
  std::fill(std::begin(scales), std::end(scales), 1.0f);
  std::fill(std::begin(largest), std::end(largest), 0.0f);
  std::vector<Instruction> decoded(program->words.size());
  for (size_t i = 0; i < decoded.size(); ++i)
    if (Status status = decode(program->words[i], decoded[i]); !status)
      return {status.code(), status.message() + " (instruction " + std::to_string(i) + ")"};
  size_t done = 0;
  auto step = [&](const Instruction &instruction) -> Status {
    if (progress)
      progress(done++, decoded.size());
    Status status =
        std::visit([&](const auto &fields) { return execute(fields); }, instruction.operation);
    if (status)
      return status;
    return {status.code(), status.message() + " in: " + disassemble(instruction)};
  };
  return simulate(config, decoded, step, activity, usage);
}

Status Emulator::locate(const Block &block, char *&data) const {
  const char *name = block.accumulator ? "accumulator" : "scratchpad";
  uint64_t capacity = block.accumulator ? config.accumulatorBytes() : config.scratchpadBytes();
  uint64_t bytes = formatBytes(block.format);
  const bool packed = block.packed && isPacked(block.format);
  if (!bytes && !packed)
    return trap(std::string(formatSpelling(block.format)) + " is no format of the " + name);
  if (!block.rows || !block.columns)
    return trap("an extent is zero");
  if (packed && block.rows > 1 && block.pitch % packUnit(block.format))
    return trap("rows of a packed format begin inside a byte or a block");
  if (!packed && block.address % bytes)
    return trap(std::string(name) + " address " + std::to_string(block.address) +
                " is not a multiple of the element size");
  // Extents have 24 bits and a pitch 24, so this cannot overflow.
  uint64_t elements = (block.rows - 1) * block.pitch + block.columns;
  uint64_t end = block.address + rowBytes(block.format, elements);
  if (end > capacity)
    return trap(std::string(name) + " address " + std::to_string(block.address) + "..." +
                std::to_string(end) + " exceeds its " + std::to_string(capacity) + " bytes");
  data = (block.accumulator ? accumulator : scratchpad).get() + block.address;
  return {};
}

template <typename Transfer>
Status Emulator::locateDram(const Transfer &t, Format format, bool write, char *&data) const {
  if (t.window >= program->windows.size())
    return trap("no tensor has window " + std::to_string(t.window));
  const Window &window = program->windows[t.window];
  if (write && !window.writable)
    return trap("the tensor of window " + std::to_string(t.window) + " is read-only");
  if (!formatBytes(format))
    return trap(std::string(formatSpelling(format)) + " is no format of the DMA engine");
  if (!t.planes || !t.rows || !t.columns)
    return trap("an extent is zero");
  if (t.planes * t.rows * t.columns > uint64_t(1) << 32)
    return trap("a transfer of more than 2^32 elements");
  // 24-bit extents times 40-bit strides need more than 64 bits.
  __int128 lowest = t.offset, highest = t.offset;
  auto reach = [&](uint64_t extent, int64_t stride) {
    __int128 distance = __int128(extent - 1) * stride * formatBytes(format);
    (distance < 0 ? lowest : highest) += distance;
  };
  reach(t.planes, t.planeStride);
  reach(t.rows, t.rowStride);
  reach(t.columns, t.columnStride);
  if (lowest < 0 || highest + formatBytes(format) > __int128(window.bytes))
    return trap("a transfer leaves the tensor of window " + std::to_string(t.window));
  data = window.data + t.offset;
  return {};
}

Status Emulator::execute(const LoadInstruction &load) {
  const bool packed = isPacked(load.to);
  if (!convertible(load.from, packed ? Format::F32 : load.to))
    return trap(std::string("DMA cannot turn ") + formatSpelling(load.from) + " into " +
                formatSpelling(load.to));
  uint64_t height = load.padTop + load.rows + load.padBottom;
  uint64_t width = load.padLeft + load.columns + load.padRight;
  char *dst, *src;
  uint64_t planePitch = load.planePitch ? load.planePitch : height * load.pitch, span = 0;
  if (Status status = checkPlanes(load.planes, height, width, load.pitch, planePitch, span);
      !status)
    return status;
  if (packed && (load.padLeft || load.padRight || load.pitch % packUnit(load.to) ||
                 planePitch % packUnit(load.to)))
    return trap("rows of a packed format begin inside a byte or a block");
  if (Status status = locateDram(load, load.from, false, src); !status)
    return status;
  if (Status status = locate({false, load.address, 1, span, 0, load.to, true}, dst); !status)
    return status;
  float factor = 1.0f / scales[load.scale];
  pool.split(load.planes * height, load.planes * height * width, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      uint64_t row = i % height;
      char *target = dst + rowBytes(load.to, i / height * planePitch + row * load.pitch);
      bool inside = row >= load.padTop && row < load.padTop + load.rows;
      if (!inside || load.padLeft || load.padRight)
        std::memset(target, 0, rowBytes(load.to, width));
      if (!inside)
        continue;
      int64_t source =
          int64_t(i / height) * load.planeStride + int64_t(row - load.padTop) * load.rowStride;
      const char *from = src + source * formatBytes(load.from);
      if (packed)
        packRow(from, load.from, load.columnStride, load.columns, scales[load.scale], load.to,
                target);
      else
        convertElements(from, load.from, load.columnStride,
                        target + rowBytes(load.to, load.padLeft), load.to, 1, load.columns, factor);
    }
  });
  return {};
}

Status Emulator::execute(const StoreInstruction &store) {
  if (!convertible(store.from, store.to) || store.to == Format::Int8)
    if (store.from != store.to)
      return trap(std::string("DMA cannot turn ") + formatSpelling(store.from) + " into " +
                  formatSpelling(store.to) + " on the way out");
  char *dst, *src;
  if (Status status = locateDram(store, store.to, true, dst); !status)
    return status;
  uint64_t rows = store.planes * store.rows;
  uint64_t planePitch = store.planePitch ? store.planePitch : store.rows * store.pitch, span = 0;
  if (Status status =
          checkPlanes(store.planes, store.rows, store.columns, store.pitch, planePitch, span);
      !status)
    return status;
  if (Status status = locate({false, store.address, 1, span, 0, store.from}, src); !status)
    return status;
  auto copy = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      int64_t target =
          int64_t(i / store.rows) * store.planeStride + int64_t(i % store.rows) * store.rowStride;
      uint64_t source = i / store.rows * planePitch + i % store.rows * store.pitch;
      convertElements(src + source * formatBytes(store.from), store.from, 1,
                      dst + target * formatBytes(store.to), store.to, store.columnStride,
                      store.columns, 1.0f);
    }
  };
  pool.split(rows, rows * store.columns, copy);
  return {};
}

Status Emulator::checkProduct(Product product, Format a, Format b, uint64_t depth) const {
  Format wanted = Format::F32;
  switch (product) {
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary)                    \
  case Product::name:                                                                              \
    wanted = operands;                                                                             \
    break;
#include "products.def"
  }
  auto fits = [&](Format format) {
    return format == wanted || (wanted == Format::Fp8E4M3 && format == Format::Fp8E5M2) ||
           (isMx(wanted) && isMx(format) && codeBits(format) == codeBits(wanted));
  };
  if (!fits(a) || !fits(b))
    return trap(std::string("product ") + productName(product) + " of " + formatSpelling(a) +
                " and " + formatSpelling(b));
  if (!(productRate(config, product) > 0))
    return trap(std::string("this array has no ") + productName(product) + " products");
  constexpr uint64_t kDeepestInt8 = 131071; // times 2^14 stays below 2^31
  if (product == Product::Int8 && depth > kDeepestInt8)
    return trap("an int8 tile deeper than 131071 could overflow int32");
  return {};
}

Status Emulator::execute(const MultiplyInstruction &multiply) {
  if (Status status =
          checkProduct(multiply.product, multiply.formatA, multiply.formatB, multiply.k);
      !status)
    return status;
  uint64_t rowsA = multiply.transposedA ? multiply.k : multiply.m;
  uint64_t rowsB = multiply.transposedB ? multiply.n : multiply.k;
  uint64_t countA = multiply.transposedA ? multiply.m : multiply.k;
  uint64_t countB = multiply.transposedB ? multiply.k : multiply.n;
  if (isMx(multiply.formatA) && (multiply.transposedA || !multiply.transposedB))
    return trap("MX blocks must lie along the depth");
  if (multiply.pitchA < countA || multiply.pitchB < countB || multiply.pitchSums < multiply.n)
    return trap("rows of a tile overlap");
  char *a, *b, *sums;
  if (Status status =
          locate({false, multiply.a, rowsA, countA, multiply.pitchA, multiply.formatA, true}, a);
      !status)
    return status;
  if (Status status =
          locate({false, multiply.b, rowsB, countB, multiply.pitchB, multiply.formatB, true}, b);
      !status)
    return status;
  if (Status status = locate(
          {true, multiply.sums, multiply.m, multiply.n, multiply.pitchSums, Format::Int32}, sums);
      !status)
    return status;
  return tileMath.multiply(multiply, {a, b, sums});
}

Status Emulator::execute(const VectorInstruction &vector) {
  VectorOperands operands;
  bool readsA = vector.function != VectorFunction::Fill;
  bool readsB = vector.function > VectorFunction::Copy;
  char *dst = nullptr, *a = nullptr, *b = nullptr;
  if (vector.pitchDst < vector.columns && vector.rows > 1)
    return trap("rows of the result overlap");
  if (Status status = locate({vector.dstInAccumulator != 0, vector.dst, vector.rows, vector.columns,
                              vector.pitchDst, vector.formatDst},
                             dst);
      !status)
    return status;
  if (readsA)
    if (Status status = locate({vector.aInAccumulator != 0, vector.a, vector.rows,
                                vector.repeatA ? 1 : vector.columns, vector.pitchA, vector.formatA},
                               a);
        !status)
      return status;
  if (readsB)
    if (Status status = locate({vector.bInAccumulator != 0, vector.b, vector.rows,
                                vector.repeatB ? 1 : vector.columns, vector.pitchB, vector.formatB},
                               b);
        !status)
      return status;
  operands.dst = dst, operands.a = a, operands.b = b;
  operands.scaleOfA = scales[vector.scaleA] * scales[vector.scaleB];
  std::string failure = runVector(vector, operands, pool);
  return failure.empty() ? Status() : trap(failure);
}

Status Emulator::execute(const MeasureInstruction &measure) {
  if (measure.scale == 0)
    return trap("scale register 0 is constant");
  if (measure.columns > measure.pitchA && measure.rows > 1)
    return trap("rows overlap in the scratchpad");
  bool fp8 = measure.target == Format::Fp8E4M3 || measure.target == Format::Fp8E5M2;
  const bool integer = measure.target == Format::Int8 || measure.target == Format::Int4;
  if (!fp8 && !integer)
    return trap(std::string("no scale is needed for ") + formatSpelling(measure.target));
  char *a;
  if (Status status =
          locate({false, measure.a, measure.rows, measure.columns, measure.pitchA, Format::F32}, a);
      !status)
    return status;
  float &seen = largest[measure.scale];
  seen = std::max(measure.first ? 0.0f : seen,
                  largestMagnitude(a, measure.rows, measure.columns, measure.pitchA));
  if (integer && !std::isfinite(seen))
    return trap(std::string(formatSpelling(measure.target)) +
                " cannot hold the infinity or NaN found in the operand; choose another "
                "NPU_MATMUL_FORMAT");
  scales[measure.scale] = fp8                              ? fp8Scale(seen, measure.target)
                          : measure.target == Format::Int8 ? int8Scale(seen)
                                                           : int4Scale(seen);
  return {};
}

Status Emulator::execute(const std::monostate &) { return trap("an empty instruction"); }

} // namespace npu::backend
