// The host as a device: fills, copies, host calls, and every tensor operation. It comes last in the
// team, so it takes what no accelerator wanted; it never runs kernels. Memory of the host serves as
// the memory home when no other device offers one. Stateless: any thread, work is done inside
// execute().
#include "command_failure.h"
#include "host_blas.h"
#include "tensor_reference.h"

#include "npu/device.h"

#include <cstdlib>
#include <cstring>

namespace npu {
namespace {

void fillRow(char *row, const Fill &fill) {
  if (fill.valueBytes == 1) {
    std::memset(row, int(fill.value & 0xff), fill.width);
    return;
  }
  for (size_t at = 0; at + fill.valueBytes <= fill.width; at += fill.valueBytes)
    std::memcpy(row + at, &fill.value, fill.valueBytes); // little-endian: the low bytes come first
}

Status run(const Fill &fill) {
  for (size_t row = 0; row < fill.height; ++row)
    fillRow(static_cast<char *>(fill.dst) + row * fill.pitch, fill);
  return {};
}

Status run(const Copy &copy) {
  for (size_t slice = 0; slice < copy.depth; ++slice)
    for (size_t row = 0; row < copy.height; ++row)
      // memmove: CUDA leaves overlapping copies undefined, the host need not.
      std::memmove(static_cast<char *>(copy.dst) + slice * copy.dstSlicePitch + row * copy.dstPitch,
                   static_cast<const char *>(copy.src) + slice * copy.srcSlicePitch +
                       row * copy.srcPitch,
                   copy.width);
  return {};
}

Status run(const HostCall &call) {
  try {
    call.function();
  } catch (const core::CommandFailure &failure) {
    return failure.status;
  }
  return {};
}

Status run(const TensorOp &op) {
  try {
    if (!core::runHostBlas(op))
      core::runReference(op);
  } catch (const core::CommandFailure &failure) {
    return failure.status;
  }
  if (op.cost)
    op.cost->format = formatName(op.dst[0].format);
  return {};
}

Status run(const Launch &) { return Status(npuErrorNotSupported, "the host runs no kernels"); }

class HostDevice final : public Device {
public:
  const char *name() const override { return "host"; }

  Status accepts(const Command &command) const override {
    if (std::holds_alternative<Launch>(command))
      return run(std::get<Launch>(command));
    if (const auto *op = std::get_if<TensorOp>(&command))
      return core::checkTensorOp(*op);
    if (const auto *fill = std::get_if<Fill>(&command))
      if (fill->valueBytes != 1 && fill->valueBytes != 2 && fill->valueBytes != 4)
        return Status(npuErrorInvalidValue, "a fill's value has 1, 2 or 4 bytes");
    return {};
  }

  void *allocate(size_t bytes, size_t alignment) override {
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    return rounded < bytes ? nullptr : std::aligned_alloc(alignment, rounded);
  }
  void release(void *memory) override { std::free(memory); }

  void execute(const Command &command, Completion done) override {
    done(std::visit([](const auto &value) { return run(value); }, command));
  }
};

} // namespace

Status makeHostDevice(std::unique_ptr<Device> &device) {
  device = std::make_unique<HostDevice>();
  return {};
}

} // namespace npu
