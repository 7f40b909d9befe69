// Waits for values in memory and writes of them, in a stream's order. Memory is the host's too, so
// a host call of the stream does them; a wait looks again and again, less often the longer it
// takes, as nobody says when a kernel, another stream or the host has written.
#include "memory_operations.h"

#include "context.h"

#include "src/graph_capture.h"
#include "src/graph_exec.h"
#include "src/memory.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

using namespace npu;
using namespace npu::driver_api;

namespace {

using Operation = npudrv_streamBatchMemOpParams;
using Operations = std::vector<Operation>;

// The runtime has no name for this type of node.
constexpr npuGraphNodeType kNodeType = npuGraphNodeType(NPUDRV_GRAPH_NODE_TYPE_BATCH_MEM_OP);

Status invalid(const char *why) { return Status(npuErrorInvalidValue, why); }

Status checkPlace(npudrv_deviceptr pointer, size_t bytes) {
  core::Allocation allocation;
  if (pointer % bytes)
    return invalid("the address is not a multiple of the value's size");
  if (!core::findAllocation(address(pointer), allocation) ||
      bytes > allocation.base + allocation.bytes - pointer)
    return invalid("this is not memory that the device reaches");
  return {};
}

Status check(const Operation &operation) {
  constexpr unsigned kWaitFlags = NPUDRV_STREAM_WAIT_VALUE_NOR | NPUDRV_STREAM_WAIT_VALUE_FLUSH;
  switch (operation.operation) {
  case NPUDRV_STREAM_MEM_OP_WAIT_VALUE_32:
  case NPUDRV_STREAM_MEM_OP_WAIT_VALUE_64:
    if (operation.waitValue.flags & ~kWaitFlags)
      return invalid("unknown flags of a wait");
    return checkPlace(operation.waitValue.address,
                      operation.operation == NPUDRV_STREAM_MEM_OP_WAIT_VALUE_32 ? 4 : 8);
  case NPUDRV_STREAM_MEM_OP_WRITE_VALUE_32:
  case NPUDRV_STREAM_MEM_OP_WRITE_VALUE_64:
    if (operation.writeValue.flags & ~unsigned(NPUDRV_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER))
      return invalid("unknown flags of a write");
    return checkPlace(operation.writeValue.address,
                      operation.operation == NPUDRV_STREAM_MEM_OP_WRITE_VALUE_32 ? 4 : 8);
  case NPUDRV_STREAM_MEM_OP_BARRIER:
    return operation.memoryBarrier.flags <= NPUDRV_STREAM_MEMORY_BARRIER_TYPE_GPU
               ? Status()
               : invalid("unknown flags of a barrier");
  case NPUDRV_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
    return operation.flushRemoteWrites.flags ? invalid("the flags must be 0") : Status();
  }
  return invalid("unknown operation on memory");
}

// `GEQ` is cyclic: what is at most half of all values ahead is greater.
template <class Word> bool holds(npudrv_deviceptr pointer, Word value, unsigned flags) {
  const Word found = __atomic_load_n(static_cast<const Word *>(address(pointer)), __ATOMIC_ACQUIRE);
  switch (flags & ~unsigned(NPUDRV_STREAM_WAIT_VALUE_FLUSH)) {
  case NPUDRV_STREAM_WAIT_VALUE_GEQ:
    return std::make_signed_t<Word>(found - value) >= 0;
  case NPUDRV_STREAM_WAIT_VALUE_EQ:
    return found == value;
  case NPUDRV_STREAM_WAIT_VALUE_AND:
    return (found & value) != 0;
  default:
    return Word(~(found | value)) != 0;
  }
}

template <class Word> void waitUntil(npudrv_deviceptr pointer, Word value, unsigned flags) {
  constexpr std::chrono::microseconds kLongest(1000);
  std::chrono::microseconds pause(1);
  for (unsigned looks = 0; !holds(pointer, value, flags); ++looks) {
    if (core::contextFailed())
      return; // whoever was to write may not come
    if (looks < 64) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, kLongest);
    }
  }
}

