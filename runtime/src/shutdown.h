// What happens when the process exits. Internal to the core.
#pragma once

namespace npu::core {

// Registers, once, an exit handler: workers finish the command that they are in and stop (what is
// still queued is dropped, as CUDA does), then the report is written.
void shutDownAtExit();

} // namespace npu::core
