// Graphs: the runtime's handles. Structure; nodes in graph_nodes.cpp, running in graph_exec.cpp.
// Every edge is a full dependency, which is stronger than a programmatic one; what is read back
// says so.
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

void plainEdges(npudrv_graphEdgeData *edges, const size_t *count) {
  if (edges)
    for (size_t i = 0; i < *count; ++i)
      edges[i] = {};
}

} // namespace

extern "C" {

npudrv_result npudrvGraphCreate(npudrv_graph *graph, unsigned int flags) {
  return call("cuGraphCreate", [&] { return done(npuGraphCreate(graph, flags)); });
}

npudrv_result npudrvGraphDestroy(npudrv_graph graph) {
  return call("cuGraphDestroy", [&] { return done(npuGraphDestroy(graph)); });
}

npudrv_result npudrvGraphClone(npudrv_graph *clone, npudrv_graph original) {
  return call("cuGraphClone", [&] { return done(npuGraphClone(clone, original)); });
}

npudrv_result npudrvGraphNodeFindInClone(npudrv_graphNode *node, npudrv_graphNode original,
                                         npudrv_graph clone) {
  return call("cuGraphNodeFindInClone",
              [&] { return done(npuGraphNodeFindInClone(node, original, clone)); });
}

npudrv_result npudrvGraphGetNodes(npudrv_graph graph, npudrv_graphNode *nodes, size_t *count) {
  return call("cuGraphGetNodes", [&] { return done(npuGraphGetNodes(graph, nodes, count)); });
}

npudrv_result npudrvGraphGetRootNodes(npudrv_graph graph, npudrv_graphNode *nodes, size_t *count) {
  return call("cuGraphGetRootNodes",
              [&] { return done(npuGraphGetRootNodes(graph, nodes, count)); });
}

npudrv_result npudrvGraphGetEdges(npudrv_graph graph, npudrv_graphNode *from, npudrv_graphNode *to,
                                  size_t *count) {
  return call("cuGraphGetEdges", [&] { return done(npuGraphGetEdges(graph, from, to, count)); });
}

npudrv_result npudrvGraphGetEdges_v2(npudrv_graph graph, npudrv_graphNode *from,
                                     npudrv_graphNode *to, npudrv_graphEdgeData *edges,
                                     size_t *count) {
  return call("cuGraphGetEdges_v2", [&] {
    Status status = done(npuGraphGetEdges(graph, from, to, count));
    if (status)
      plainEdges(edges, count);
    return status;
  });
}

npudrv_result npudrvGraphNodeGetDependencies(npudrv_graphNode node, npudrv_graphNode *dependencies,
                                             size_t *count) {
  return call("cuGraphNodeGetDependencies",
              [&] { return done(npuGraphNodeGetDependencies(node, dependencies, count)); });
}

npudrv_result npudrvGraphNodeGetDependencies_v2(npudrv_graphNode node,
                                                npudrv_graphNode *dependencies,
                                                npudrv_graphEdgeData *edges, size_t *count) {
  return call("cuGraphNodeGetDependencies_v2", [&] {
    Status status = done(npuGraphNodeGetDependencies(node, dependencies, count));
    if (status)
      plainEdges(edges, count);
    return status;
  });
}

npudrv_result npudrvGraphNodeGetDependentNodes(npudrv_graphNode node, npudrv_graphNode *dependents,
                                               size_t *count) {
  return call("cuGraphNodeGetDependentNodes",
              [&] { return done(npuGraphNodeGetDependentNodes(node, dependents, count)); });
}

npudrv_result npudrvGraphNodeGetDependentNodes_v2(npudrv_graphNode node,
                                                  npudrv_graphNode *dependents,
                                                  npudrv_graphEdgeData *edges, size_t *count) {
  return call("cuGraphNodeGetDependentNodes_v2", [&] {
    Status status = done(npuGraphNodeGetDependentNodes(node, dependents, count));
    if (status)
      plainEdges(edges, count);
    return status;
  });
}

npudrv_result npudrvGraphAddDependencies(npudrv_graph graph, const npudrv_graphNode *from,
                                         const npudrv_graphNode *to, size_t count) {
  return call("cuGraphAddDependencies",
              [&] { return done(npuGraphAddDependencies(graph, from, to, count)); });
}

npudrv_result npudrvGraphAddDependencies_v2(npudrv_graph graph, const npudrv_graphNode *from,
                                            const npudrv_graphNode *to,
                                            const npudrv_graphEdgeData *, size_t count) {
  return call("cuGraphAddDependencies_v2",
              [&] { return done(npuGraphAddDependencies(graph, from, to, count)); });
}

npudrv_result npudrvGraphRemoveDependencies(npudrv_graph graph, const npudrv_graphNode *from,
                                            const npudrv_graphNode *to, size_t count) {
  return call("cuGraphRemoveDependencies",
              [&] { return done(npuGraphRemoveDependencies(graph, from, to, count)); });
}

npudrv_result npudrvGraphRemoveDependencies_v2(npudrv_graph graph, const npudrv_graphNode *from,
                                               const npudrv_graphNode *to,
                                               const npudrv_graphEdgeData *, size_t count) {
  return call("cuGraphRemoveDependencies_v2",
              [&] { return done(npuGraphRemoveDependencies(graph, from, to, count)); });
}

npudrv_result npudrvGraphDestroyNode(npudrv_graphNode node) {
  return call("cuGraphDestroyNode", [&] { return done(npuGraphDestroyNode(node)); });
}

npudrv_result npudrvGraphNodeGetType(npudrv_graphNode node, npudrv_graphNodeType *type) {
  return call("cuGraphNodeGetType", [&] {
    return done(npuGraphNodeGetType(node, reinterpret_cast<npuGraphNodeType *>(type)));
  });
}

npudrv_result npudrvGraphDebugDotPrint(npudrv_graph graph, const char *path, unsigned int flags) {
  return call("cuGraphDebugDotPrint",
              [&] { return done(npuGraphDebugDotPrint(graph, path, flags)); });
}

npudrv_result npudrvGraphConditionalHandleCreate(npudrv_graphConditionalHandle *handle,
                                                 npudrv_graph graph, npudrv_context,
                                                 unsigned int initial, unsigned int flags) {
  return call("cuGraphConditionalHandleCreate", [&] {
    npuGraphConditionalHandle made = 0;
    if (!handle)
      return Status(npuErrorInvalidValue, "the result is null");
    Status status = done(npuGraphConditionalHandleCreate(&made, graph, initial, flags));
    if (status)
      *handle = made;
    return status;
  });
}

npudrv_result npudrvDeviceGraphMemTrim(npudrv_device device) {
  return call("cuDeviceGraphMemTrim", [&] { return done(npuDeviceGraphMemTrim(device)); });
}

npudrv_result npudrvDeviceGetGraphMemAttribute(npudrv_device device,
                                               npudrv_graphMem_attribute attribute, void *value) {
  return call("cuDeviceGetGraphMemAttribute", [&] {
    return done(npuDeviceGetGraphMemAttribute(device, npuGraphMemAttributeType(attribute), value));
  });
}

npudrv_result npudrvDeviceSetGraphMemAttribute(npudrv_device device,
                                               npudrv_graphMem_attribute attribute, void *value) {
  return call("cuDeviceSetGraphMemAttribute", [&] {
    return done(npuDeviceSetGraphMemAttribute(device, npuGraphMemAttributeType(attribute), value));
  });
}

npudrv_result npudrvUserObjectCreate(npudrv_userObject *object, void *pointer,
                                     npudrv_hostFn destroy, unsigned int references,
                                     unsigned int flags) {
  return call("cuUserObjectCreate", [&] {
    return done(npuUserObjectCreate(object, pointer, destroy, references, flags));
  });
}

npudrv_result npudrvUserObjectRetain(npudrv_userObject object, unsigned int count) {
  return call("cuUserObjectRetain", [&] { return done(npuUserObjectRetain(object, count)); });
}

npudrv_result npudrvUserObjectRelease(npudrv_userObject object, unsigned int count) {
  return call("cuUserObjectRelease", [&] { return done(npuUserObjectRelease(object, count)); });
}

npudrv_result npudrvGraphRetainUserObject(npudrv_graph graph, npudrv_userObject object,
                                          unsigned int count, unsigned int flags) {
  return call("cuGraphRetainUserObject",
              [&] { return done(npuGraphRetainUserObject(graph, object, count, flags)); });
}

npudrv_result npudrvGraphReleaseUserObject(npudrv_graph graph, npudrv_userObject object,
                                           unsigned int count) {
  return call("cuGraphReleaseUserObject",
              [&] { return done(npuGraphReleaseUserObject(graph, object, count)); });
}

} // extern "C"
