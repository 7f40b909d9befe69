// A launch's arguments in the driver API: places, or one packed buffer. Any thread.
#pragma once

#include "driver_call.h"

#include <vector>

namespace npu::driver_api {

// `parameters`, or what `extra` says they are, in `arguments`, whose life the caller sees to. The
// function is checked.
Status readParameters(npudrv_function function, void **&parameters, void **extra,
                      std::vector<void *> &arguments);
// The arguments' places in one packed buffer.
Status placesIn(npudrv_function function, char *buffer, size_t bytes,
                std::vector<void *> &arguments);

} // namespace npu::driver_api
