// Names whose plain spelling, in the driver's library, is the function of the oldest version: the
// headers mean a later one by it. See cuda_names.c.
#include "npu/driver.h"

#include <string.h>

npudrv_result cuGetProcAddress(const char *symbol, void **function, int version, uint64_t flags) {
  return npudrvGetProcAddress(symbol, function, version, flags, NULL);
}

npudrv_result cuStreamBeginCapture(npudrv_stream stream) {
  return npudrvStreamBeginCapture(stream, NPUDRV_STREAM_CAPTURE_MODE_GLOBAL);
}

npudrv_result cuStreamGetCaptureInfo(npudrv_stream stream, npudrv_streamCaptureStatus *status,
                                     uint64_t *id) {
  return npudrvStreamGetCaptureInfo(stream, status, id, NULL, NULL, NULL);
}

npudrv_result cuGraphInstantiate(npudrv_graphExec *exec, npudrv_graph graph,
                                 npudrv_graphNode *errorNode, char *log, size_t logBytes) {
  return npudrvGraphInstantiate_v2(exec, graph, errorNode, log, logBytes);
}

npudrv_result cuGraphExecUpdate(npudrv_graphExec exec, npudrv_graph graph,
                                npudrv_graphNode *errorNode, npudrv_graphExecUpdateResult *result) {
  npudrv_graphExecUpdateResultInfo information;
  memset(&information, 0, sizeof information);
  const npudrv_result done = npudrvGraphExecUpdate(exec, graph, &information);
  if (errorNode)
    *errorNode = information.errorNode;
  if (result)
    *result = information.result;
  return done;
}

// Ended before `kern`.
static const size_t kFirstBytes = offsetof(NPU_KERNEL_NODE_PARAMS, kern);

static NPU_KERNEL_NODE_PARAMS whole(const void *first) {
  NPU_KERNEL_NODE_PARAMS parameters;
  memset(&parameters, 0, sizeof parameters);
  if (first)
    memcpy(&parameters, first, kFirstBytes);
  return parameters;
}

npudrv_result cuGraphAddKernelNode(npudrv_graphNode *node, npudrv_graph graph,
                                   const npudrv_graphNode *dependencies, size_t count,
                                   const void *parameters) {
  const NPU_KERNEL_NODE_PARAMS all = whole(parameters);
  return npudrvGraphAddKernelNode(node, graph, dependencies, count, parameters ? &all : NULL);
}

npudrv_result cuGraphKernelNodeGetParams(npudrv_graphNode node, void *parameters) {
  NPU_KERNEL_NODE_PARAMS all;
  const npudrv_result done = npudrvGraphKernelNodeGetParams(node, parameters ? &all : NULL);
  if (done == NPU_SUCCESS)
    memcpy(parameters, &all, kFirstBytes);
  return done;
}

npudrv_result cuGraphKernelNodeSetParams(npudrv_graphNode node, const void *parameters) {
  const NPU_KERNEL_NODE_PARAMS all = whole(parameters);
  return npudrvGraphKernelNodeSetParams(node, parameters ? &all : NULL);
}

npudrv_result cuGraphExecKernelNodeSetParams(npudrv_graphExec exec, npudrv_graphNode node,
                                             const void *parameters) {
  const NPU_KERNEL_NODE_PARAMS all = whole(parameters);
  return npudrvGraphExecKernelNodeSetParams(exec, node, parameters ? &all : NULL);
}
