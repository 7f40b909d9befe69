// While one of these lives, stream 0 is the calling thread's own.
#pragma once

#include "stream.h"

namespace npu::core {

class PerThreadStreams {
public:
  PerThreadStreams() : before(defaultStreamIsThreads(true)) {}
  PerThreadStreams(const PerThreadStreams &) = delete;
  PerThreadStreams &operator=(const PerThreadStreams &) = delete;
  ~PerThreadStreams() { defaultStreamIsThreads(before); }

private:
  const bool before;
};

} // namespace npu::core
