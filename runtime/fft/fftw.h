// FFTW, found at run time: one transform with any strides, planned for its pointers' alignment and
// run. Any thread: FFTW's planners are not, and are behind one lock.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace npu::fft {

enum class Kind { ComplexToComplex, RealToComplex, ComplexToReal };

// A dimension of the transform or of the batch: its length and the distance between neighbours in
// elements of the input and of the output. FFTW reads it as its iodim64.
struct Dimension {
  std::ptrdiff_t n, inputStride, outputStride;
};

struct Problem {
  Kind kind = Kind::ComplexToComplex;
  bool isDouble = false;
  std::vector<Dimension> dimensions; // the slowest first
  Dimension batch{1, 0, 0};
};

// A plan of FFTW's for one problem, direction and alignment. run() works on any pointers of that
// alignment that are equal, or not, as those at making were.
class Transform {
public:
  virtual ~Transform() = default;
  virtual void run(void *input, void *output) const = 0;
  // -1 forward, 1 inverse. Null when FFTW has no plan for the problem.
  static std::shared_ptr<const Transform> make(const Problem &problem, int direction, void *input,
                                               void *output);
};

// The position of a pointer between SIMD words, as FFTW's plans depend on it.
int alignmentOf(bool isDouble, void *pointer);
// Empty when the library of that precision is there, else one sentence.
std::string missingLibrary(bool isDouble);

} // namespace npu::fft
