#include "device_parts.h"

#include <numeric>

namespace npu::fft {

Division::Division(std::vector<int64_t> lengths, int64_t batch, int parts, bool shuffled)
    : parts(parts) {
  const auto product = [&](size_t from) {
    return std::accumulate(lengths.begin() + std::ptrdiff_t(from), lengths.end(), int64_t(1),
                           std::multiplies<int64_t>());
  };
  if (batch > 1) {
    divided = batch;
    inner = product(0);
  } else if (shuffled && lengths.size() > 1) {
    outer = lengths[0];
    divided = lengths[1];
    inner = product(2);
  } else {
    divided = lengths[0];
    inner = product(1);
  }
}

int64_t Division::size(int part) const {
  return outer * (begin(divided, part + 1) - begin(divided, part)) * inner;
}

std::vector<Run> Division::runs(int part) const {
  const int64_t first = begin(divided, part), count = begin(divided, part + 1) - first;
  std::vector<Run> result;
  for (int64_t i = 0; count > 0 && i < outer; ++i)
    result.push_back({(i * divided + first) * inner, i * count * inner, count * inner});
  return result;
}

bool isShuffled(npufftXtSubFormat format) {
  return format == NPUFFT_XT_FORMAT_OUTPUT || format == NPUFFT_XT_FORMAT_INPLACE_SHUFFLED;
}

Stored storedAs(const Shape &shape, npufftXtSubFormat format) {
  const bool fromReal = shape.type == NPUFFT_R2C || shape.type == NPUFFT_D2Z,
             toReal = shape.type == NPUFFT_C2R || shape.type == NPUFFT_Z2D;
  const bool wide =
      shape.type == NPUFFT_D2Z || shape.type == NPUFFT_Z2D || shape.type == NPUFFT_Z2Z;
  Stored stored{{shape.lengths.begin(), shape.lengths.end()},
                wide ? sizeof(double) : sizeof(float)};
  // In place, rows of reals have the place of the complex ones.
  const bool reals = (fromReal && format == NPUFFT_XT_FORMAT_INPUT) ||
                     (toReal && format == NPUFFT_XT_FORMAT_OUTPUT);
  if (reals)
    return stored;
  stored.elementBytes *= 2;
  if (fromReal || toReal)
    stored.lengths.back() = stored.lengths.back() / 2 + 1;
  return stored;
}

} // namespace npu::fft
