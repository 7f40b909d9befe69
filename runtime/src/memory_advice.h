// What a program said about the use of memory ranges (npuMemAdvise, npuMemPrefetchAsync). Nothing
// moves here, since all memory is reachable by everybody: the hints are kept for those who ask.
// Everything in here may be called from any thread.
#pragma once

#include "npu/status.h"

#include <cstddef>

namespace npu::core {

// The range lies in one allocation, the device exists: the caller has checked.
Status rememberAdvice(const void *pointer, size_t bytes, npuMemoryAdvise advice, int device);
void rememberPrefetch(const void *pointer, size_t bytes, int device);
void forgetAdvice(const void *pointer, size_t bytes);
Status rangeAttribute(void *data, size_t dataBytes, npuMemRangeAttribute attribute,
                      const void *pointer, size_t bytes);

} // namespace npu::core
