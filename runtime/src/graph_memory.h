// The memory of graphs' allocation nodes. A node's address is fixed when the node is made, and its
// memory is kept as long as a graph that has the node, or an executable of it, exists; whether it
// is allocated in CUDA's sense changes with launches and frees. Any thread; a lock of its own.
#pragma once

#include "npu/status.h"

#include <cstddef>
#include <memory>

namespace npu::core {

struct Stream; // stream.h

struct GraphMemory {
  GraphMemory() = default;
  GraphMemory(const GraphMemory &) = delete;
  GraphMemory &operator=(const GraphMemory &) = delete;
  ~GraphMemory();

  void *pointer = nullptr;
  size_t bytes = 0;
  int device = 0;
};

Status makeGraphMemory(size_t bytes, int device, std::shared_ptr<GraphMemory> &memory);
bool isGraphMemory(const void *pointer);
bool isAllocated(const GraphMemory &memory);
void setAllocated(const std::shared_ptr<GraphMemory> &memory);
// npuErrorInvalidValue when it is not allocated. The caller keeps `memory` until nothing uses it:
// it may be the last reference.
Status setFreed(const void *pointer, std::shared_ptr<GraphMemory> &memory);
// The same at the end of a stream, whose pending work may still use the memory.
Status freeGraphMemory(const void *pointer, Stream &stream);
Status graphMemoryAttribute(int device, npuGraphMemAttributeType attribute, void *value);
Status resetGraphMemoryAttribute(int device, npuGraphMemAttributeType attribute, const void *value);

} // namespace npu::core
