// Dropout, as its own layer and inside recurrent networks.
#pragma once

#include "descriptors.h"

namespace npu::dnn {

// Draws `count` bytes, 1 for what is kept, and moves the states on. Inside a host call.
void drawMask(const DropoutDescriptor &dropout, uint8_t *mask, int64_t count);
// A descriptor that was set and has states where its rate needs them.
DropoutDescriptor usableDropout(npudnnDropoutDescriptor_t descriptor);

} // namespace npu::dnn
