// See usage.h.
#include "usage.h"
#include "packed.h"

#include <algorithm>

namespace npu::backend {
namespace {

// Bytes from the first to behind the last element of `rows` rows.
uint64_t span(uint64_t rows, uint64_t columns, uint64_t pitch, Format format) {
  return rowBytes(format, (rows - 1) * pitch + columns);
}

} // namespace

void UsageRecorder::Series::widen() {
  for (size_t i = 0; i < amounts.size(); ++i) {
    double pair = 2 * i < amounts.size() ? amounts[2 * i] : 0;
    if (2 * i + 1 < amounts.size())
      pair += amounts[2 * i + 1];
    amounts[i] = pair;
  }
  width *= 2;
}

void UsageRecorder::Series::add(uint64_t from, uint64_t to, double perCycle) {
  while (to > width * amounts.size())
    widen();
  for (uint64_t at = from; at < to;) {
    uint64_t until = std::min(to, (at / width + 1) * width);
    amounts[at / width] += double(until - at) * perCycle;
    at = until;
  }
}

std::vector<double> UsageRecorder::Series::perCycle(uint64_t wanted, uint64_t cycles) {
  while (width < wanted)
    widen();
  std::vector<double> result;
  for (uint64_t i = 0; i * width < cycles; ++i)
    result.push_back(amounts[i] / double(std::min(width, cycles - i * width)));
  return result;
}

void UsageRecorder::Memory::close(std::map<uint64_t, Buffer>::iterator buffer) {
  bytes.add(buffer->second.from, buffer->second.to, double(buffer->second.bytes));
  buffers.erase(buffer);
}

// A buffer that is written in part goes on; one that is overwritten ends with its last reading.
void UsageRecorder::Memory::write(uint64_t address, uint64_t count, uint64_t start, uint64_t end) {
  auto at = buffers.upper_bound(address);
  if (at != buffers.begin() && std::prev(at)->first + std::prev(at)->second.bytes > address)
    --at;
  while (at != buffers.end() && at->first < address + count) {
    auto next = std::next(at);
    Buffer &buffer = at->second;
    if (at->first <= address && address + count <= at->first + buffer.bytes &&
        count < buffer.bytes) {
      buffer.to = std::max(buffer.to, end);
      return;
    }
    buffer.to = std::min(buffer.to, std::max(start, buffer.from)); // from now on it is the writer's
    close(at);
    at = next;
  }
  buffers[address] = {count, start, end};
}

void UsageRecorder::Memory::read(uint64_t address, uint64_t count, uint64_t end) {
  auto at = buffers.upper_bound(address);
  if (at != buffers.begin())
    --at;
  for (; at != buffers.end() && at->first < address + count; ++at)
    if (at->first + at->second.bytes > address)
      at->second.to = std::max(at->second.to, end);
}

UsageRecorder::UsageRecorder(unsigned intervals)
    : busy(kQueueCount, Series(intervals)), scratchpad(intervals), accumulator(intervals) {}

void UsageRecorder::accesses(const Instruction &instruction, std::vector<Access> &list) {
  list.clear();
  auto reads = [&](bool inAccumulator, uint64_t address, uint64_t bytes) {
    list.push_back({inAccumulator, false, address, bytes});
  };
  auto writes = [&](bool inAccumulator, uint64_t address, uint64_t bytes) {
    list.push_back({inAccumulator, true, address, bytes});
  };
  if (const auto *load = std::get_if<LoadInstruction>(&instruction.operation)) {
    uint64_t rows = load->padTop + load->rows + load->padBottom;
    uint64_t planePitch = load->planePitch ? load->planePitch : rows * load->pitch;
    uint64_t columns = load->padLeft + load->columns + load->padRight;
    uint64_t elements = (load->planes - 1) * planePitch + (rows - 1) * load->pitch + columns;
    writes(false, load->address, rowBytes(load->to, elements));
  } else if (const auto *g = std::get_if<GatherInstruction>(&instruction.operation)) {
    reads(false, g->indices, g->rows * 4);
    writes(false, g->address, span(g->rows, g->columns, g->pitch, g->to));
  } else if (const auto *store = std::get_if<StoreInstruction>(&instruction.operation)) {
    uint64_t planePitch = store->planePitch ? store->planePitch : store->rows * store->pitch;
    uint64_t elements =
        (store->planes - 1) * planePitch + (store->rows - 1) * store->pitch + store->columns;
    reads(false, store->address, rowBytes(store->from, elements));
  } else if (const auto *m = std::get_if<MultiplyInstruction>(&instruction.operation)) {
    uint64_t rowsA = m->transposedA ? m->k : m->m, columnsA = m->transposedA ? m->m : m->k;
    uint64_t rowsB = m->transposedB ? m->n : m->k, columnsB = m->transposedB ? m->k : m->n;
    reads(false, m->a, span(rowsA, columnsA, m->pitchA, m->formatA));
    reads(false, m->b, span(rowsB, columnsB, m->pitchB, m->formatB));
    uint64_t sums = span(m->m, m->n, m->pitchSums, Format::Int32);
    if (m->accumulate)
      reads(true, m->sums, sums);
    writes(true, m->sums, sums);
  } else if (const auto *c = std::get_if<ConvolveInstruction>(&instruction.operation)) {
    uint64_t n = c->n0 * c->n1 * c->n2, k = c->k0 * c->k1 * c->k2;
    uint64_t reach = (c->k0 - 1) * c->strideK0 + (c->k1 - 1) * c->strideK1 +
                     (c->k2 - 1) * c->strideK2 + (c->n0 - 1) * c->strideN0 +
                     (c->n1 - 1) * c->strideN1 + (c->n2 - 1) * c->strideN2 + 1;
    reads(false, c->a, span(c->m, k, c->pitchA, c->formatA));
    reads(false, c->b, rowBytes(c->formatB, reach));
    if (c->accumulate)
      reads(true, c->sums, c->m * n * 4);
    writes(true, c->sums, c->m * n * 4);
  } else if (const auto *v = std::get_if<VectorInstruction>(&instruction.operation)) {
    if (v->function != VectorFunction::Fill)
      reads(v->aInAccumulator, v->a,
            span(v->rows, v->repeatA ? 1 : v->columns, v->pitchA, v->formatA));
    if (v->function > VectorFunction::Copy)
      reads(v->bInAccumulator, v->b,
            span(v->rows, v->repeatB ? 1 : v->columns, v->pitchB, v->formatB));
    writes(v->dstInAccumulator, v->dst, span(v->rows, v->columns, v->pitchDst, v->formatDst));
  } else if (const auto *measure = std::get_if<MeasureInstruction>(&instruction.operation)) {
    reads(false, measure->a, span(measure->rows, measure->columns, measure->pitchA, Format::F32));
  } else if (const auto *r = std::get_if<ReduceInstruction>(&instruction.operation)) {
    reads(false, r->a, span(r->rows, r->columns, r->pitchA, Format::F32));
    writes(false, r->dst, span(r->rows, 1, r->pitchDst, Format::F32));
  } else if (const auto *p = std::get_if<PoolInstruction>(&instruction.operation)) {
    uint64_t image = p->channels * p->rows * p->columns * 4;
    uint64_t results = p->channels * p->outRows * p->outColumns * 4;
    reads(false, p->a, image);
    if (p->gradient)
      reads(false, p->b, results);
    writes(false, p->dst, p->gradient ? image : results);
  }
}

void UsageRecorder::add(const Instruction &instruction, uint64_t busyFrom, uint64_t start,
                        uint64_t end) {
  busy[unsigned(queueOf(instruction))].add(busyFrom, end, 1);
  accesses(instruction, list);
  for (const Access &access : list) {
    Memory &memory = access.accumulator ? accumulator : scratchpad;
    if (access.writes)
      memory.write(access.address, access.bytes, start, end);
    else
      memory.read(access.address, access.bytes, end);
  }
}

Usage UsageRecorder::finish(uint64_t cycles) {
  for (Memory *memory : {&scratchpad, &accumulator})
    while (!memory->buffers.empty())
      memory->close(memory->buffers.begin());
  uint64_t width = std::max(scratchpad.bytes.width, accumulator.bytes.width);
  for (Series &series : busy)
    width = std::max(width, series.width);
  Usage usage;
  usage.cyclesPerInterval = width;
  for (unsigned queue = 0; queue < kQueueCount; ++queue)
    usage.busy[queue] = busy[queue].perCycle(width, cycles);
  usage.scratchpadBytes = scratchpad.bytes.perCycle(width, cycles);
  usage.accumulatorBytes = accumulator.bytes.perCycle(width, cycles);
  return usage;
}

} // namespace npu::backend
