// Which threads have called the runtime itself, and for which devices. That makes a device's
// primary context active and, where none is, current to the thread, which the driver API shows; the
// driver's functions call the runtime, too, which does not count.
#pragma once

namespace npu::core {

// Whether the calling thread has called the runtime since it was last asked.
bool takeRuntimeUse();
// Whether any thread has, with this device as its current one, since the device was last reset.
bool runtimeUses(int device);
void forgetRuntimeUses(int device);

// Around what a function of the driver API does.
class InsideDriver {
public:
  InsideDriver();
  ~InsideDriver();
  InsideDriver(const InsideDriver &) = delete;
};

} // namespace npu::core
