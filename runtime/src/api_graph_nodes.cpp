// Graph nodes: made, asked and changed.
#include "entry.h"

#include "graph.h"

using namespace npu;
using namespace npu::core;

namespace {

// Makes a node that `set` fills, and puts it into the graph.
template <class Set>
Status add(npuGraphNode_t *result, npuGraph_t graph, const npuGraphNode_t *dependencies,
           size_t count, Set set) {
  auto node = std::make_unique<GraphNode>();
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = set(*node); !status)
    return status;
  return addNode(graph, dependencies, count, std::move(node), result);
}

// Gives the node the parameters that `set` puts into a new one.
template <class Set> Status change(npuGraphNode_t handle, npuGraphNodeType type, Set set) {
  GraphNode fresh; // what it replaces is released without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  GraphNode *node = nullptr;
  if (Status status = findNode(handle, type, node); !status)
    return status;
  fresh.attributes = node->attributes;
  if (Status status = set(fresh); !status)
    return status;
  takeParameters(*node, fresh);
  return {};
}

// Reads a node of one type into `result`.
template <class Result, class Read>
Status ask(npuGraphNode_t handle, npuGraphNodeType type, Result *result, Read read) {
  if (!result)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  GraphNode *node = nullptr;
  if (Status status = findNode(handle, type, node); !status)
    return status;
  return read(*node);
}

Status attributeOf(GraphNode &node, npuLaunchAttributeID attribute,
                   npuLaunchAttributeValue &value) {
  if (unsigned(attribute) > npuLaunchAttributePreferredSharedMemoryCarveout)
    return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
  const auto found = node.attributes.find(attribute);
  value = found == node.attributes.end() ? npuLaunchAttributeValue{} : found->second;
  return {};
}

// With other attributes the launch may be another. A node that cannot have them keeps its own.
Status takeAttributes(GraphNode &node, std::map<int, npuLaunchAttributeValue> attributes) {
  std::swap(node.attributes, attributes);
  Status status = node.function ? prepareAgain(node) : Status();
  if (!status)
    node.attributes = std::move(attributes);
  return status;
}

// Other attributes that would change what a kernel does are refused; the rest are hints.
Status setAttribute(GraphNode &node, npuLaunchAttributeID attribute,
                    const npuLaunchAttributeValue &value) {
  if (unsigned(attribute) > npuLaunchAttributePreferredSharedMemoryCarveout)
    return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
  if (attribute == npuLaunchAttributeClusterDimension && value.clusterDim.x == 0)
    return Status(npuErrorInvalidClusterSize, "a cluster has no blocks");
  if (attribute == npuLaunchAttributeProgrammaticEvent ||
      attribute == npuLaunchAttributeLaunchCompletionEvent ||
      (attribute == npuLaunchAttributeDeviceUpdatableKernelNode &&
       value.deviceUpdatableKernelNode.deviceUpdatable))
    return Status(npuErrorNotSupported, "graph nodes cannot have this attribute");
  if (attribute != npuLaunchAttributeCooperative &&
      attribute != npuLaunchAttributeClusterDimension) {
    node.attributes[attribute] = value;
    return {};
  }
  std::map<int, npuLaunchAttributeValue> attributes = node.attributes;
  attributes[attribute] = value;
  return takeAttributes(node, std::move(attributes));
}

Status copyAttributes(npuGraphNode_t dst, npuGraphNode_t src) {
  std::lock_guard<std::mutex> lock(graphMutex());
  GraphNode *to = nullptr, *from = nullptr;
  if (Status status = findNode(dst, npuGraphNodeTypeKernel, to); !status)
    return status;
  if (Status status = findNode(src, npuGraphNodeTypeKernel, from); !status)
    return status;
  return takeAttributes(*to, from->attributes);
}

// The type is the node's own: parameters of another type are refused.
Status changeAny(npuGraphNode_t node, npuGraphNodeParams *parameters) {
  if (!parameters)
    return Status(npuErrorInvalidValue, "the parameters are null");
  if (parameters->type == npuGraphNodeTypeMemAlloc || parameters->type == npuGraphNodeTypeMemFree ||
      parameters->type == npuGraphNodeTypeGraph || parameters->type == npuGraphNodeTypeConditional)
    return Status(npuErrorNotSupported, "parameters of this node type cannot be changed");
  return change(node, parameters->type, [&](GraphNode &n) { return setAny(n, parameters); });
}

} // namespace

extern "C" {

npuError_t npuGraphAddNode(npuGraphNode_t *node, npuGraph_t graph,
                           const npuGraphNode_t *dependencies, size_t count,
                           npuGraphNodeParams *parameters) {
  return entry("npuGraphAddNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setAny(n, parameters); });
  });
}

