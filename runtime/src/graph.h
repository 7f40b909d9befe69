// Graphs: commands with dependencies, built by calls or by capturing streams, and run any number of
// times. Structure in graph.cpp, nodes in graph_nodes.cpp, running in graph_exec.cpp, capture in
// graph_capture.cpp, memory of allocation nodes in graph_memory.cpp.
//
// Thread rule: one lock, graphMutex(), guards every graph, node and capture. The functions here are
// called with it held unless they say otherwise; nothing that waits is called under it.
#pragma once

#include "graph_memory.h"
#include "stream.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace npu::core {

struct Condition;   // graph_conditional.h
struct Conditional; // the same
struct Graph;
struct UserObject;

struct GraphNode {
  npuGraphNodeType type = npuGraphNodeTypeEmpty;
  Graph *graph = nullptr;
  uint64_t id = 0;
  const GraphNode *original = nullptr; // of a clone's node
  std::vector<GraphNode *> before;     // its dependencies, without repetition

  // What runs; null for nodes that only order. Shared with launches in flight, so replaced and
  // never changed.
  std::shared_ptr<const Command> command;
  std::shared_ptr<void> keepAlive;
  bool enabled = true; // of an executable graph's node

  // What the API tells of the node, by its type.
  const void *function = nullptr; // kernel; null: a library's operation
  std::vector<void *> parameters; // kernel: into the command's arguments
  std::map<int, npuLaunchAttributeValue> attributes;
  npuMemcpy3DParms copy = {};
  npuMemsetParams fill = {};
  npuHostNodeParams host = {};
  npuEvent_t event = nullptr;
  std::unique_ptr<Graph> child;
  std::shared_ptr<Conditional> conditional;
  std::shared_ptr<GraphMemory> memory; // allocation node
  npuMemAllocNodeParams allocation = {};
  void *freed = nullptr; // free node
};

struct Graph {
  Graph() = default;
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;
  ~Graph(); // releases its user objects: not under the lock

  uint64_t id = 0;
  bool isChild = false;                          // belongs to a node
  std::vector<std::unique_ptr<GraphNode>> nodes; // in order of creation
  std::map<UserObject *, unsigned> objects;
  std::vector<std::shared_ptr<Condition>> conditions;
};

std::mutex &graphMutex();

inline npuGraph_t handleOf(Graph *graph) { return reinterpret_cast<npuGraph_t>(graph); }
inline npuGraphNode_t handleOf(GraphNode *node) { return reinterpret_cast<npuGraphNode_t>(node); }
// Live graphs and nodes by handle; else npuErrorInvalidValue.
Status findGraph(npuGraph_t handle, Graph *&graph);
Status findNode(npuGraphNode_t handle, GraphNode *&node);
Status findNode(npuGraphNode_t handle, npuGraphNodeType type, GraphNode *&node);

// Makes a graph's handle, its nodes' and its children's valid or invalid.
void publish(Graph &graph);
void withdraw(Graph &graph);
std::unique_ptr<Graph> makeGraph();
// A live graph, kept until destroyGraph().
Graph *keepGraph(std::unique_ptr<Graph> graph);
// Takes it out of the tables; the caller destroys it without the lock.
Status takeGraph(npuGraph_t handle, std::unique_ptr<Graph> &graph);
std::unique_ptr<Graph> cloneGraph(const Graph &graph);

// Appends a node; `dependencies` are of this graph.
GraphNode *addNode(Graph &graph, std::unique_ptr<GraphNode> node,
                   std::vector<GraphNode *> dependencies);
Status addNode(npuGraph_t graph, const npuGraphNode_t *dependencies, size_t count,
               std::unique_ptr<GraphNode> node, npuGraphNode_t *result);
Status addEdges(npuGraph_t graph, const npuGraphNode_t *from, const npuGraphNode_t *to,
                size_t count);
Status removeEdges(npuGraph_t graph, const npuGraphNode_t *from, const npuGraphNode_t *to,
                   size_t count);
Status removeNode(npuGraphNode_t node, std::unique_ptr<GraphNode> &removed);
std::vector<GraphNode *> dependentsOf(const GraphNode &node);
// Dependencies first, otherwise in order of creation; false: there is a cycle.
bool sortNodes(const Graph &graph, std::vector<GraphNode *> &order);

// Fill `node` from the API's parameters, checked; graph_nodes.cpp.
Status setKernel(GraphNode &node, const npuKernelNodeParams *parameters);
Status setCopy(GraphNode &node, const npuMemcpy3DParms *parameters);
Status setCopy(GraphNode &node, void *dst, const void *src, size_t bytes, npuMemcpyKind kind);
Status setCopyToSymbol(GraphNode &node, const void *symbol, const void *src, size_t bytes,
                       size_t offset, npuMemcpyKind kind);
Status setCopyFromSymbol(GraphNode &node, void *dst, const void *symbol, size_t bytes,
                         size_t offset, npuMemcpyKind kind);
Status setFill(GraphNode &node, const npuMemsetParams *parameters);
Status setHost(GraphNode &node, const npuHostNodeParams *parameters);
Status setEvent(GraphNode &node, npuGraphNodeType type, npuEvent_t event);
Status setChild(GraphNode &node, npuGraph_t child);
Status setAllocation(GraphNode &node, npuMemAllocNodeParams *parameters);
Status setFree(GraphNode &node, void *pointer);
Status setAny(GraphNode &node, npuGraphNodeParams *parameters);
// From a command that a capturing stream was given.
Status setCaptured(GraphNode &node, Command command, Submission submission);
Status kernelParameters(GraphNode &node, npuKernelNodeParams &result);
// The same kernel with the same parameters, launched as the node's attributes say now.
Status prepareAgain(GraphNode &node);
// Places for blocks (turns_service.cpp) are one node's: its clone may run at the same time.
void shareNoPlaces(GraphNode &clone);
// What changes when a node is given another's parameters: all but place and identity.
void takeParameters(GraphNode &node, GraphNode &from);
const char *nodeTypeName(npuGraphNodeType type);

// Without the lock.
Status writeDot(npuGraph_t graph, const char *path, unsigned flags);

// User objects, with a lock of their own: without graphMutex().
Status createUserObject(npuUserObject_t *object, void *pointer, npuHostFn_t destroy,
                        unsigned references, unsigned flags);
Status retainUserObject(npuUserObject_t object, unsigned count);
Status releaseUserObject(npuUserObject_t object, unsigned count);
Status graphRetains(npuGraph_t graph, npuUserObject_t object, unsigned count, unsigned flags);
Status graphReleases(npuGraph_t graph, npuUserObject_t object, unsigned count);
// A clone holds what its original holds.
void shareObjects(const Graph &from, Graph &to);

} // namespace npu::core
