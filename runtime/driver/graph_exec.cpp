// Executable graphs.
#include "memory_operations.h"
#include "node_parameters.h"

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvGraphInstantiateWithFlags(npudrv_graphExec *exec, npudrv_graph graph,
                                              unsigned long long flags) {
  return call("cuGraphInstantiateWithFlags",
              [&] { return done(npuGraphInstantiateWithFlags(exec, graph, flags)); });
}

npudrv_result npudrvGraphInstantiate_v2(npudrv_graphExec *exec, npudrv_graph graph,
                                        npudrv_graphNode *errorNode, char *log, size_t logBytes) {
  return call("cuGraphInstantiate_v2", [&] {
    npuGraphInstantiateParams parameters = {};
    Status status = done(npuGraphInstantiateWithParams(exec, graph, &parameters));
    if (errorNode)
      *errorNode = parameters.errNode_out;
    if (log && logBytes)
      *log = '\0';
    return status;
  });
}

npudrv_result npudrvGraphInstantiateWithParams(npudrv_graphExec *exec, npudrv_graph graph,
                                               NPU_GRAPH_INSTANTIATE_PARAMS *parameters) {
  return call("cuGraphInstantiateWithParams", [&] {
    return done(npuGraphInstantiateWithParams(
        exec, graph, reinterpret_cast<npuGraphInstantiateParams *>(parameters)));
  });
}

npudrv_result npudrvGraphExecGetFlags(npudrv_graphExec exec, uint64_t *flags) {
  return call("cuGraphExecGetFlags", [&] {
    return done(npuGraphExecGetFlags(exec, reinterpret_cast<unsigned long long *>(flags)));
  });
}

npudrv_result npudrvGraphLaunch(npudrv_graphExec exec, npudrv_stream stream) {
  return call("cuGraphLaunch", [&] { return done(npuGraphLaunch(exec, stream)); });
}

npudrv_result npudrvGraphUpload(npudrv_graphExec exec, npudrv_stream stream) {
  return call("cuGraphUpload", [&] { return done(npuGraphUpload(exec, stream)); });
}

npudrv_result npudrvGraphExecDestroy(npudrv_graphExec exec) {
  return call("cuGraphExecDestroy", [&] { return done(npuGraphExecDestroy(exec)); });
}

npudrv_result npudrvGraphExecUpdate(npudrv_graphExec exec, npudrv_graph graph,
                                    npudrv_graphExecUpdateResultInfo *result) {
  return call("cuGraphExecUpdate", [&] {
    return done(
        npuGraphExecUpdate(exec, graph, reinterpret_cast<npuGraphExecUpdateResultInfo *>(result)));
  });
}

npudrv_result npudrvGraphNodeSetEnabled(npudrv_graphExec exec, npudrv_graphNode node,
                                        unsigned int enabled) {
  return call("cuGraphNodeSetEnabled",
              [&] { return done(npuGraphNodeSetEnabled(exec, node, enabled)); });
}

npudrv_result npudrvGraphNodeGetEnabled(npudrv_graphExec exec, npudrv_graphNode node,
                                        unsigned int *enabled) {
  return call("cuGraphNodeGetEnabled",
              [&] { return done(npuGraphNodeGetEnabled(exec, node, enabled)); });
}

npudrv_result npudrvGraphExecNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                           npudrv_graphNodeParams *parameters) {
  return call("cuGraphExecNodeSetParams", [&] {
    AnyNode changed;
    if (parameters && parameters->type == NPUDRV_GRAPH_NODE_TYPE_BATCH_MEM_OP)
      return changeOperations(exec, node, &parameters->memOp);
    Status status = readNode(parameters, changed);
    return status ? done(npuGraphExecNodeSetParams(exec, node, &changed.parameters)) : status;
  });
}

npudrv_result npudrvGraphExecKernelNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                                 const NPU_KERNEL_NODE_PARAMS *parameters) {
  return call("cuGraphExecKernelNodeSetParams", [&] {
    KernelNode kernel;
    Status status = readKernel(parameters, kernel);
    return status ? done(npuGraphExecKernelNodeSetParams(exec, node, &kernel.parameters)) : status;
  });
}

npudrv_result npudrvGraphExecMemcpyNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                                 const NPU_MEMCPY3D *parameters, npudrv_context) {
  return call("cuGraphExecMemcpyNodeSetParams", [&] {
    npuMemcpy3DParms same;
    Status status = readCopy(parameters, same);
    return status ? done(npuGraphExecMemcpyNodeSetParams(exec, node, &same)) : status;
  });
}

npudrv_result npudrvGraphExecMemsetNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                                 const NPU_MEMSET_NODE_PARAMS *parameters,
                                                 npudrv_context) {
  return call("cuGraphExecMemsetNodeSetParams", [&] {
    return done(npuGraphExecMemsetNodeSetParams(
        exec, node, reinterpret_cast<const npuMemsetParams *>(parameters)));
  });
}

npudrv_result npudrvGraphExecHostNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                               const NPU_HOST_NODE_PARAMS *parameters) {
  return call("cuGraphExecHostNodeSetParams", [&] {
    return done(npuGraphExecHostNodeSetParams(
        exec, node, reinterpret_cast<const npuHostNodeParams *>(parameters)));
  });
}

npudrv_result npudrvGraphExecChildGraphNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                                     npudrv_graph child) {
  return call("cuGraphExecChildGraphNodeSetParams",
              [&] { return done(npuGraphExecChildGraphNodeSetParams(exec, node, child)); });
}

npudrv_result npudrvGraphExecEventRecordNodeSetEvent(npudrv_graphExec exec, npudrv_graphNode node,
                                                     npudrv_event event) {
  return call("cuGraphExecEventRecordNodeSetEvent",
              [&] { return done(npuGraphExecEventRecordNodeSetEvent(exec, node, event)); });
}

npudrv_result npudrvGraphExecEventWaitNodeSetEvent(npudrv_graphExec exec, npudrv_graphNode node,
                                                   npudrv_event event) {
  return call("cuGraphExecEventWaitNodeSetEvent",
              [&] { return done(npuGraphExecEventWaitNodeSetEvent(exec, node, event)); });
}

} // extern "C"
