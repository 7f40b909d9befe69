// The event-driven model. See timing.h.
#include "timing.h"
#include "numerics.h"
#include "packed.h"
#include "usage.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace npu::backend {
namespace {

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }

struct ProductFacts {
  unsigned passes;
  double rate, multiplyPj, addPj;
};

ProductFacts factsOf(const NpuConfig &config, Product product) {
  switch (product) {
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary)                    \
  case Product::name:                                                                              \
    return {passes, config.rate, config.multiply, config.add};
#include "products.def"
  }
  return {1, 0, 0, 0};
}

// Bytes of DRAM that a strided block touches: an extent with stride 0 is one element read again.
template <typename Transfer> uint64_t dramBytes(const Transfer &t, Format format) {
  uint64_t planes = t.planeStride ? t.planes : 1, rows = t.rowStride ? t.rows : 1;
  return planes * rows * (t.columnStride ? t.columns : 1) * formatBytes(format);
}

uint64_t tileBytes(Format format, uint64_t rows, uint64_t columns, bool transposed) {
  return transposed ? columns * rowBytes(format, rows) : rows * rowBytes(format, columns);
}

class Simulation {
public:
  Simulation(const NpuConfig &config, Activity &activity, UsageRecorder *usage)
      : config(config), activity(activity), usage(usage),
        channelFree(size_t(config.dmaChannels), 0) {}

  // When the head of a queue can start, or false when a token is missing.
  bool ready(const Instruction &instruction, uint64_t &start) const {
    start = queueFree[unsigned(queueOf(instruction))];
    for (unsigned token = 0; token < kTokenCount; ++token) {
      if (!(instruction.waits >> token & 1))
        continue;
      if (tokens[token].empty())
        return false;
      start = std::max(start, tokens[token].front());
    }
    if (isTransfer(instruction))
      start = std::max(start, *std::min_element(channelFree.begin(), channelFree.end()));
    return true;
  }

  void run(const Instruction &instruction, uint64_t start) {
    countWait(instruction, start);
    for (unsigned token = 0; token < kTokenCount; ++token)
      if (instruction.waits >> token & 1)
        tokens[token].pop_front();
    now = start;
    std::visit([&](const auto &fields) { cost(fields); }, instruction.operation);
    for (unsigned token = 0; token < kTokenCount; ++token)
      if (instruction.signals >> token & 1)
        tokens[token].push_back(end);
    // A DMA queue issues its next transfer while this one is in flight; units finish first.
    queueFree[unsigned(queueOf(instruction))] = isTransfer(instruction) ? start : end;
    activity.cycles = std::max(activity.cycles, end);
    if (queueOf(instruction) == Queue::Matrix)
      activity.matrixEnd = end;
    if (queueOf(instruction) == Queue::Vector)
      activity.vectorEnd = end;
    if (usage)
      usage->add(instruction, isTransfer(instruction) ? firstByte : start, start, end);
  }

private:
  // The last token to come is what a unit waited for.
  void countWait(const Instruction &instruction, uint64_t start) {
    Queue queue = queueOf(instruction);
    uint64_t idle = start - queueFree[unsigned(queue)];
    if (!idle || (queue != Queue::Matrix && queue != Queue::Vector))
      return;
    for (unsigned token = 0; token < kTokenCount; ++token)
      if ((instruction.waits >> token & 1) && tokens[token].front() == start) {
        Queue producer = producerOf(Token(1 << token));
        (queue == Queue::Matrix ? activity.matrixWaits
                                : activity.vectorWaits)[unsigned(producer)] += idle;
        return;
      }
  }

  static bool isTransfer(const Instruction &instruction) {
    Queue queue = queueOf(instruction);
    return queue == Queue::Load || queue == Queue::Store;
  }

  void transfer(uint64_t bytes) {
    auto channel = std::min_element(channelFree.begin(), channelFree.end());
    firstByte = std::max(now + uint64_t(config.dramLatencyCycles), busFree);
    end = firstByte + uint64_t(std::ceil(double(bytes) / config.dramBytesPerCycle()));
    busFree = *channel = end;
    activity.dramCycles += end - firstByte;
  }

  void cost(const LoadInstruction &load) {
    uint64_t bytes = dramBytes(load, load.from);
    transfer(bytes);
    activity.dramReadBytes += bytes;
    activity.scratchpadBytes += load.planes * (load.padTop + load.rows + load.padBottom) *
                                rowBytes(load.to, load.padLeft + load.columns + load.padRight);
  }

  void cost(const GatherInstruction &gather) {
    uint64_t bytes = gather.rows * gather.columns * formatBytes(gather.from);
    transfer(bytes);
    activity.dramReadBytes += bytes;
    activity.scratchpadBytes +=
        gather.rows * (gather.columns * formatBytes(gather.to) + sizeof(int32_t));
  }

