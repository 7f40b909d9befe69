// Graphs: the runtime's handles, whose functions make the nodes.
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvGraphCreate(npudrv_graph *graph, unsigned int flags) {
  return call("cuGraphCreate", [&] { return done(npuGraphCreate(graph, flags)); });
}

npudrv_result npudrvGraphDestroy(npudrv_graph graph) {
  return call("cuGraphDestroy", [&] { return done(npuGraphDestroy(graph)); });
}

npudrv_result npudrvGraphGetNodes(npudrv_graph graph, npudrv_graphNode *nodes, size_t *count) {
  return call("cuGraphGetNodes", [&] { return done(npuGraphGetNodes(graph, nodes, count)); });
}

npudrv_result npudrvGraphGetRootNodes(npudrv_graph graph, npudrv_graphNode *nodes, size_t *count) {
  return call("cuGraphGetRootNodes",
              [&] { return done(npuGraphGetRootNodes(graph, nodes, count)); });
}

npudrv_result npudrvGraphInstantiateWithFlags(npudrv_graphExec *exec, npudrv_graph graph,
                                              unsigned long long flags) {
  return call("cuGraphInstantiateWithFlags",
              [&] { return done(npuGraphInstantiateWithFlags(exec, graph, flags)); });
}

npudrv_result npudrvGraphLaunch(npudrv_graphExec exec, npudrv_stream stream) {
  return call("cuGraphLaunch", [&] { return done(npuGraphLaunch(exec, stream)); });
}

npudrv_result npudrvGraphExecDestroy(npudrv_graphExec exec) {
  return call("cuGraphExecDestroy", [&] { return done(npuGraphExecDestroy(exec)); });
}

} // extern "C"
