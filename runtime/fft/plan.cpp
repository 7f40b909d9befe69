// Strides of cuFFT's two layouts, and the enqueued transform. The layout of real transforms depends
// on whether they run in place, which only an execution knows: so FFTW plans then, once.
#include "plan.h"

#include "src/core.h"
#include "src/log.h"

#include <climits>

namespace npu::fft {
namespace {

Kind kindOf(npufftType type) {
  switch (type) {
  case NPUFFT_R2C:
  case NPUFFT_D2Z:
    return Kind::RealToComplex;
  case NPUFFT_C2R:
  case NPUFFT_Z2D:
    return Kind::ComplexToReal;
  default:
    return Kind::ComplexToComplex;
  }
}
bool isDouble(npufftType type) {
  return type == NPUFFT_D2Z || type == NPUFFT_Z2D || type == NPUFFT_Z2Z;
}

// The fastest dimension's length in memory, of the real or of the complex side.
long long fastest(long long length, bool real, bool padded) {
  if (!real)
    return length;
  return padded ? 2 * (length / 2 + 1) : length;
}

// One side's strides per dimension and its distance between transforms.
struct Strides {
  std::vector<long long> strides;
  long long distance = 0;
};
Strides stridesOf(const Shape &shape, const Layout &layout, bool real, bool halved, bool inPlace) {
  const size_t rank = shape.lengths.size();
  std::vector<long long> memory = shape.lengths;
  if (layout.isGiven)
    memory = layout.embedding;
  else if (halved)
    memory.back() = memory.back() / 2 + 1;
  else
    memory.back() = fastest(memory.back(), real, inPlace);
  Strides result{std::vector<long long>(rank), layout.isGiven ? layout.stride : 1};
  long long stride = result.distance;
  for (size_t i = rank; i-- > 0;) {
    result.strides[i] = stride;
    stride *= memory[i];
  }
  result.distance = layout.isGiven ? layout.distance : stride;
  return result;
}

// Elements from the first to the last that a side touches.
size_t extent(const Shape &shape, const std::vector<Dimension> &dimensions, const Dimension &batch,
              bool output, bool halved) {
  size_t last = size_t(batch.n - 1) * size_t(output ? batch.outputStride : batch.inputStride);
  for (size_t i = 0; i < dimensions.size(); ++i) {
    long long count = shape.lengths[i];
    if (halved && i + 1 == dimensions.size())
      count = count / 2 + 1;
    last +=
        size_t(count - 1) * size_t(output ? dimensions[i].outputStride : dimensions[i].inputStride);
  }
  return last + 1;
}

} // namespace

npufftResult checkShape(const Shape &shape) {
  switch (shape.type) {
  case NPUFFT_C2C:
  case NPUFFT_R2C:
  case NPUFFT_C2R:
  case NPUFFT_Z2Z:
  case NPUFFT_D2Z:
  case NPUFFT_Z2D:
    break;
  default:
    return NPUFFT_INVALID_TYPE;
  }
  if (shape.batch <= 0)
    return NPUFFT_INVALID_SIZE;
  for (long long length : shape.lengths)
    if (length <= 0)
      return NPUFFT_INVALID_SIZE;
  for (const Layout *layout : {&shape.input, &shape.output}) {
    if (!layout->isGiven)
      continue;
    if (layout->stride <= 0 || layout->distance < 0)
      return NPUFFT_INVALID_VALUE;
    for (long long length : layout->embedding)
      if (length < 0)
        return NPUFFT_INVALID_VALUE;
  }
  if (std::string missing = missingLibrary(isDouble(shape.type)); !missing.empty()) {
    core::warnOnce("error: cufftPlan: " + missing);
    return NPUFFT_SETUP_FAILED;
  }
  return NPUFFT_SUCCESS;
}

Problem Plan::problem(bool inPlace) const {
  Problem made;
  made.kind = kindOf(shape.type);
  made.isDouble = isDouble(shape.type);
  const bool fromReal = made.kind == Kind::RealToComplex, toReal = made.kind == Kind::ComplexToReal;
  const Strides input = stridesOf(shape, shape.input, fromReal, toReal, inPlace);
  const Strides output = stridesOf(shape, shape.output, toReal, fromReal, inPlace);
  for (size_t i = 0; i < shape.lengths.size(); ++i)
    made.dimensions.push_back({std::ptrdiff_t(shape.lengths[i]), std::ptrdiff_t(input.strides[i]),
                               std::ptrdiff_t(output.strides[i])});
  made.batch = {std::ptrdiff_t(shape.batch), std::ptrdiff_t(input.distance),
                std::ptrdiff_t(output.distance)};
  return made;
}

std::shared_ptr<const Transform> Plan::transform(void *input, void *output, int direction) {
  const bool wide = isDouble(shape.type);
  const Key key{input == output, alignmentOf(wide, input), alignmentOf(wide, output), direction};
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<const Transform> &known = transforms[key];
  if (!known)
    known = Transform::make(problem(input == output), direction, input, output);
  return known;
}

npufftResult Plan::execute(npuStream_t stream, void *input, void *output, int direction) {
  if (kindOf(shape.type) != Kind::ComplexToComplex)
    direction = NPUFFT_FORWARD; // ignored: the type says it
  if (!input || !output || (direction != NPUFFT_FORWARD && direction != NPUFFT_INVERSE))
    return NPUFFT_INVALID_VALUE;
  const Problem parts = problem(input == output);
  const bool fromReal = parts.kind == Kind::RealToComplex,
             toReal = parts.kind == Kind::ComplexToReal;
  const size_t real = parts.isDouble ? sizeof(double) : sizeof(float);
  const size_t inputBytes =
      extent(shape, parts.dimensions, parts.batch, false, toReal) * real * (fromReal ? 1 : 2);
  const size_t outputBytes =
      extent(shape, parts.dimensions, parts.batch, true, fromReal) * real * (toReal ? 1 : 2);
  if (!core::deviceCanReach(input, inputBytes) || !core::deviceCanReach(output, outputBytes)) {
    core::warnOnce("error: cufftExec: the input or the output is smaller than the plan says, or is "
                   "not memory of a device");
    return NPUFFT_INVALID_VALUE;
  }
  std::shared_ptr<const Transform> ready = transform(input, output, direction);
  if (!ready)
    return NPUFFT_SETUP_FAILED;
  const Status status =
      core::enqueue(stream, HostCall{[ready, input, output] { ready->run(input, output); }});
  return status ? NPUFFT_SUCCESS : NPUFFT_EXEC_FAILED;
}

} // namespace npu::fft