void perform(const Operations &operations) {
  for (const Operation &operation : operations)
    switch (operation.operation) {
    case NPUDRV_STREAM_MEM_OP_WAIT_VALUE_32:
      waitUntil(operation.waitValue.address, operation.waitValue.value, operation.waitValue.flags);
      break;
    case NPUDRV_STREAM_MEM_OP_WAIT_VALUE_64:
      waitUntil(operation.waitValue.address, operation.waitValue.value64,
                operation.waitValue.flags);
      break;
    case NPUDRV_STREAM_MEM_OP_WRITE_VALUE_32:
      __atomic_store_n(static_cast<uint32_t *>(address(operation.writeValue.address)),
                       operation.writeValue.value, __ATOMIC_RELEASE);
      break;
    case NPUDRV_STREAM_MEM_OP_WRITE_VALUE_64:
      __atomic_store_n(static_cast<uint64_t *>(address(operation.writeValue.address)),
                       operation.writeValue.value64, __ATOMIC_RELEASE);
      break;
    case NPUDRV_STREAM_MEM_OP_BARRIER:
    case NPUDRV_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
      __atomic_thread_fence(__ATOMIC_SEQ_CST);
      break;
    }
}

Status read(const Operation *operations, unsigned count, unsigned flags,
            std::shared_ptr<Operations> &result) {
  constexpr unsigned kMost = 256; // CUDA's
  if (!operations || !count || count > kMost || flags)
    return invalid("no operations, more than 256, or flags");
  for (unsigned i = 0; i < count; ++i)
    if (Status status = check(operations[i]); !status)
      return status;
  result = std::make_shared<Operations>(operations, operations + count);
  return {};
}

Status read(const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters, std::shared_ptr<Operations> &result) {
  return parameters ? read(parameters->paramArray, parameters->count, parameters->flags, result)
                    : invalid("the parameters are null");
}

void setNode(core::GraphNode &node, const std::shared_ptr<Operations> &operations) {
  node.type = kNodeType;
  node.command = std::make_shared<const Command>(HostCall{[operations] { perform(*operations); }});
  node.keepAlive = operations;
}

Status submitAll(npudrv_stream stream, const Operation *operations, unsigned count,
                 unsigned flags) {
  std::shared_ptr<Operations> all;
  std::shared_ptr<core::Stream> found;
  if (Status status = read(operations, count, flags, all); !status)
    return status;
  if (Status status = core::findStream(stream, found); !status)
    return status;
  if (!core::isCapturing(stream))
    return core::submit(stream, HostCall{[all] { perform(*all); }});
  auto node = std::make_unique<core::GraphNode>();
  setNode(*node, all);
  return core::captureNode(*found, std::move(node));
}

Operation wait(npudrv_streamBatchMemOpType type, npudrv_deviceptr pointer, uint64_t value,
               unsigned flags) {
  Operation operation = {};
  operation.waitValue.operation = type;
  operation.waitValue.address = pointer;
  if (type == NPUDRV_STREAM_MEM_OP_WAIT_VALUE_32)
    operation.waitValue.value = uint32_t(value);
  else
    operation.waitValue.value64 = value;
  operation.waitValue.flags = flags;
  return operation;
}

Operation write(npudrv_streamBatchMemOpType type, npudrv_deviceptr pointer, uint64_t value,
                unsigned flags) {
  Operation operation = {};
  operation.writeValue.operation = type;
  operation.writeValue.address = pointer;
  if (type == NPUDRV_STREAM_MEM_OP_WRITE_VALUE_32)
    operation.writeValue.value = uint32_t(value);
  else
    operation.writeValue.value64 = value;
  operation.writeValue.flags = flags;
  return operation;
}

} // namespace

Status npu::driver_api::addOperations(npudrv_graphNode *node, npudrv_graph graph,
                                      const npudrv_graphNode *dependencies, size_t count,
                                      const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  std::shared_ptr<Operations> operations;
  if (Status status = read(parameters, operations); !status)
    return status;
  auto made = std::make_unique<core::GraphNode>();
  setNode(*made, operations);
  std::lock_guard<std::mutex> lock(core::graphMutex());
  return core::addNode(graph, dependencies, count, std::move(made), node);
}

