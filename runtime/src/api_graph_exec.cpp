// Executable graphs, the memory of graphs, and user objects.
#include "entry.h"

#include "graph_exec.h"

using namespace npu;
using namespace npu::core;

namespace {

Status instantiateWith(npuGraphExec_t *exec, npuGraph_t graph, unsigned long long flags) {
  npuGraphInstantiateResult result;
  npuGraphNode_t node = nullptr;
  return instantiate(graph, flags, exec, result, node);
}

Status changeAny(npuGraphExec_t exec, npuGraphNode_t node, npuGraphNodeParams *parameters) {
  if (!parameters)
    return Status(npuErrorInvalidValue, "the parameters are null");
  if (parameters->type == npuGraphNodeTypeGraph)
    return setExecChild(exec, node, parameters->graph.graph);
  return setExecNode(exec, node, parameters->type,
                     [&](GraphNode &n) { return setAny(n, parameters); });
}

} // namespace

extern "C" {

npuError_t npuGraphInstantiate(npuGraphExec_t *exec, npuGraph_t graph, unsigned long long flags) {
  return entry("npuGraphInstantiate", trace(exec, graph, flags),
               [&] { return instantiateWith(exec, graph, flags); });
}

npuError_t npuGraphInstantiateWithFlags(npuGraphExec_t *exec, npuGraph_t graph,
                                        unsigned long long flags) {
  return entry("npuGraphInstantiateWithFlags", trace(exec, graph, flags),
               [&] { return instantiateWith(exec, graph, flags); });
}

npuError_t npuGraphInstantiateWithParams(npuGraphExec_t *exec, npuGraph_t graph,
                                         npuGraphInstantiateParams *parameters) {
  return entry("npuGraphInstantiateWithParams", trace(exec, graph, parameters), [&] {
    if (!parameters)
      return Status(npuErrorInvalidValue, "the parameters are null");
    return instantiate(graph, parameters->flags, exec, parameters->result_out,
                       parameters->errNode_out);
  });
}

npuError_t npuGraphExecDestroy(npuGraphExec_t exec) {
  return entry("npuGraphExecDestroy", trace(exec), [&] { return destroyExec(exec); });
}

npuError_t npuGraphExecGetFlags(npuGraphExec_t exec, unsigned long long *flags) {
  return entry("npuGraphExecGetFlags", trace(exec, flags), [&] { return execFlags(exec, flags); });
}

npuError_t npuGraphLaunch(npuGraphExec_t exec, npuStream_t stream) {
  return entry("npuGraphLaunch", trace(exec, stream), [&] { return launchGraph(exec, stream); });
}

npuError_t npuGraphUpload(npuGraphExec_t exec, npuStream_t stream) {
  return entry("npuGraphUpload", trace(exec, stream), [&] { return checkUpload(exec, stream); });
}

npuError_t npuGraphExecUpdate(npuGraphExec_t exec, npuGraph_t graph,
                              npuGraphExecUpdateResultInfo *result) {
  return entry("npuGraphExecUpdate", trace(exec, graph, result), [&] {
    npuGraphExecUpdateResultInfo information = {};
    Status status = updateExec(exec, graph, information);
    if (result)
      *result = information;
    return status;
  });
}

npuError_t npuGraphNodeSetEnabled(npuGraphExec_t exec, npuGraphNode_t node, unsigned int enabled) {
  return entry("npuGraphNodeSetEnabled", trace(exec, node, enabled),
               [&] { return enableExecNode(exec, node, enabled != 0); });
}

npuError_t npuGraphNodeGetEnabled(npuGraphExec_t exec, npuGraphNode_t node, unsigned int *enabled) {
  return entry("npuGraphNodeGetEnabled", trace(exec, node, enabled), [&] {
    bool on = false;
    if (!enabled)
      return Status(npuErrorInvalidValue, "the result is null");
    Status status = isExecNodeEnabled(exec, node, on);
    *enabled = on;
    return status;
  });
}

npuError_t npuGraphExecNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                     npuGraphNodeParams *parameters) {
  return entry("npuGraphExecNodeSetParams", trace(exec, node, parameters),
               [&] { return changeAny(exec, node, parameters); });
}

npuError_t npuGraphExecKernelNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                           const npuKernelNodeParams *parameters) {
  return entry("npuGraphExecKernelNodeSetParams", trace(exec, node, parameters), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeKernel,
                       [&](GraphNode &n) { return setKernel(n, parameters); });
  });
}

npuError_t npuGraphExecMemcpyNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                           const npuMemcpy3DParms *parameters) {
  return entry("npuGraphExecMemcpyNodeSetParams", trace(exec, node, parameters), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeMemcpy,
                       [&](GraphNode &n) { return setCopy(n, parameters); });
  });
}

npuError_t npuGraphExecMemcpyNodeSetParams1D(npuGraphExec_t exec, npuGraphNode_t node, void *dst,
                                             const void *src, size_t bytes, npuMemcpyKind kind) {
  return entry("npuGraphExecMemcpyNodeSetParams1D", trace(exec, node, dst, src, bytes, kind), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeMemcpy,
                       [&](GraphNode &n) { return setCopy(n, dst, src, bytes, kind); });
  });
}

