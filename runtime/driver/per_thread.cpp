// The functions that -default-stream per-thread changes; as src/per_thread_streams.cpp.
#include "npu/driver.h"

#include "src/per_thread_streams.h"

#define PER_THREAD(name, parameters, arguments)                                                    \
  npudrv_result name##_ptsz parameters {                                                           \
    const npu::core::PerThreadStreams during;                                                      \
    return name arguments;                                                                         \
  }

extern "C" {
#include "npu/api/driver_per_thread.def"
}
