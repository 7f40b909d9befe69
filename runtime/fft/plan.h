// A plan: what cufftPlanMany's parameters say, checked, and its execution on a stream.
#pragma once

#include "npu/fft.h"

#include "fftw.h"

#include <array>
#include <map>
#include <mutex>
#include <tuple>

namespace npu::fft {

// Where the elements of one side lie: the lengths of the memory that embeds them, the distance of
// neighbours in the fastest dimension and of transforms of a batch. In elements of that side.
struct Layout {
  bool isGiven = false; // otherwise contiguous, in place with FFTW's padding
  std::vector<long long> embedding;
  long long stride = 1, distance = 0;
};

struct Shape {
  npufftType type = NPUFFT_C2C;
  std::vector<long long> lengths;
  Layout input, output;
  long long batch = 1;
};

npufftResult checkShape(const Shape &shape);

class Plan {
public:
  explicit Plan(Shape shape) : shape(std::move(shape)) {}
  npufftType type() const { return shape.type; }
  const Shape &said() const { return shape; }
  // Puts the transform at the end of `stream`. `direction` is that of complex transforms,
  // ignored for others.
  npufftResult execute(npuStream_t stream, void *input, void *output, int direction);

private:
  Problem problem(bool inPlace) const;
  std::shared_ptr<const Transform> transform(void *input, void *output, int direction);

  const Shape shape;
  // In place, alignment of input and of output, direction.
  using Key = std::tuple<bool, int, int, int>;
  std::mutex mutex;
  std::map<Key, std::shared_ptr<const Transform>> transforms; // under mutex
};

// What a handle holds.
struct Held {
  std::shared_ptr<Plan> plan; // null until it is made
  npuStream_t stream = nullptr;
  std::vector<int> devices; // of cufftXtSetGPUs; else none
};
npufftResult look(npufftHandle handle, Held &held) noexcept;
// Devices are chosen before the plan is made.
npufftResult useDevices(npufftHandle handle, std::vector<int> devices) noexcept;

} // namespace npu::fft
