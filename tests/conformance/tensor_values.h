// Tensors of the suite: any format, any strides, with their own decoding, so that the devices are
// compared with something that shares no code with them. What no index reaches holds NaN (-1 in
// integer formats): a device that reads it shows in the result, one that writes it in `intact`.
#pragma once

#include "conformance.h"

#include <complex>

namespace npu::conformance {

using Complex = std::complex<double>;
using Index = std::vector<int64_t>;

constexpr Format kAllFormats[] = {Format::F64,  Format::F32,     Format::Tf32,    Format::F16,
                                  Format::Bf16, Format::Fp8E4M3, Format::Fp8E5M2, Format::Int32,
                                  Format::Int8, Format::UInt8,   Format::Int4,    Format::C32,
                                  Format::C64};

bool isWhole(Format format);
bool isPair(Format format); // complex
const char *nameOf(Format format);

// Strides of a dense tensor whose dimension order[0] is the outermost, with `padding` elements
// after each run of the innermost dimension; `reversed` ones run backwards.
std::vector<int64_t> stridesFor(const Index &sizes, const std::vector<size_t> &order,
                                int64_t padding = 0, bool reversed = false);

// Calls visit(index) for every index of `sizes`.
template <class Visit> void forEachIndex(const Index &sizes, Visit visit) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  for (int64_t linear = 0; linear < count; ++linear) {
    Index index(sizes.size());
    int64_t rest = linear;
    for (size_t axis = sizes.size(); axis-- > 0; rest /= sizes[axis])
      index[axis] = rest % sizes[axis];
    visit(index);
  }
}

class TestTensor {
public:
  TestTensor(Device &device, Format format, Index sizes, std::vector<int64_t> strides);

  // Values of magnitude 0.25 to 2, or whole ones up to `largestWhole`, never 0; each is exact.
  void randomize(uint32_t seed, int64_t largestWhole);
  Complex at(const Index &index) const;
  // Whether what no index reaches is as it was.
  bool intact() const;
  std::vector<Complex> values() const; // of every index in order

  Tensor tensor;

private:
  int64_t element(const Index &index) const;
  void setRandom(int64_t element, uint32_t random, int64_t largestWhole);

  int64_t origin = 0, elements = 0; // of the storage; origin is where index 0 lies
  std::unique_ptr<Buffer> storage;
};

// How far a result in `format` may be from `want` by its own rounding, and what it saturates to.
double roundingOf(Format format, Complex want);
Complex saturated(Format format, Complex want);

} // namespace npu::conformance
