// Executable graphs: a copy of a graph, its nodes in an order that runs them, each with its command
// ready. Functions here take graphMutex() themselves.
#pragma once

#include "graph.h"

namespace npu::core {

Status instantiate(npuGraph_t graph, unsigned long long flags, npuGraphExec_t *exec,
                   npuGraphInstantiateResult &result, npuGraphNode_t &errorNode);
Status destroyExec(npuGraphExec_t exec);
Status execFlags(npuGraphExec_t exec, unsigned long long *flags);
Status launchGraph(npuGraphExec_t exec, npuStream_t stream);
Status checkUpload(npuGraphExec_t exec, npuStream_t stream);
Status updateExec(npuGraphExec_t exec, npuGraph_t graph, npuGraphExecUpdateResultInfo &result);
// Gives the node that was made from `node` other parameters: `set` fills a node of the same type.
Status setExecNode(npuGraphExec_t exec, npuGraphNode_t node, npuGraphNodeType type,
                   const std::function<Status(GraphNode &)> &set);
Status setExecChild(npuGraphExec_t exec, npuGraphNode_t node, npuGraph_t child);
Status enableExecNode(npuGraphExec_t exec, npuGraphNode_t node, bool enabled);
Status isExecNodeEnabled(npuGraphExec_t exec, npuGraphNode_t node, bool &enabled);

} // namespace npu::core
