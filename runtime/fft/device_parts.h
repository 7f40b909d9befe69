// How the data of a plan of several devices is divided: into slabs of the slowest dimension in the
// natural order, of the next one in the shuffled order, and by whole transforms of a batch.
#pragma once

#include "plan.h"

namespace npu::fft {

// A run of elements that is contiguous in the whole array and in a part.
struct Run {
  int64_t whole = 0, part = 0, count = 0;
};

class Division {
public:
  // The array's lengths in stored elements, the slowest first.
  Division(std::vector<int64_t> lengths, int64_t batch, int parts, bool shuffled);
  int64_t size(int part) const; // elements
  std::vector<Run> runs(int part) const;

private:
  // Where part `index` of `length` begins: as even as possible, longer parts first.
  int64_t begin(int64_t length, int index) const {
    return length / parts * index + std::min<int64_t>(index, length % parts);
  }

  int64_t outer = 1, divided = 1, inner = 1; // elements [outer][divided][inner], `divided` is cut
  int parts;
};

// The elements that a side of a plan stores in the order `format`, and their bytes.
struct Stored {
  std::vector<int64_t> lengths;
  size_t elementBytes = 0;
};
Stored storedAs(const Shape &shape, npufftXtSubFormat format);
bool isShuffled(npufftXtSubFormat format);

} // namespace npu::fft
