// Dropout. The states hold a seed and how many numbers were drawn; the reserve space one byte per
// element, what the forward call kept. Numbers are a hash of seed and position, so they do not
// depend on threads or devices; they are not cuRAND's.
#include "dropout.h"

#include <cstring>

namespace npu::dnn {
namespace {

struct States {
  uint64_t seed, drawn;
};
// What programs on GPUs see is far larger; the states' size is not part of the contract.
constexpr size_t kStatesBytes = 1024;

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

void setDropout(npudnnDropoutDescriptor_t descriptor, npudnnHandle_t handle, float rate,
                void *states, size_t bytes, unsigned long long seed, bool starts) {
  const npuStream_t stream = streamOf(handle);
  auto object = get<DropoutDescriptor>(descriptor, "the dropout descriptor");
  require(rate >= 0 && rate <= 1, "the rate is not 0 to 1");
  if (states) {
    if (bytes < kStatesBytes)
      throw Failure{NPUDNN_STATUS_INVALID_VALUE, "the states' memory is too small"};
    requireBytes(states, kStatesBytes, "the states");
  }
  object->rate = rate, object->states = states, object->seed = seed;
  object->set = true;
  if (states && starts)
    enqueueHost(stream, "cudnnSetDropoutDescriptor", [=] {
      const States begin = {seed, 0};
      std::memcpy(states, &begin, sizeof begin);
    });
}

} // namespace

void drawMask(const DropoutDescriptor &dropout, uint8_t *mask, int64_t count) {
  States states;
  std::memcpy(&states, dropout.states, sizeof states);
  const uint64_t base = mix(states.seed + 0x9e3779b97f4a7c15u);
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t bits = mix(base + (states.drawn + uint64_t(i)) * 0x9e3779b97f4a7c15u);
    mask[i] = double(bits >> 11) * 0x1p-53 >= double(dropout.rate);
  }
  states.drawn += uint64_t(count);
  std::memcpy(dropout.states, &states, sizeof states);
}

DropoutDescriptor usableDropout(npudnnDropoutDescriptor_t descriptor) {
  const DropoutDescriptor dropout = *getSet<DropoutDescriptor>(descriptor, "dropoutDesc");
  require(dropout.rate == 0 || dropout.states, "the dropout descriptor has no states");
  return dropout;
}

namespace {

template <class Real>
void applyMask(const DropoutDescriptor &dropout, const Layout &from, const void *fromData,
               const Layout &to, void *toData, const uint8_t *mask) {
  std::vector<Real> values(size_t(from.count()));
  gather(from, fromData, values.data());
  const double scale = dropout.rate < 1 ? 1 / (1 - double(dropout.rate)) : 0;
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = mask[i] ? Real(double(values[i]) * scale) : Real(0);
  scatter(to, toData, values.data(), 1, 0);
}

void checkDropout(const Layout &from, const void *fromData, const Layout &to, const void *toData,
                  const void *reserve, size_t bytes) {
  require(from.dims == to.dims && from.type == to.type,
          "the tensors have different sizes or data types");
  requireMemory(from, fromData, "the source");
  requireMemory(to, toData, "the destination");
  require(bytes >= size_t(from.count()), "the reserve space is too small");
  requireBytes(reserve, size_t(from.count()), "the reserve space");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(DropoutDescriptor, DropoutDescriptor)

npudnnStatus_t npudnnDropoutGetStatesSize(npudnnHandle_t handle, size_t *sizeInBytes) {
  return dnnEntry("cudnnDropoutGetStatesSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    *sizeInBytes = kStatesBytes;
  });
}

npudnnStatus_t npudnnDropoutGetReserveSpaceSize(npudnnTensorDescriptor_t xdesc,
                                                size_t *sizeInBytes) {
  return dnnEntry("cudnnDropoutGetReserveSpaceSize", [&] {
    requirePointer(sizeInBytes, "the result");
    *sizeInBytes = size_t(layoutOf(xdesc, "xdesc").count());
  });
}

npudnnStatus_t npudnnSetDropoutDescriptor(npudnnDropoutDescriptor_t dropoutDesc,
                                          npudnnHandle_t handle, float dropout, void *states,
                                          size_t stateSizeInBytes, unsigned long long seed) {
  return dnnEntry("cudnnSetDropoutDescriptor", [&] {
    setDropout(dropoutDesc, handle, dropout, states, stateSizeInBytes, seed, true);
  });
}

npudnnStatus_t npudnnRestoreDropoutDescriptor(npudnnDropoutDescriptor_t dropoutDesc,
                                              npudnnHandle_t handle, float dropout, void *states,
                                              size_t stateSizeInBytes, unsigned long long seed) {
  return dnnEntry("cudnnRestoreDropoutDescriptor", [&] {
    requirePointer(states, "states");
    setDropout(dropoutDesc, handle, dropout, states, stateSizeInBytes, seed, false);
  });
}

npudnnStatus_t npudnnGetDropoutDescriptor(npudnnDropoutDescriptor_t dropoutDesc,
                                          npudnnHandle_t handle, float *dropout, void **states,
                                          unsigned long long *seed) {
  return dnnEntry("cudnnGetDropoutDescriptor", [&] {
    streamOf(handle);
    const auto object = getSet<DropoutDescriptor>(dropoutDesc, "the dropout descriptor");
    if (dropout)
      *dropout = object->rate;
    if (states)
      *states = object->states;
    if (seed)
      *seed = object->seed;
  });
}

npudnnStatus_t npudnnDropoutForward(npudnnHandle_t handle,
                                    const npudnnDropoutDescriptor_t dropoutDesc,
                                    const npudnnTensorDescriptor_t xdesc, const void *x,
                                    const npudnnTensorDescriptor_t ydesc, void *y,
                                    void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnDropoutForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const DropoutDescriptor dropout = usableDropout(dropoutDesc);
    const Layout from = layoutOf(xdesc, "xdesc"), to = layoutOf(ydesc, "ydesc");
    checkDropout(from, x, to, y, reserveSpace, reserveSpaceSizeInBytes);
    enqueueHost(stream, "cudnnDropoutForward", [=] {
      auto *mask = static_cast<uint8_t *>(reserveSpace);
      if (dropout.rate == 0)
        std::memset(mask, 1, size_t(from.count()));
      else
        drawMask(dropout, mask, from.count());
      withReal(from.type,
               [&](auto real) { applyMask<decltype(real)>(dropout, from, x, to, y, mask); });
    });
  });
}

npudnnStatus_t npudnnDropoutBackward(npudnnHandle_t handle,
                                     const npudnnDropoutDescriptor_t dropoutDesc,
                                     const npudnnTensorDescriptor_t dydesc, const void *dy,
                                     const npudnnTensorDescriptor_t dxdesc, void *dx,
                                     void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnDropoutBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const DropoutDescriptor dropout = *getSet<DropoutDescriptor>(dropoutDesc, "dropoutDesc");
    const Layout from = layoutOf(dydesc, "dydesc"), to = layoutOf(dxdesc, "dxdesc");
    checkDropout(from, dy, to, dx, reserveSpace, reserveSpaceSizeInBytes);
    enqueueHost(stream, "cudnnDropoutBackward", [=] {
      withReal(from.type, [&](auto real) {
        applyMask<decltype(real)>(dropout, from, dy, to, dx,
                                  static_cast<const uint8_t *>(reserveSpace));
      });
    });
  });
}
