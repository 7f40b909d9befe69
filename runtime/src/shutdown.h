// What happens when the process exits. Internal to the core.
#pragma once

namespace npu::core {

// Registers, once, an exit handler: workers finish the command that they are in and stop (what is
// still queued is dropped, as CUDA does), then the report is written.
void shutDownAtExit();
// Registers the exit handler once more, before whatever has been registered since. Called when a
// kernel is launched for the first time.
void exitAfterCompilers();
// Whether this process was forked from one that had started its devices: their threads are not in
// it, so waiting for them would never end. As in CUDA, such a process cannot use the runtime.
bool inForkedChild();
// Whether the exit handler has begun.
bool exiting();

} // namespace npu::core
