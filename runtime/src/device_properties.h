// The device that programs see. Any thread; all values are constant but the memory figures.
#pragma once

#include "npu/types.h"

namespace npu::core {

// `multiprocessors` and the rest are documented in device_properties.cpp.
void fillProperties(npuDeviceProp &properties, int device);
// false: no such attribute.
bool deviceAttribute(npuDeviceAttr attribute, int device, int &value);

} // namespace npu::core
