// Graphs and stream capture: structure.
#include "entry.h"

#include "graph_capture.h"
#include "graph_conditional.h"

#include <algorithm>

using namespace npu;
using namespace npu::core;

namespace {

// How lists are given out: with a null array their length; else as many as there is room for, the
// rest of the array null, and the number of those given.
Status give(const std::vector<GraphNode *> &nodes, npuGraphNode_t *array, size_t *count) {
  if (!count)
    return Status(npuErrorInvalidValue, "the count is null");
  if (!array) {
    *count = nodes.size();
    return {};
  }
  for (size_t i = 0; i < *count; ++i)
    array[i] = i < nodes.size() ? handleOf(nodes[i]) : nullptr;
  *count = std::min(*count, nodes.size());
  return {};
}

Status giveNodes(npuGraph_t handle, bool rootsOnly, npuGraphNode_t *array, size_t *count) {
  std::lock_guard<std::mutex> lock(graphMutex());
  Graph *graph = nullptr;
  if (Status status = findGraph(handle, graph); !status)
    return status;
  std::vector<GraphNode *> nodes;
  for (const auto &node : graph->nodes)
    if (!rootsOnly || node->before.empty())
      nodes.push_back(node.get());
  return give(nodes, array, count);
}

Status giveEdges(npuGraph_t handle, npuGraphNode_t *from, npuGraphNode_t *to, size_t *count) {
  std::lock_guard<std::mutex> lock(graphMutex());
  Graph *graph = nullptr;
  if (Status status = findGraph(handle, graph); !status)
    return status;
  std::vector<GraphNode *> starts, ends;
  for (const auto &node : graph->nodes)
    for (GraphNode *before : node->before) {
      starts.push_back(before);
      ends.push_back(node.get());
    }
  if (!count || !from != !to)
    return Status(npuErrorInvalidValue, "the count or one of the arrays is null");
  size_t room = *count;
  if (Status status = give(starts, from, &room); !status)
    return status;
  return give(ends, to, count);
}

Status createGraph(npuGraph_t *graph, unsigned flags) {
  if (!graph || flags)
    return Status(npuErrorInvalidValue, graph ? "the flags must be 0" : "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  *graph = handleOf(keepGraph(makeGraph()));
  return {};
}

Status destroyGraph(npuGraph_t graph) {
  std::unique_ptr<Graph> taken; // destroyed without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  Status status = takeGraph(graph, taken);
  if (status)
    forgetCapturesInto(*taken);
  return status;
}

Status copyGraph(npuGraph_t *result, npuGraph_t original) {
  if (!result)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  Graph *graph = nullptr;
  if (Status status = findGraph(original, graph); !status)
    return status;
  for (const auto &node : graph->nodes)
    if (node->type == npuGraphNodeTypeMemAlloc || node->type == npuGraphNodeTypeMemFree)
      return Status(npuErrorNotSupported, "graphs with allocation or free nodes cannot be cloned");
  *result = handleOf(keepGraph(cloneGraph(*graph)));
  return {};
}

Status findInClone(npuGraphNode_t *result, npuGraphNode_t original, npuGraph_t cloneHandle) {
  if (!result)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  Graph *graph = nullptr;
  GraphNode *node = nullptr;
  if (Status status = findGraph(cloneHandle, graph); !status)
    return status;
  if (Status status = findNode(original, node); !status)
    return status;
  for (const auto &candidate : graph->nodes)
    if (candidate->original == node) {
      *result = handleOf(candidate.get());
      return {};
    }
  return Status(npuErrorInvalidValue, "the graph is not a clone of this node's graph");
}

Status destroyNode(npuGraphNode_t node) {
  std::unique_ptr<GraphNode> removed; // destroyed without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  Status status = removeNode(node, removed);
  if (status)
    forgetCapturesInto(*removed->graph);
  return status;
}

Status neighbours(npuGraphNode_t handle, bool before, npuGraphNode_t *array, size_t *count) {
  std::lock_guard<std::mutex> lock(graphMutex());
  GraphNode *node = nullptr;
  if (Status status = findNode(handle, node); !status)
    return status;
  return give(before ? node->before : dependentsOf(*node), array, count);
}

Status typeOf(npuGraphNode_t handle, npuGraphNodeType *type) {
  if (!type)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  GraphNode *node = nullptr;
  if (Status status = findNode(handle, node); !status)
    return status;
  *type = node->type;
  return {};
}

} // namespace

extern "C" {

npuError_t npuStreamBeginCapture(npuStream_t stream, npuStreamCaptureMode mode) {
  return entry("npuStreamBeginCapture", trace(stream, mode),
               [&] { return beginCapture(stream, mode, nullptr, nullptr, 0); });
}

npuError_t npuStreamBeginCaptureToGraph(npuStream_t stream, npuGraph_t graph,
                                        const npuGraphNode_t *dependencies,
                                        const npuGraphEdgeData *edges, size_t count,
                                        npuStreamCaptureMode mode) {
  return entry("npuStreamBeginCaptureToGraph",
               trace(stream, graph, dependencies, edges, count, mode), [&] {
                 if (!graph)
                   return Status(npuErrorInvalidValue, "there is no graph");
                 return beginCapture(stream, mode, graph, dependencies, count);
               });
}

npuError_t npuStreamEndCapture(npuStream_t stream, npuGraph_t *graph) {
  return entry("npuStreamEndCapture", trace(stream, graph),
               [&] { return endCapture(stream, graph); });
}

npuError_t npuStreamIsCapturing(npuStream_t stream, npuStreamCaptureStatus *status) {
  return entry("npuStreamIsCapturing", trace(stream, status),
               [&] { return captureStatus(stream, status); });
}

npuError_t npuStreamGetCaptureInfo(npuStream_t stream, npuStreamCaptureStatus *status,
                                   unsigned long long *id, npuGraph_t *graph,
                                   const npuGraphNode_t **dependencies, size_t *count) {
  return entry("npuStreamGetCaptureInfo", trace(stream, status, id, graph, dependencies, count),
               [&] { return captureInformation(stream, status, id, graph, dependencies, count); });
}

npuError_t npuStreamUpdateCaptureDependencies(npuStream_t stream, npuGraphNode_t *dependencies,
                                              size_t count, unsigned int flags) {
  return entry("npuStreamUpdateCaptureDependencies", trace(stream, dependencies, count, flags),
               [&] { return updateCaptureDependencies(stream, dependencies, count, flags); });
}

npuError_t npuThreadExchangeStreamCaptureMode(npuStreamCaptureMode *mode) {
  return entry("npuThreadExchangeStreamCaptureMode", trace(mode), [&] {
    if (!mode || unsigned(*mode) > npuStreamCaptureModeRelaxed)
      return Status(npuErrorInvalidValue, "unknown capture mode");
    *mode = exchangeCaptureMode(*mode);
    return Status();
  });
}

npuError_t npuGraphCreate(npuGraph_t *graph, unsigned int flags) {
  return entry("npuGraphCreate", trace(graph, flags), [&] { return createGraph(graph, flags); });
}

npuError_t npuGraphConditionalHandleCreate(npuGraphConditionalHandle *handle, npuGraph_t graph,
                                           unsigned int initial, unsigned int flags) {
  return entry("npuGraphConditionalHandleCreate", trace(handle, graph, initial, flags), [&] {
    std::lock_guard<std::mutex> lock(graphMutex());
    return createCondition(graph, initial, flags, handle);
  });
}

npuError_t npuGraphDestroy(npuGraph_t graph) {
  return entry("npuGraphDestroy", trace(graph), [&] { return destroyGraph(graph); });
}

npuError_t npuGraphClone(npuGraph_t *clone, npuGraph_t original) {
  return entry("npuGraphClone", trace(clone, original), [&] { return copyGraph(clone, original); });
}

npuError_t npuGraphNodeFindInClone(npuGraphNode_t *node, npuGraphNode_t original,
                                   npuGraph_t clone) {
  return entry("npuGraphNodeFindInClone", trace(node, original, clone),
               [&] { return findInClone(node, original, clone); });
}

npuError_t npuGraphGetNodes(npuGraph_t graph, npuGraphNode_t *nodes, size_t *count) {
  return entry("npuGraphGetNodes", trace(graph, nodes, count),
               [&] { return giveNodes(graph, false, nodes, count); });
}

npuError_t npuGraphGetRootNodes(npuGraph_t graph, npuGraphNode_t *nodes, size_t *count) {
  return entry("npuGraphGetRootNodes", trace(graph, nodes, count),
               [&] { return giveNodes(graph, true, nodes, count); });
}

npuError_t npuGraphGetEdges(npuGraph_t graph, npuGraphNode_t *from, npuGraphNode_t *to,
                            size_t *count) {
  return entry("npuGraphGetEdges", trace(graph, from, to, count),
               [&] { return giveEdges(graph, from, to, count); });
}

npuError_t npuGraphNodeGetDependencies(npuGraphNode_t node, npuGraphNode_t *dependencies,
                                       size_t *count) {
  return entry("npuGraphNodeGetDependencies", trace(node, dependencies, count),
               [&] { return neighbours(node, true, dependencies, count); });
}

npuError_t npuGraphNodeGetDependentNodes(npuGraphNode_t node, npuGraphNode_t *dependents,
                                         size_t *count) {
  return entry("npuGraphNodeGetDependentNodes", trace(node, dependents, count),
               [&] { return neighbours(node, false, dependents, count); });
}

npuError_t npuGraphAddDependencies(npuGraph_t graph, const npuGraphNode_t *from,
                                   const npuGraphNode_t *to, size_t count) {
  return entry("npuGraphAddDependencies", trace(graph, from, to, count), [&] {
    std::lock_guard<std::mutex> lock(graphMutex());
    return addEdges(graph, from, to, count);
  });
}

npuError_t npuGraphRemoveDependencies(npuGraph_t graph, const npuGraphNode_t *from,
                                      const npuGraphNode_t *to, size_t count) {
  return entry("npuGraphRemoveDependencies", trace(graph, from, to, count), [&] {
    std::lock_guard<std::mutex> lock(graphMutex());
    return removeEdges(graph, from, to, count);
  });
}

npuError_t npuGraphDestroyNode(npuGraphNode_t node) {
  return entry("npuGraphDestroyNode", trace(node), [&] { return destroyNode(node); });
}

npuError_t npuGraphNodeGetType(npuGraphNode_t node, npuGraphNodeType *type) {
  return entry("npuGraphNodeGetType", trace(node, type), [&] { return typeOf(node, type); });
}

npuError_t npuGraphDebugDotPrint(npuGraph_t graph, const char *path, unsigned int flags) {
  return entry("npuGraphDebugDotPrint", trace(graph, path, flags),
               [&] { return writeDot(graph, path, flags); });
}

} // extern "C"
