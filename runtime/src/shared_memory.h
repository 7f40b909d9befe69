// Device memory of other processes. A handle stands for a whole allocation; the processes see the
// same pages, and nothing orders their work but events (shared_event.h) and their own messages.
// Any thread.
#pragma once

#include "npu/status.h"
#include "shared_file.h"

#include <cstddef>

namespace npu::core {

// Of the allocation that `pointer` is in. `kind`: Memory for what npuMalloc gave, PoolMemory for
// what a pool gave; npuErrorInvalidValue for anything else.
Status exportMemory(const void *pointer, SharedHandle::Kind kind, SharedHandle &handle);
// Where the memory starts here: the same place each time until it has been closed as often.
Status importMemory(const SharedHandle &handle, SharedHandle::Kind kind, void **pointer);
// The caller knows that it is no longer used.
Status closeImported(void *pointer);
// Whether memory of a pool of another process starts here.
bool isImportedFromPool(const void *pointer);

} // namespace npu::core
