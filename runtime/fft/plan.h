// A plan: what cufftPlanMany's parameters say, checked, and its execution on a stream.
#pragma once

#include "npu/fft.h"

#include "fftw.h"

#include <array>
#include <functional>
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

class PackedPlans;

class Plan {
public:
  explicit Plan(Shape shape) : shape(std::move(shape)) {}
  npufftType type() const { return shape.type; }
  const Shape &said() const { return shape; }
  // Puts the transform at the end of `stream`. `direction` is that of complex transforms,
  // ignored for others.
  npufftResult execute(npuStream_t stream, void *input, void *output, int direction);
  // The strides of an execution, of which only real transforms' depend on `inPlace`.
  Problem problem(bool inPlace) const;

private:
  std::shared_ptr<const Transform> transform(void *input, void *output, int direction);

  const Shape shape;
  // In place, alignment of input and of output, direction.
  using Key = std::tuple<bool, int, int, int>;
  std::mutex mutex;
  std::map<Key, std::shared_ptr<const Transform>> transforms; // under mutex
};

// A function of the program's that reads the input's elements or writes the output's; `kernel` is
// the host function of the kernel that calls it (npu/device/fft_callbacks.h).
struct Callback {
  void *function = nullptr, *info = nullptr;
  const void *kernel = nullptr; // null: none is set
  size_t sharedBytes = 0;
};

// What a handle holds.
struct Held {
  std::shared_ptr<Plan> plan; // null until it is made
  npuStream_t stream = nullptr;
  std::vector<int> devices; // of cufftXtSetGPUs; else none
  Callback load, store;
  std::shared_ptr<PackedPlans> packed; // of these callbacks
};
// `body` changes what the handle of a made plan for one device holds.
npufftResult change(npufftHandle handle, const std::function<npufftResult(Held &)> &body) noexcept;
// The transform with `load` or `store` or both.
npufftResult executeWithCallbacks(const Held &held, void *input, void *output, int direction);
npufftResult look(npufftHandle handle, Held &held) noexcept;
// Devices are chosen before the plan is made.
npufftResult useDevices(npufftHandle handle, std::vector<int> devices) noexcept;

} // namespace npu::fft