  void cost(const StoreInstruction &store) {
    uint64_t bytes = dramBytes(store, store.to);
    transfer(bytes);
    activity.dramWriteBytes += bytes;
    activity.scratchpadBytes += store.planes * store.rows * store.columns * formatBytes(store.from);
  }

  // On-chip traffic of the folds: WS reads A once per column fold and B once, and updates the sums
  // once per row fold; OS reads both operands per fold and writes each sum once.
  void cost(const MultiplyInstruction &multiply) {
    array(arrayTime(config, multiply.product, multiply.m, multiply.n, multiply.k));
    ProductFacts facts = factsOf(config, multiply.product);
    uint64_t macs = multiply.m * multiply.n * multiply.k;
    activity.macs += macs;
    activity.productPicojoules += double(macs) * facts.passes * (facts.multiplyPj + facts.addPj);
    uint64_t bytesA = tileBytes(multiply.formatA, multiply.m, multiply.k, multiply.transposedA);
    uint64_t bytesB = tileBytes(multiply.formatB, multiply.k, multiply.n, multiply.transposedB);
    uint64_t bytesSums = multiply.m * multiply.n * 4;
    uint64_t columnFolds = divideUp(multiply.n, config.arrayColumns());
    if (config.dataflow != Dataflow::OutputStationary) {
      uint64_t updates = divideUp(multiply.k, config.arrayRows());
      activity.scratchpadBytes += bytesA * columnFolds + bytesB;
      activity.accumulatorBytes += bytesSums * (2 * updates - (multiply.accumulate ? 0 : 1));
    } else {
      activity.scratchpadBytes +=
          bytesA * columnFolds + bytesB * divideUp(multiply.m, config.arrayRows());
      activity.accumulatorBytes += bytesSums * (multiply.accumulate ? 2 : 1);
    }
  }

  void cost(const VectorInstruction &vector) {
    uint64_t elements = vector.rows * vector.columns;
    unit(elements);
    touch(vector.dstInAccumulator, elements * formatBytes(vector.formatDst));
    if (vector.function != VectorFunction::Fill)
      touch(vector.aInAccumulator, elements * formatBytes(vector.formatA));
    if (vector.function > VectorFunction::Copy)
      touch(vector.bInAccumulator, elements * formatBytes(vector.formatB));
  }

  void cost(const MeasureInstruction &measure) {
    uint64_t elements = measure.rows * measure.columns;
    unit(elements);
    touch(false, elements * 4);
  }

  // The filter (A) stays in the array and windows stream past it: the closed forms with the roles
  // of rows and columns exchanged.
  void cost(const ConvolveInstruction &convolve) {
    uint64_t m = convolve.m, n = convolve.n0 * convolve.n1 * convolve.n2;
    uint64_t k = convolve.k0 * convolve.k1 * convolve.k2;
    array(arrayTime(config, convolve));
    ProductFacts facts = factsOf(config, convolve.product);
    activity.macs += m * n * k;
    activity.productPicojoules +=
        double(m * n * k) * facts.passes * (facts.multiplyPj + facts.addPj);
    uint64_t bytesA = m * k * formatBytes(convolve.formatA);
    uint64_t bytesB = k * n * formatBytes(convolve.formatB);
    uint64_t columnFolds = divideUp(m, config.arrayColumns());
    bool weights = config.dataflow != Dataflow::OutputStationary;
    uint64_t rowFolds = weights ? 1 : divideUp(n, config.arrayRows());
    uint64_t updates = weights ? divideUp(k, config.arrayRows()) : 1;
    activity.scratchpadBytes += bytesB * columnFolds + bytesA * rowFolds;
    activity.accumulatorBytes += m * n * 4 * (2 * updates - (convolve.accumulate ? 0 : 1));
  }

  void cost(const ReduceInstruction &reduce) {
    unit(reduce.rows * reduce.columns);
    touch(false, (reduce.rows * reduce.columns + reduce.rows) * 4);
  }

  void cost(const PoolInstruction &pool) {
    uint64_t results = pool.channels * pool.outRows * pool.outColumns;
    uint64_t elements = results * pool.windowRows * pool.windowColumns;
    unit(elements);
    touch(false, (elements * (pool.gradient ? 2 : 1) + results) * 4);
  }

  void cost(const std::monostate &) { end = now; }

  void array(const ArrayTime &time) {
    end = now + time.cycles();
    activity.matrixCycles += time.cycles();
    activity.streamCycles += time.folds * time.stream;
  }

  void unit(uint64_t elements) {
    uint64_t cycles = divideUp(elements, uint64_t(config.vectorLanes));
    end = now + cycles;
    activity.vectorCycles += cycles;
    activity.vectorElements += elements;
  }