Status npu::driver_api::changeOperations(npudrv_graphNode node,
                                         const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  std::shared_ptr<Operations> operations;
  if (Status status = read(parameters, operations); !status)
    return status;
  core::GraphNode fresh; // what it replaces is released without the lock
  setNode(fresh, operations);
  std::lock_guard<std::mutex> lock(core::graphMutex());
  core::GraphNode *found = nullptr;
  if (Status status = core::findNode(node, kNodeType, found); !status)
    return status;
  core::takeParameters(*found, fresh);
  return {};
}

Status npu::driver_api::changeOperations(npudrv_graphExec exec, npudrv_graphNode node,
                                         const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  std::shared_ptr<Operations> operations;
  if (Status status = read(parameters, operations); !status)
    return status;
  return core::setExecNode(exec, node, kNodeType, [&](core::GraphNode &fresh) {
    setNode(fresh, operations);
    return Status();
  });
}

static npudrv_result submitOne(const char *name, npudrv_stream stream, const Operation &one) {
  return call(name, [&] { return submitAll(stream, &one, 1, 0); });
}

extern "C" {

npudrv_result npudrvStreamWaitValue32(npudrv_stream stream, npudrv_deviceptr pointer,
                                      uint32_t value, unsigned int flags) {
  return submitOne("cuStreamWaitValue32", stream,
                   wait(NPUDRV_STREAM_MEM_OP_WAIT_VALUE_32, pointer, value, flags));
}

npudrv_result npudrvStreamWaitValue64(npudrv_stream stream, npudrv_deviceptr pointer,
                                      uint64_t value, unsigned int flags) {
  return submitOne("cuStreamWaitValue64", stream,
                   wait(NPUDRV_STREAM_MEM_OP_WAIT_VALUE_64, pointer, value, flags));
}

npudrv_result npudrvStreamWriteValue32(npudrv_stream stream, npudrv_deviceptr pointer,
                                       uint32_t value, unsigned int flags) {
  return submitOne("cuStreamWriteValue32", stream,
                   write(NPUDRV_STREAM_MEM_OP_WRITE_VALUE_32, pointer, value, flags));
}

npudrv_result npudrvStreamWriteValue64(npudrv_stream stream, npudrv_deviceptr pointer,
                                       uint64_t value, unsigned int flags) {
  return submitOne("cuStreamWriteValue64", stream,
                   write(NPUDRV_STREAM_MEM_OP_WRITE_VALUE_64, pointer, value, flags));
}

npudrv_result npudrvStreamBatchMemOp(npudrv_stream stream, unsigned int count,
                                     npudrv_streamBatchMemOpParams *operations,
                                     unsigned int flags) {
  return call("cuStreamBatchMemOp", [&] { return submitAll(stream, operations, count, flags); });
}

npudrv_result npudrvGraphAddBatchMemOpNode(npudrv_graphNode *node, npudrv_graph graph,
                                           const npudrv_graphNode *dependencies, size_t count,
                                           const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  return call("cuGraphAddBatchMemOpNode",
              [&] { return addOperations(node, graph, dependencies, count, parameters); });
}

// What is told belongs to the node.
npudrv_result npudrvGraphBatchMemOpNodeGetParams(npudrv_graphNode node,
                                                 NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  return call("cuGraphBatchMemOpNodeGetParams", [&] {
    core::GraphNode *found = nullptr;
    if (!parameters)
      return invalid("the result is null");
    std::lock_guard<std::mutex> lock(core::graphMutex());
    if (Status status = core::findNode(node, kNodeType, found); !status)
      return status;
    auto &operations = *static_cast<Operations *>(found->keepAlive.get());
    *parameters = {currentContext(), unsigned(operations.size()), operations.data(), 0};
    return Status();
  });
}

npudrv_result npudrvGraphBatchMemOpNodeSetParams(npudrv_graphNode node,
                                                 const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  return call("cuGraphBatchMemOpNodeSetParams", [&] { return changeOperations(node, parameters); });
}

npudrv_result
npudrvGraphExecBatchMemOpNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                       const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters) {
  return call("cuGraphExecBatchMemOpNodeSetParams",
              [&] { return changeOperations(exec, node, parameters); });
}

} // extern "C"