npuError_t npuGraphExecMemcpyNodeSetParamsToSymbol(npuGraphExec_t exec, npuGraphNode_t node,
                                                   const void *symbol, const void *src,
                                                   size_t bytes, size_t offset,
                                                   npuMemcpyKind kind) {
  return entry("npuGraphExecMemcpyNodeSetParamsToSymbol",
               trace(exec, node, symbol, src, bytes, offset, kind), [&] {
                 return setExecNode(exec, node, npuGraphNodeTypeMemcpy, [&](GraphNode &n) {
                   return setCopyToSymbol(n, symbol, src, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphExecMemcpyNodeSetParamsFromSymbol(npuGraphExec_t exec, npuGraphNode_t node,
                                                     void *dst, const void *symbol, size_t bytes,
                                                     size_t offset, npuMemcpyKind kind) {
  return entry("npuGraphExecMemcpyNodeSetParamsFromSymbol",
               trace(exec, node, dst, symbol, bytes, offset, kind), [&] {
                 return setExecNode(exec, node, npuGraphNodeTypeMemcpy, [&](GraphNode &n) {
                   return setCopyFromSymbol(n, dst, symbol, bytes, offset, kind);
                 });
               });
}

npuError_t npuGraphExecMemsetNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                           const npuMemsetParams *parameters) {
  return entry("npuGraphExecMemsetNodeSetParams", trace(exec, node, parameters), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeMemset,
                       [&](GraphNode &n) { return setFill(n, parameters); });
  });
}

npuError_t npuGraphExecHostNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                         const npuHostNodeParams *parameters) {
  return entry("npuGraphExecHostNodeSetParams", trace(exec, node, parameters), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeHost,
                       [&](GraphNode &n) { return setHost(n, parameters); });
  });
}

npuError_t npuGraphExecChildGraphNodeSetParams(npuGraphExec_t exec, npuGraphNode_t node,
                                               npuGraph_t child) {
  return entry("npuGraphExecChildGraphNodeSetParams", trace(exec, node, child),
               [&] { return setExecChild(exec, node, child); });
}

npuError_t npuGraphExecEventRecordNodeSetEvent(npuGraphExec_t exec, npuGraphNode_t node,
                                               npuEvent_t event) {
  return entry("npuGraphExecEventRecordNodeSetEvent", trace(exec, node, event), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeEventRecord, [&](GraphNode &n) {
      return setEvent(n, npuGraphNodeTypeEventRecord, event);
    });
  });
}

npuError_t npuGraphExecEventWaitNodeSetEvent(npuGraphExec_t exec, npuGraphNode_t node,
                                             npuEvent_t event) {
  return entry("npuGraphExecEventWaitNodeSetEvent", trace(exec, node, event), [&] {
    return setExecNode(exec, node, npuGraphNodeTypeWaitEvent,
                       [&](GraphNode &n) { return setEvent(n, npuGraphNodeTypeWaitEvent, event); });
  });
}

// Memory that no graph needs any more has gone back already.
npuError_t npuDeviceGraphMemTrim(int device) {
  return entry("npuDeviceGraphMemTrim", trace(device), [&] { return checkDevice(device); });
}

npuError_t npuDeviceGetGraphMemAttribute(int device, npuGraphMemAttributeType attribute,
                                         void *value) {
  return entry("npuDeviceGetGraphMemAttribute", trace(device, attribute, value), [&] {
    if (Status status = checkDevice(device); !status)
      return status;
    return graphMemoryAttribute(device, attribute, value);
  });
}

npuError_t npuDeviceSetGraphMemAttribute(int device, npuGraphMemAttributeType attribute,
                                         void *value) {
  return entry("npuDeviceSetGraphMemAttribute", trace(device, attribute, value), [&] {
    if (Status status = checkDevice(device); !status)
      return status;
    return resetGraphMemoryAttribute(device, attribute, value);
  });
}

npuError_t npuUserObjectCreate(npuUserObject_t *object, void *pointer, npuHostFn_t destroy,
                               unsigned int references, unsigned int flags) {
  return entry("npuUserObjectCreate", trace(object, pointer, destroy, references, flags),
               [&] { return createUserObject(object, pointer, destroy, references, flags); });
}

npuError_t npuUserObjectRetain(npuUserObject_t object, unsigned int count) {
  return entry("npuUserObjectRetain", trace(object, count),
               [&] { return retainUserObject(object, count); });
}

npuError_t npuUserObjectRelease(npuUserObject_t object, unsigned int count) {
  return entry("npuUserObjectRelease", trace(object, count),
               [&] { return releaseUserObject(object, count); });
}

npuError_t npuGraphRetainUserObject(npuGraph_t graph, npuUserObject_t object, unsigned int count,
                                    unsigned int flags) {
  return entry("npuGraphRetainUserObject", trace(graph, object, count, flags),
               [&] { return graphRetains(graph, object, count, flags); });
}

npuError_t npuGraphReleaseUserObject(npuGraph_t graph, npuUserObject_t object, unsigned int count) {
  return entry("npuGraphReleaseUserObject", trace(graph, object, count),
               [&] { return graphReleases(graph, object, count); });
}

} // extern "C"
