// Callbacks of Fourier transforms: kernels of the program's own image that read a transform's input
// through the program's load function, or write its output through its store function. A function's
// address means something in its own image only, so these kernels are compiled with every source
// that sets a callback, and offered to the runtime with it. Included by the headers of transforms.
#ifndef NPU_DEVICE_FFT_CALLBACKS_H
#define NPU_DEVICE_FFT_CALLBACKS_H

#include "npu/api/hold_macros.def"

#include "npu/device/attributes.h"
#if defined(__CUDA__) && defined(__clang__)
#include "npu/kernel.h"
#endif

#include <stddef.h>

extern "C" void npufftOfferCallbackKernels(const void *const *kernels);

namespace npu {
namespace fft_callbacks {

// The elements of one side, the batch first: how many there are along each dimension, and how far
// neighbours are apart in memory.
struct Walk {
  long long counts[4], strides[4];
};

NPU_HOST_DEVICE inline size_t placeOf(const Walk &walk, long long element) {
  long long place = 0;
  for (int i = 3; i >= 0; --i) {
    place += element % walk.counts[i] * walk.strides[i];
    element /= walk.counts[i];
  }
  return size_t(place);
}

#if defined(__CUDA__) && defined(__clang__)

// A grid of one dimension; packed[i] is the walk's element i.
template <class Element>
NPU_KERNEL void load(Element (*callback)(void *, size_t, void *, void *), void *data,
                     Element *packed, Walk walk, long long count, void *info) {
  extern NPU_SHARED char npuFftCallbackMemory[];
  const long long step = (long long)npu::gridDim.x * npu::blockDim.x;
  for (long long i = (long long)npu::blockIdx.x * npu::blockDim.x + npu::threadIdx.x; i < count;
       i += step)
    packed[i] = callback(data, placeOf(walk, i), info, npuFftCallbackMemory);
}
template <class Element>
NPU_KERNEL void store(void (*callback)(void *, size_t, Element, void *, void *), void *data,
                      Element *packed, Walk walk, long long count, void *info) {
  extern NPU_SHARED char npuFftCallbackMemory[];
  const long long step = (long long)npu::gridDim.x * npu::blockDim.x;
  for (long long i = (long long)npu::blockIdx.x * npu::blockDim.x + npu::threadIdx.x; i < count;
       i += step)
    callback(data, placeOf(walk, i), packed[i], info, npuFftCallbackMemory);
}

// In the order of npufftXtCallbackType. For the calling thread's next callback.
inline void offer() {
  static const void *const kernels[] = {
      (const void *)&load<float2>, (const void *)&load<double2>, (const void *)&load<float>,
      (const void *)&load<double>, (const void *)&store<float2>, (const void *)&store<double2>,
      (const void *)&store<float>, (const void *)&store<double>,
  };
  npufftOfferCallbackKernels(kernels);
}

#endif

} // namespace fft_callbacks
} // namespace npu

#include "npu/api/release_macros.def"

#endif
