// How busy each unit is and how full each on-chip memory, over the time of one op, in a bounded
// number of intervals: for profiles. A buffer counts from the start of what writes it to the end of
// what reads it last.
#pragma once

#include "isa.h"

#include <map>

namespace npu::backend {

struct Usage {
  uint64_t cyclesPerInterval = 1;
  // Per interval: the share of its cycles that a unit was busy (load and store: their transfers
  // held the DRAM bus), by queue; and the average number of bytes in use.
  std::vector<double> busy[kQueueCount];
  std::vector<double> scratchpadBytes, accumulatorBytes;
};

class UsageRecorder {
public:
  // `intervals`: at least 1.
  explicit UsageRecorder(unsigned intervals);
  // `busyFrom`: when its unit or the bus starts; `start`: when its buffers are taken.
  void add(const Instruction &instruction, uint64_t busyFrom, uint64_t start, uint64_t end);
  // `cycles`: the length of the op.
  Usage finish(uint64_t cycles);

private:
  // Over time, an amount per cycle.
  class Series {
  public:
    explicit Series(unsigned intervals) : amounts(intervals) {}
    void add(uint64_t from, uint64_t to, double perCycle);
    std::vector<double> perCycle(uint64_t width, uint64_t cycles);
    uint64_t width = 1;

  private:
    void widen();
    std::vector<double> amounts;
  };
  struct Buffer {
    uint64_t bytes, from, to;
  };
  struct Memory {
    explicit Memory(unsigned intervals) : bytes(intervals) {}
    void write(uint64_t address, uint64_t count, uint64_t start, uint64_t end);
    void read(uint64_t address, uint64_t count, uint64_t end);
    void close(std::map<uint64_t, Buffer>::iterator buffer);
    std::map<uint64_t, Buffer> buffers; // by address; they do not overlap
    Series bytes;
  };
  struct Access {
    bool accumulator, writes;
    uint64_t address, bytes;
  };
  static void accesses(const Instruction &instruction, std::vector<Access> &list);

  std::vector<Series> busy;
  Memory scratchpad, accumulator;
  std::vector<Access> list; // of the present instruction
};

} // namespace npu::backend