  void touch(bool accumulator, uint64_t bytes) {
    (accumulator ? activity.accumulatorBytes : activity.scratchpadBytes) += bytes;
  }

  const NpuConfig &config;
  Activity &activity;
  UsageRecorder *usage;
  std::vector<uint64_t> channelFree;
  uint64_t queueFree[kQueueCount] = {}, busFree = 0, now = 0, end = 0, firstByte = 0;
  std::deque<uint64_t> tokens[kTokenCount]; // when each one was sent
};

// OpTime::Maximum: everything overlaps, and what is left to wait for is the busiest unit.
void overlapAll(Activity &activity) {
  activity.cycles = std::max({activity.matrixCycles, activity.vectorCycles, activity.dramCycles});
  Queue busiest = activity.dramCycles >= activity.vectorCycles ? Queue::Load : Queue::Vector;
  std::fill(std::begin(activity.matrixWaits), std::end(activity.matrixWaits), 0);
  std::fill(std::begin(activity.vectorWaits), std::end(activity.vectorWaits), 0);
  activity.matrixWaits[unsigned(busiest)] = activity.cycles - activity.matrixCycles;
  activity.vectorWaits[unsigned(Queue::Load)] = activity.cycles - activity.vectorCycles;
  activity.matrixEnd = activity.vectorEnd = activity.cycles;
}

} // namespace

double productRate(const NpuConfig &config, Product product) {
  ProductFacts facts = factsOf(config, product);
  return facts.rate / facts.passes;
}

ArrayTime arrayTime(const NpuConfig &config, Product product, uint64_t m, uint64_t n, uint64_t k) {
  ProductFacts facts = factsOf(config, product);
  uint64_t rows = config.arrayRows(), columns = config.arrayColumns();
  if (!(facts.rate > 0))
    return {};
  if (config.dataflow == Dataflow::OutputStationary) {
    uint64_t stream = uint64_t(std::ceil(double(k) / facts.rate));
    return {facts.passes * divideUp(m, rows) * divideUp(n, columns), stream, rows + columns - 2};
  }
  uint64_t depth = uint64_t(double(rows) * std::max(facts.rate, 1.0));
  uint64_t stream = uint64_t(std::ceil(double(m) / std::min(facts.rate, 1.0)));
  uint64_t fill = config.dataflow == Dataflow::DotProduct ? 0 : 2 * rows + columns - 2;
  return {facts.passes * divideUp(k, depth) * divideUp(n, columns), stream, fill};
}

ArrayTime arrayTime(const NpuConfig &config, const ConvolveInstruction &c) {
  uint64_t outputs = c.m, windows = c.n0 * c.n1 * c.n2;
  if (config.dataflow != Dataflow::DotProduct)
    return arrayTime(config, c.product, windows, outputs, c.k0 * c.k1 * c.k2);
  bool single = c.k0 == 1 && c.k1 == 1;
  ArrayTime tap = arrayTime(config, c.product, windows, outputs, single ? c.k2 : c.k0);
  tap.folds *= single ? 1 : c.k1 * c.k2;
  return tap;
}

uint64_t multiplyCycles(const NpuConfig &config, Product product, uint64_t m, uint64_t n,
                        uint64_t k) {
  return arrayTime(config, product, m, n, k).cycles();
}

Status simulate(const NpuConfig &config, const std::vector<Instruction> &program,
                const std::function<Status(const Instruction &)> &execute, Activity &activity,
                UsageRecorder *usage) {
  std::vector<uint32_t> queues[kQueueCount];
  size_t heads[kQueueCount] = {};
  for (size_t i = 0; i < program.size(); ++i)
    queues[unsigned(queueOf(program[i]))].push_back(uint32_t(i));
  Simulation simulation(config, activity, usage);
  for (size_t done = 0; done < program.size(); ++done) {
    int chosen = -1;
    uint64_t earliest = 0;
    for (unsigned queue = 0; queue < kQueueCount; ++queue) {
      uint64_t start;
      if (heads[queue] == queues[queue].size() ||
          !simulation.ready(program[queues[queue][heads[queue]]], start))
        continue;
      if (chosen < 0 || start < earliest)
        chosen = int(queue), earliest = start;
    }
    if (chosen < 0)
      return {npuErrorLaunchFailure, "NPU trap: every queue waits for a token that none will send"};
    const Instruction &instruction = program[queues[chosen][heads[chosen]++]];
    if (Status status = execute(instruction); !status)
      return status;
    simulation.run(instruction, earliest);
  }
  if (config.opTime == OpTime::Maximum)
    overlapAll(activity);
  return {};
}

} // namespace npu::backend
