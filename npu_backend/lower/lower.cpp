// See lower.h.
#include "lower/lower.h"
#include "numerics.h"

#include <algorithm>

namespace npu::backend {

uint64_t BoundTensor::at(int64_t elements) const {
  return offset + uint64_t(elements * int64_t(formatBytes(format)));
}

BoundTensor ProgramBuilder::bind(const Tensor &tensor, bool writable) {
  int64_t lowest = 0, highest = 0, bytes = formatBytes(tensor.format);
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    int64_t reach = (tensor.sizes[i] - 1) * tensor.strides[i];
    (reach < 0 ? lowest : highest) += reach;
  }
  BoundTensor bound;
  bound.window = program.windows.size();
  bound.offset = uint64_t(-lowest * bytes);
  bound.format = tensor.format;
  program.windows.push_back({static_cast<char *>(tensor.data) + lowest * bytes,
                             uint64_t((highest - lowest + 1) * bytes), writable});
  return bound;
}

void ProgramBuilder::emit(const Operation &operation, unsigned waits, unsigned signals) {
  constexpr size_t kMostInstructions = size_t(1) << 22; // 256 MiB of words
  if (!failure)
    return;
  if (program.words.size() == kMostInstructions) {
    failure = {npuErrorNotSupported, "the op needs more than 4 million NPU instructions; a larger "
                                     "scratchpad makes tiles larger"};
    return;
  }
  program.words.emplace_back();
  failure = encode({uint16_t(waits), uint16_t(signals), operation}, program.words.back());
}

Status checkTensor(const Tensor &tensor, const char *name, size_t rank, bool read) {
  auto refuse = [&](const std::string &what) {
    return Status(npuErrorNotSupported, std::string("NPU: tensor ") + name + " " + what);
  };
  if (!formatBytes(tensor.format))
    return refuse(std::string("has format ") + formatSpelling(tensor.format) +
                  ", which the NPU does not have");
  if (tensor.sizes.size() != rank || tensor.strides.size() != rank)
    return refuse("has rank " + std::to_string(tensor.sizes.size()) + ", not " +
                  std::to_string(rank));
  if (std::any_of(tensor.sizes.begin(), tensor.sizes.end(), [](int64_t s) { return s < 0; }))
    return refuse("has a negative size");
  if (read && !tensor.data && !isEmpty(tensor))
    return refuse("has no address");
  return {};
}

bool isEmpty(const Tensor &tensor) {
  return std::find(tensor.sizes.begin(), tensor.sizes.end(), 0) != tensor.sizes.end();
}

void setActivation(VectorInstruction &vector, const TensorOp &op) {
  vector.activation = op.activation;
  vector.p = float(op.activationParameters[0]), vector.q = float(op.activationParameters[1]);
}

} // namespace npu::backend
