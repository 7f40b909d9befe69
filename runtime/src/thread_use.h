// Whether a thread has called the runtime itself. If so, its device's primary context is current to
// it, which the driver API shows; the driver's functions call the runtime, too, which does not
// count.
#pragma once

namespace npu::core {

bool threadHasUsedRuntime();

// Around what a function of the driver API does.
class InsideDriver {
public:
  InsideDriver();
  ~InsideDriver();
  InsideDriver(const InsideDriver &) = delete;
};

} // namespace npu::core
