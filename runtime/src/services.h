// Services of the system to kernels: see npu/device_services.h and services.def.
// Everything in here may be called from any thread.
#pragma once

#include "npu/device.h"

#include <cstddef>
#include <string>

namespace npu::core {

// Whether the image's global of this name is a service and not a variable of the program.
bool isService(const std::string &globalName);
// The address that `launch` passes for it.
Status provideService(const std::string &globalName, Launch &launch, void **address);

#define SERVICE(name, provider) Status provider(Launch &launch, void **address);
#include "services.def"

// Writes what kernels have printed and not yet been shown to the process's standard output and
// standard error, as far as the records are complete. Costs one load when nothing was printed.
void flushPrints();
// Whether any kernel that prints has been launched.
bool printsExist();

// npuLimitPrintfFifoSize and npuLimitMallocHeapSize: fixed once a kernel that uses them has been
// launched, as in CUDA.
Status setPrintBytes(size_t bytes);
Status setHeapBytes(size_t bytes);

} // namespace npu::core
