// Graph nodes: made, asked and changed.
#include "memory_operations.h"
#include "node_parameters.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status addNode(npudrv_graphNode *node, npudrv_graph graph, const npudrv_graphNode *dependencies,
               size_t count, npudrv_graphNodeParams *parameters) {
  AnyNode made;
  if (parameters && parameters->type == NPUDRV_GRAPH_NODE_TYPE_BATCH_MEM_OP)
    return addOperations(node, graph, dependencies, count, &parameters->memOp);
  if (Status status = readNode(parameters, made); !status)
    return status;
  Status status = done(npuGraphAddNode(node, graph, dependencies, count, &made.parameters));
  if (status)
    writeResults(made, *parameters);
  return status;
}

} // namespace

extern "C" {

npudrv_result npudrvGraphAddNode(npudrv_graphNode *node, npudrv_graph graph,
                                 const npudrv_graphNode *dependencies, size_t count,
                                 npudrv_graphNodeParams *parameters) {
  return call("cuGraphAddNode",
              [&] { return addNode(node, graph, dependencies, count, parameters); });
}

npudrv_result npudrvGraphAddNode_v2(npudrv_graphNode *node, npudrv_graph graph,
                                    const npudrv_graphNode *dependencies,
                                    const npudrv_graphEdgeData *, size_t count,
                                    npudrv_graphNodeParams *parameters) {
  return call("cuGraphAddNode_v2",
              [&] { return addNode(node, graph, dependencies, count, parameters); });
}

npudrv_result npudrvGraphAddKernelNode(npudrv_graphNode *node, npudrv_graph graph,
                                       const npudrv_graphNode *dependencies, size_t count,
                                       const NPU_KERNEL_NODE_PARAMS *parameters) {
  return call("cuGraphAddKernelNode", [&] {
    KernelNode kernel;
    Status status = readKernel(parameters, kernel);
    return status
               ? done(npuGraphAddKernelNode(node, graph, dependencies, count, &kernel.parameters))
               : status;
  });
}

npudrv_result npudrvGraphAddMemcpyNode(npudrv_graphNode *node, npudrv_graph graph,
                                       const npudrv_graphNode *dependencies, size_t count,
                                       const NPU_MEMCPY3D *parameters, npudrv_context) {
  return call("cuGraphAddMemcpyNode", [&] {
    npuMemcpy3DParms same;
    Status status = readCopy(parameters, same);
    return status ? done(npuGraphAddMemcpyNode(node, graph, dependencies, count, &same)) : status;
  });
}

npudrv_result npudrvGraphAddMemsetNode(npudrv_graphNode *node, npudrv_graph graph,
                                       const npudrv_graphNode *dependencies, size_t count,
                                       const NPU_MEMSET_NODE_PARAMS *parameters, npudrv_context) {
  return call("cuGraphAddMemsetNode", [&] {
    return done(npuGraphAddMemsetNode(node, graph, dependencies, count,
                                      reinterpret_cast<const npuMemsetParams *>(parameters)));
  });
}

npudrv_result npudrvGraphAddHostNode(npudrv_graphNode *node, npudrv_graph graph,
                                     const npudrv_graphNode *dependencies, size_t count,
                                     const NPU_HOST_NODE_PARAMS *parameters) {
  return call("cuGraphAddHostNode", [&] {
    return done(npuGraphAddHostNode(node, graph, dependencies, count,
                                    reinterpret_cast<const npuHostNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphAddChildGraphNode(npudrv_graphNode *node, npudrv_graph graph,
                                           const npudrv_graphNode *dependencies, size_t count,
                                           npudrv_graph child) {
  return call("cuGraphAddChildGraphNode", [&] {
    return done(npuGraphAddChildGraphNode(node, graph, dependencies, count, child));
  });
}

npudrv_result npudrvGraphAddEmptyNode(npudrv_graphNode *node, npudrv_graph graph,
                                      const npudrv_graphNode *dependencies, size_t count) {
  return call("cuGraphAddEmptyNode",
              [&] { return done(npuGraphAddEmptyNode(node, graph, dependencies, count)); });
}

npudrv_result npudrvGraphAddEventRecordNode(npudrv_graphNode *node, npudrv_graph graph,
                                            const npudrv_graphNode *dependencies, size_t count,
                                            npudrv_event event) {
  return call("cuGraphAddEventRecordNode", [&] {
    return done(npuGraphAddEventRecordNode(node, graph, dependencies, count, event));
  });
}

npudrv_result npudrvGraphAddEventWaitNode(npudrv_graphNode *node, npudrv_graph graph,
                                          const npudrv_graphNode *dependencies, size_t count,
                                          npudrv_event event) {
  return call("cuGraphAddEventWaitNode", [&] {
    return done(npuGraphAddEventWaitNode(node, graph, dependencies, count, event));
  });
}

npudrv_result npudrvGraphAddMemAllocNode(npudrv_graphNode *node, npudrv_graph graph,
                                         const npudrv_graphNode *dependencies, size_t count,
                                         NPU_MEM_ALLOC_NODE_PARAMS *parameters) {
  return call("cuGraphAddMemAllocNode", [&] {
    return done(npuGraphAddMemAllocNode(node, graph, dependencies, count,
                                        reinterpret_cast<npuMemAllocNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphAddMemFreeNode(npudrv_graphNode *node, npudrv_graph graph,
                                        const npudrv_graphNode *dependencies, size_t count,
                                        npudrv_deviceptr pointer) {
  return call("cuGraphAddMemFreeNode", [&] {
    return done(npuGraphAddMemFreeNode(node, graph, dependencies, count, address(pointer)));
  });
}

npudrv_result npudrvGraphNodeSetParams(npudrv_graphNode node, npudrv_graphNodeParams *parameters) {
  return call("cuGraphNodeSetParams", [&] {
    AnyNode changed;
    if (parameters && parameters->type == NPUDRV_GRAPH_NODE_TYPE_BATCH_MEM_OP)
      return changeOperations(node, &parameters->memOp);
    Status status = readNode(parameters, changed);
    return status ? done(npuGraphNodeSetParams(node, &changed.parameters)) : status;
  });
}

npudrv_result npudrvGraphKernelNodeGetParams(npudrv_graphNode node,
                                             NPU_KERNEL_NODE_PARAMS *parameters) {
  return call("cuGraphKernelNodeGetParams", [&] {
    npuKernelNodeParams found;
    if (!parameters)
      return nullResult();
    Status status = done(npuGraphKernelNodeGetParams(node, &found));
    if (status)
      writeKernel(found, *parameters);
    return status;
  });
}

npudrv_result npudrvGraphKernelNodeSetParams(npudrv_graphNode node,
                                             const NPU_KERNEL_NODE_PARAMS *parameters) {
  return call("cuGraphKernelNodeSetParams", [&] {
    KernelNode kernel;
    Status status = readKernel(parameters, kernel);
    return status ? done(npuGraphKernelNodeSetParams(node, &kernel.parameters)) : status;
  });
}

npudrv_result npudrvGraphKernelNodeGetAttribute(npudrv_graphNode node,
                                                npudrv_kernelNodeAttrID attribute,
                                                npudrv_kernelNodeAttrValue *value) {
  return call("cuGraphKernelNodeGetAttribute", [&] {
    return done(npuGraphKernelNodeGetAttribute(node, npuLaunchAttributeID(attribute),
                                               reinterpret_cast<npuLaunchAttributeValue *>(value)));
  });
}

npudrv_result npudrvGraphKernelNodeSetAttribute(npudrv_graphNode node,
                                                npudrv_kernelNodeAttrID attribute,
                                                const npudrv_kernelNodeAttrValue *value) {
  return call("cuGraphKernelNodeSetAttribute", [&] {
    return done(
        npuGraphKernelNodeSetAttribute(node, npuLaunchAttributeID(attribute),
                                       reinterpret_cast<const npuLaunchAttributeValue *>(value)));
  });
}

npudrv_result npudrvGraphKernelNodeCopyAttributes(npudrv_graphNode dst, npudrv_graphNode src) {
  return call("cuGraphKernelNodeCopyAttributes",
              [&] { return done(npuGraphKernelNodeCopyAttributes(dst, src)); });
}

npudrv_result npudrvGraphMemcpyNodeGetParams(npudrv_graphNode node, NPU_MEMCPY3D *parameters) {
  return call("cuGraphMemcpyNodeGetParams", [&] {
    npuMemcpy3DParms found;
    if (!parameters)
      return nullResult();
    Status status = done(npuGraphMemcpyNodeGetParams(node, &found));
    return status ? writeCopy(found, *parameters) : status;
  });
}

npudrv_result npudrvGraphMemcpyNodeSetParams(npudrv_graphNode node,
                                             const NPU_MEMCPY3D *parameters) {
  return call("cuGraphMemcpyNodeSetParams", [&] {
    npuMemcpy3DParms same;
    Status status = readCopy(parameters, same);
    return status ? done(npuGraphMemcpyNodeSetParams(node, &same)) : status;
  });
}

npudrv_result npudrvGraphMemsetNodeGetParams(npudrv_graphNode node,
                                             NPU_MEMSET_NODE_PARAMS *parameters) {
  return call("cuGraphMemsetNodeGetParams", [&] {
    return done(npuGraphMemsetNodeGetParams(node, reinterpret_cast<npuMemsetParams *>(parameters)));
  });
}

npudrv_result npudrvGraphMemsetNodeSetParams(npudrv_graphNode node,
                                             const NPU_MEMSET_NODE_PARAMS *parameters) {
  return call("cuGraphMemsetNodeSetParams", [&] {
    return done(
        npuGraphMemsetNodeSetParams(node, reinterpret_cast<const npuMemsetParams *>(parameters)));
  });
}

npudrv_result npudrvGraphHostNodeGetParams(npudrv_graphNode node,
                                           NPU_HOST_NODE_PARAMS *parameters) {
  return call("cuGraphHostNodeGetParams", [&] {
    return done(npuGraphHostNodeGetParams(node, reinterpret_cast<npuHostNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphHostNodeSetParams(npudrv_graphNode node,
                                           const NPU_HOST_NODE_PARAMS *parameters) {
  return call("cuGraphHostNodeSetParams", [&] {
    return done(
        npuGraphHostNodeSetParams(node, reinterpret_cast<const npuHostNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphChildGraphNodeGetGraph(npudrv_graphNode node, npudrv_graph *graph) {
  return call("cuGraphChildGraphNodeGetGraph",
              [&] { return done(npuGraphChildGraphNodeGetGraph(node, graph)); });
}

npudrv_result npudrvGraphEventRecordNodeGetEvent(npudrv_graphNode node, npudrv_event *event) {
  return call("cuGraphEventRecordNodeGetEvent",
              [&] { return done(npuGraphEventRecordNodeGetEvent(node, event)); });
}

npudrv_result npudrvGraphEventRecordNodeSetEvent(npudrv_graphNode node, npudrv_event event) {
  return call("cuGraphEventRecordNodeSetEvent",
              [&] { return done(npuGraphEventRecordNodeSetEvent(node, event)); });
}

npudrv_result npudrvGraphEventWaitNodeGetEvent(npudrv_graphNode node, npudrv_event *event) {
  return call("cuGraphEventWaitNodeGetEvent",
              [&] { return done(npuGraphEventWaitNodeGetEvent(node, event)); });
}

npudrv_result npudrvGraphEventWaitNodeSetEvent(npudrv_graphNode node, npudrv_event event) {
  return call("cuGraphEventWaitNodeSetEvent",
              [&] { return done(npuGraphEventWaitNodeSetEvent(node, event)); });
}

npudrv_result npudrvGraphMemAllocNodeGetParams(npudrv_graphNode node,
                                               NPU_MEM_ALLOC_NODE_PARAMS *parameters) {
  return call("cuGraphMemAllocNodeGetParams", [&] {
    return done(
        npuGraphMemAllocNodeGetParams(node, reinterpret_cast<npuMemAllocNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphMemFreeNodeGetParams(npudrv_graphNode node, npudrv_deviceptr *pointer) {
  return call("cuGraphMemFreeNodeGetParams",
              [&] { return done(npuGraphMemFreeNodeGetParams(node, pointer)); });
}

} // extern "C"