npuError_t npuGraphAddKernelNode(npuGraphNode_t *node, npuGraph_t graph,
                                 const npuGraphNode_t *dependencies, size_t count,
                                 const npuKernelNodeParams *parameters) {
  return entry("npuGraphAddKernelNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setKernel(n, parameters); });
  });
}

npuError_t npuGraphAddMemcpyNode(npuGraphNode_t *node, npuGraph_t graph,
                                 const npuGraphNode_t *dependencies, size_t count,
                                 const npuMemcpy3DParms *parameters) {
  return entry("npuGraphAddMemcpyNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setCopy(n, parameters); });
  });
}

npuError_t npuGraphAddMemcpyNode1D(npuGraphNode_t *node, npuGraph_t graph,
                                   const npuGraphNode_t *dependencies, size_t count, void *dst,
                                   const void *src, size_t bytes, npuMemcpyKind kind) {
  return entry("npuGraphAddMemcpyNode1D",
               trace(node, graph, dependencies, count, dst, src, bytes, kind), [&] {
                 return add(node, graph, dependencies, count,
                            [&](GraphNode &n) { return setCopy(n, dst, src, bytes, kind); });
               });
}

npuError_t npuGraphAddMemcpyNodeToSymbol(npuGraphNode_t *node, npuGraph_t graph,
                                         const npuGraphNode_t *dependencies, size_t count,
                                         const void *symbol, const void *src, size_t bytes,
                                         size_t offset, npuMemcpyKind kind) {
  return entry("npuGraphAddMemcpyNodeToSymbol",
               trace(node, graph, dependencies, count, symbol, src, bytes, offset, kind), [&] {
                 return add(node, graph, dependencies, count, [&](GraphNode &n) {
                   return setCopyToSymbol(n, symbol, src, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphAddMemcpyNodeFromSymbol(npuGraphNode_t *node, npuGraph_t graph,
                                           const npuGraphNode_t *dependencies, size_t count,
                                           void *dst, const void *symbol, size_t bytes,
                                           size_t offset, npuMemcpyKind kind) {
  return entry("npuGraphAddMemcpyNodeFromSymbol",
               trace(node, graph, dependencies, count, dst, symbol, bytes, offset, kind), [&] {
                 return add(node, graph, dependencies, count, [&](GraphNode &n) {
                   return setCopyFromSymbol(n, dst, symbol, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphAddMemsetNode(npuGraphNode_t *node, npuGraph_t graph,
                                 const npuGraphNode_t *dependencies, size_t count,
                                 const npuMemsetParams *parameters) {
  return entry("npuGraphAddMemsetNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setFill(n, parameters); });
  });
}

npuError_t npuGraphAddHostNode(npuGraphNode_t *node, npuGraph_t graph,
                               const npuGraphNode_t *dependencies, size_t count,
                               const npuHostNodeParams *parameters) {
  return entry("npuGraphAddHostNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setHost(n, parameters); });
  });
}

npuError_t npuGraphAddChildGraphNode(npuGraphNode_t *node, npuGraph_t graph,
                                     const npuGraphNode_t *dependencies, size_t count,
                                     npuGraph_t child) {
  return entry("npuGraphAddChildGraphNode", trace(node, graph, dependencies, count, child), [&] {
    return add(node, graph, dependencies, count, [&](GraphNode &n) { return setChild(n, child); });
  });
}

npuError_t npuGraphAddEmptyNode(npuGraphNode_t *node, npuGraph_t graph,
                                const npuGraphNode_t *dependencies, size_t count) {
  return entry("npuGraphAddEmptyNode", trace(node, graph, dependencies, count), [&] {
    return add(node, graph, dependencies, count, [](GraphNode &) { return Status(); });
  });
}

npuError_t npuGraphAddEventRecordNode(npuGraphNode_t *node, npuGraph_t graph,
                                      const npuGraphNode_t *dependencies, size_t count,
                                      npuEvent_t event) {
  return entry("npuGraphAddEventRecordNode", trace(node, graph, dependencies, count, event), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setEvent(n, npuGraphNodeTypeEventRecord, event); });
  });
}

npuError_t npuGraphAddEventWaitNode(npuGraphNode_t *node, npuGraph_t graph,
                                    const npuGraphNode_t *dependencies, size_t count,
                                    npuEvent_t event) {
  return entry("npuGraphAddEventWaitNode", trace(node, graph, dependencies, count, event), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setEvent(n, npuGraphNodeTypeWaitEvent, event); });
  });
}

npuError_t npuGraphAddMemAllocNode(npuGraphNode_t *node, npuGraph_t graph,
                                   const npuGraphNode_t *dependencies, size_t count,
                                   npuMemAllocNodeParams *parameters) {
  return entry("npuGraphAddMemAllocNode", trace(node, graph, dependencies, count, parameters), [&] {
    return add(node, graph, dependencies, count,
               [&](GraphNode &n) { return setAllocation(n, parameters); });
  });
}

npuError_t npuGraphAddMemFreeNode(npuGraphNode_t *node, npuGraph_t graph,
                                  const npuGraphNode_t *dependencies, size_t count, void *pointer) {
  return entry("npuGraphAddMemFreeNode", trace(node, graph, dependencies, count, pointer), [&] {
    return add(node, graph, dependencies, count, [&](GraphNode &n) { return setFree(n, pointer); });
  });
}

npuError_t npuGraphNodeSetParams(npuGraphNode_t node, npuGraphNodeParams *parameters) {
  return entry("npuGraphNodeSetParams", trace(node, parameters),
               [&] { return changeAny(node, parameters); });
}

npuError_t npuGraphKernelNodeGetParams(npuGraphNode_t node, npuKernelNodeParams *parameters) {
  return entry("npuGraphKernelNodeGetParams", trace(node, parameters), [&] {
    return ask(node, npuGraphNodeTypeKernel, parameters,
               [&](GraphNode &n) { return kernelParameters(n, *parameters); });
  });
}

npuError_t npuGraphKernelNodeSetParams(npuGraphNode_t node, const npuKernelNodeParams *parameters) {
  return entry("npuGraphKernelNodeSetParams", trace(node, parameters), [&] {
    return change(node, npuGraphNodeTypeKernel,
                  [&](GraphNode &n) { return setKernel(n, parameters); });
  });
}

npuError_t npuGraphKernelNodeGetAttribute(npuGraphNode_t node, npuLaunchAttributeID attribute,
                                          npuLaunchAttributeValue *value) {
  return entry("npuGraphKernelNodeGetAttribute", trace(node, attribute, value), [&] {
    return ask(node, npuGraphNodeTypeKernel, value,
               [&](GraphNode &n) { return attributeOf(n, attribute, *value); });
  });
}

npuError_t npuGraphKernelNodeSetAttribute(npuGraphNode_t node, npuLaunchAttributeID attribute,
                                          const npuLaunchAttributeValue *value) {
  return entry("npuGraphKernelNodeSetAttribute", trace(node, attribute, value), [&] {
    return ask(node, npuGraphNodeTypeKernel, value,
               [&](GraphNode &n) { return setAttribute(n, attribute, *value); });
  });
}

npuError_t npuGraphKernelNodeCopyAttributes(npuGraphNode_t dst, npuGraphNode_t src) {
  return entry("npuGraphKernelNodeCopyAttributes", trace(dst, src),
               [&] { return copyAttributes(dst, src); });
}

npuError_t npuGraphMemcpyNodeGetParams(npuGraphNode_t node, npuMemcpy3DParms *parameters) {
  return entry("npuGraphMemcpyNodeGetParams", trace(node, parameters), [&] {
    return ask(node, npuGraphNodeTypeMemcpy, parameters, [&](GraphNode &n) {
      *parameters = n.copy;
      return Status();
    });
  });
}

npuError_t npuGraphMemcpyNodeSetParams(npuGraphNode_t node, const npuMemcpy3DParms *parameters) {
  return entry("npuGraphMemcpyNodeSetParams", trace(node, parameters), [&] {
    return change(node, npuGraphNodeTypeMemcpy,
                  [&](GraphNode &n) { return setCopy(n, parameters); });
  });
}

npuError_t npuGraphMemcpyNodeSetParams1D(npuGraphNode_t node, void *dst, const void *src,
                                         size_t bytes, npuMemcpyKind kind) {
  return entry("npuGraphMemcpyNodeSetParams1D", trace(node, dst, src, bytes, kind), [&] {
    return change(node, npuGraphNodeTypeMemcpy,
                  [&](GraphNode &n) { return setCopy(n, dst, src, bytes, kind); });
  });
}

npuError_t npuGraphMemcpyNodeSetParamsToSymbol(npuGraphNode_t node, const void *symbol,
                                               const void *src, size_t bytes, size_t offset,
                                               npuMemcpyKind kind) {
  return entry("npuGraphMemcpyNodeSetParamsToSymbol", trace(node, symbol, src, bytes, offset, kind),
               [&] {
                 return change(node, npuGraphNodeTypeMemcpy, [&](GraphNode &n) {
                   return setCopyToSymbol(n, symbol, src, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphMemcpyNodeSetParamsFromSymbol(npuGraphNode_t node, void *dst, const void *symbol,
                                                 size_t bytes, size_t offset, npuMemcpyKind kind) {
  return entry("npuGraphMemcpyNodeSetParamsFromSymbol",
               trace(node, dst, symbol, bytes, offset, kind), [&] {
                 return change(node, npuGraphNodeTypeMemcpy, [&](GraphNode &n) {
                   return setCopyFromSymbol(n, dst, symbol, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphMemsetNodeGetParams(npuGraphNode_t node, npuMemsetParams *parameters) {
  return entry("npuGraphMemsetNodeGetParams", trace(node, parameters), [&] {
    return ask(node, npuGraphNodeTypeMemset, parameters, [&](GraphNode &n) {
      *parameters = n.fill;
      return Status();
    });
  });
}

npuError_t npuGraphMemsetNodeSetParams(npuGraphNode_t node, const npuMemsetParams *parameters) {
  return entry("npuGraphMemsetNodeSetParams", trace(node, parameters), [&] {
    return change(node, npuGraphNodeTypeMemset,
                  [&](GraphNode &n) { return setFill(n, parameters); });
  });
}

npuError_t npuGraphHostNodeGetParams(npuGraphNode_t node, npuHostNodeParams *parameters) {
  return entry("npuGraphHostNodeGetParams", trace(node, parameters), [&] {
    return ask(node, npuGraphNodeTypeHost, parameters, [&](GraphNode &n) {
      *parameters = n.host;
      return Status();
    });
  });
}

npuError_t npuGraphHostNodeSetParams(npuGraphNode_t node, const npuHostNodeParams *parameters) {
  return entry("npuGraphHostNodeSetParams", trace(node, parameters), [&] {
    return change(node, npuGraphNodeTypeHost, [&](GraphNode &n) { return setHost(n, parameters); });
  });
}

npuError_t npuGraphChildGraphNodeGetGraph(npuGraphNode_t node, npuGraph_t *graph) {
  return entry("npuGraphChildGraphNodeGetGraph", trace(node, graph), [&] {
    return ask(node, npuGraphNodeTypeGraph, graph, [&](GraphNode &n) {
      *graph = handleOf(n.child.get());
      return Status();
    });
  });
}

npuError_t npuGraphEventRecordNodeGetEvent(npuGraphNode_t node, npuEvent_t *event) {
  return entry("npuGraphEventRecordNodeGetEvent", trace(node, event), [&] {
    return ask(node, npuGraphNodeTypeEventRecord, event, [&](GraphNode &n) {
      *event = n.event;
      return Status();
    });
  });
}

npuError_t npuGraphEventRecordNodeSetEvent(npuGraphNode_t node, npuEvent_t event) {
  return entry("npuGraphEventRecordNodeSetEvent", trace(node, event), [&] {
    return change(node, npuGraphNodeTypeEventRecord,
                  [&](GraphNode &n) { return setEvent(n, npuGraphNodeTypeEventRecord, event); });
  });
}

npuError_t npuGraphEventWaitNodeGetEvent(npuGraphNode_t node, npuEvent_t *event) {
  return entry("npuGraphEventWaitNodeGetEvent", trace(node, event), [&] {
    return ask(node, npuGraphNodeTypeWaitEvent, event, [&](GraphNode &n) {
      *event = n.event;
      return Status();
    });
  });
}

npuError_t npuGraphEventWaitNodeSetEvent(npuGraphNode_t node, npuEvent_t event) {
  return entry("npuGraphEventWaitNodeSetEvent", trace(node, event), [&] {
    return change(node, npuGraphNodeTypeWaitEvent,
                  [&](GraphNode &n) { return setEvent(n, npuGraphNodeTypeWaitEvent, event); });
  });
}

npuError_t npuGraphMemAllocNodeGetParams(npuGraphNode_t node, npuMemAllocNodeParams *parameters) {
  return entry("npuGraphMemAllocNodeGetParams", trace(node, parameters), [&] {
    return ask(node, npuGraphNodeTypeMemAlloc, parameters, [&](GraphNode &n) {
      *parameters = n.allocation;
      return Status();
    });
  });
}

npuError_t npuGraphMemFreeNodeGetParams(npuGraphNode_t node, void *pointer) {
  return entry("npuGraphMemFreeNodeGetParams", trace(node, pointer), [&] {
    return ask(node, npuGraphNodeTypeMemFree, pointer, [&](GraphNode &n) {
      *static_cast<void **>(pointer) = n.freed;
      return Status();
    });
  });
}

} // extern "C"
