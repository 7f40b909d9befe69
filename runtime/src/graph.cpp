// The structure of graphs; see graph.h.
#include "graph.h"

#include "graph_conditional.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace npu::core {
namespace {

// Never destroyed: programs destroy graphs in static destructors. Under graphMutex().
struct Tables {
  std::unordered_map<const void *, std::unique_ptr<Graph>> kept; // graphs without a parent node
  std::unordered_set<const void *> graphs, nodes;                // live handles
  uint64_t lastId = 0;
};
Tables &tables() {
  static Tables &instance = *new Tables;
  return instance;
}

Status noGraph() { return Status(npuErrorInvalidValue, "this is not a graph, or it is destroyed"); }

bool contains(const std::vector<GraphNode *> &list, const GraphNode *node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

Status findNodes(const Graph &graph, const npuGraphNode_t *handles, size_t count,
                 std::vector<GraphNode *> &nodes) {
  if (count && !handles)
    return Status(npuErrorInvalidValue, "the nodes are null");
  for (size_t i = 0; i < count; ++i) {
    GraphNode *node = nullptr;
    if (Status status = findNode(handles[i], node); !status)
      return status;
    if (node->graph != &graph)
      return Status(npuErrorInvalidValue, "a node is of another graph");
    nodes.push_back(node);
  }
  return {};
}

} // namespace

std::mutex &graphMutex() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}

Status findGraph(npuGraph_t handle, Graph *&graph) {
  if (!tables().graphs.count(handle))
    return noGraph();
  graph = reinterpret_cast<Graph *>(handle);
  return {};
}

Status findNode(npuGraphNode_t handle, GraphNode *&node) {
  if (!tables().nodes.count(handle))
    return Status(npuErrorInvalidValue, "this is not a graph node, or it is destroyed");
  node = reinterpret_cast<GraphNode *>(handle);
  return {};
}

Status findNode(npuGraphNode_t handle, npuGraphNodeType type, GraphNode *&node) {
  if (Status status = findNode(handle, node); !status)
    return status;
  return node->type == type
             ? Status()
             : Status(npuErrorInvalidValue, std::string("this is a ") + nodeTypeName(node->type) +
                                                " node, not a " + nodeTypeName(type) + " node");
}

void publish(Graph &graph) {
  tables().graphs.insert(&graph);
  for (const auto &node : graph.nodes) {
    tables().nodes.insert(node.get());
    for (Graph *inner : graphsOf(*node))
      publish(*inner);
  }
}

void withdraw(Graph &graph) {
  tables().graphs.erase(&graph);
  for (const auto &node : graph.nodes) {
    tables().nodes.erase(node.get());
    for (Graph *inner : graphsOf(*node))
      withdraw(*inner);
  }
}

std::unique_ptr<Graph> makeGraph() {
  auto graph = std::make_unique<Graph>();
  graph->id = ++tables().lastId;
  return graph;
}

Graph *keepGraph(std::unique_ptr<Graph> graph) {
  Graph *result = graph.get();
  publish(*result);
  tables().kept[result] = std::move(graph);
  return result;
}

Status takeGraph(npuGraph_t handle, std::unique_ptr<Graph> &graph) {
  const auto found = tables().kept.find(handle);
  if (found == tables().kept.end())
    return noGraph();
  graph = std::move(found->second);
  tables().kept.erase(found);
  withdraw(*graph);
  return {};
}

std::unique_ptr<Graph> cloneGraph(const Graph &graph) {
  auto clone = makeGraph();
  clone->conditions = graph.conditions;
  std::unordered_map<const GraphNode *, GraphNode *> copies;
  for (const auto &node : graph.nodes) {
    auto copy = std::make_unique<GraphNode>();
    copy->type = node->type;
    copy->graph = clone.get();
    copy->id = ++tables().lastId;
    copy->original = node.get();
    copy->command = node->command;
    copy->keepAlive = node->keepAlive;
    copy->function = node->function;
    copy->parameters = node->parameters;
    copy->attributes = node->attributes;
    shareNoPlaces(*copy);
    copy->copy = node->copy;
    copy->fill = node->fill;
    copy->host = node->host;
    copy->event = node->event;
    copy->memory = node->memory;
    copy->allocation = node->allocation;
    copy->freed = node->freed;
    if (node->child) {
      copy->child = cloneGraph(*node->child);
      copy->child->isChild = true;
    }
    if (node->conditional)
      copy->conditional = cloneConditional(*node->conditional);
    copies[node.get()] = copy.get();
    clone->nodes.push_back(std::move(copy));
  }
  // A dependency may have been made later than its dependent.
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    for (GraphNode *dependency : graph.nodes[i]->before)
      clone->nodes[i]->before.push_back(copies.at(dependency));
  shareObjects(graph, *clone);
  return clone;
}

GraphNode *addNode(Graph &graph, std::unique_ptr<GraphNode> node,
                   std::vector<GraphNode *> dependencies) {
  GraphNode *result = node.get();
  node->graph = &graph;
  node->id = ++tables().lastId;
  node->before = std::move(dependencies);
  graph.nodes.push_back(std::move(node));
  tables().nodes.insert(result);
  for (Graph *inner : graphsOf(*result))
    publish(*inner);
  return result;
}

Status addNode(npuGraph_t handle, const npuGraphNode_t *dependencies, size_t count,
               std::unique_ptr<GraphNode> node, npuGraphNode_t *result) {
  Graph *graph = nullptr;
  if (!result)
    return Status(npuErrorInvalidValue, "the result is null");
  if (Status status = findGraph(handle, graph); !status)
    return status;
  std::vector<GraphNode *> before;
  if (Status status = findNodes(*graph, dependencies, count, before); !status)
    return status;
  for (size_t i = 0; i < before.size(); ++i)
    if (std::find(before.begin() + long(i) + 1, before.end(), before[i]) != before.end())
      return Status(npuErrorInvalidValue, "a dependency is named twice");
  *result = handleOf(addNode(*graph, std::move(node), std::move(before)));
  return {};
}

Status addEdges(npuGraph_t handle, const npuGraphNode_t *from, const npuGraphNode_t *to,
                size_t count) {
  Graph *graph = nullptr;
  std::vector<GraphNode *> starts, ends;
  if (Status status = findGraph(handle, graph); !status)
    return status;
  if (Status status = findNodes(*graph, from, count, starts); !status)
    return status;
  if (Status status = findNodes(*graph, to, count, ends); !status)
    return status;
  for (size_t i = 0; i < count; ++i)
    if (starts[i] == ends[i] || contains(ends[i]->before, starts[i]))
      return Status(npuErrorInvalidValue, "the dependency exists already, or is on itself");
  for (size_t i = 0; i < count; ++i)
    if (!contains(ends[i]->before, starts[i]))
      ends[i]->before.push_back(starts[i]);
  return {};
}

Status removeEdges(npuGraph_t handle, const npuGraphNode_t *from, const npuGraphNode_t *to,
                   size_t count) {
  Graph *graph = nullptr;
  std::vector<GraphNode *> starts, ends;
  if (Status status = findGraph(handle, graph); !status)
    return status;
  if (Status status = findNodes(*graph, from, count, starts); !status)
    return status;
  if (Status status = findNodes(*graph, to, count, ends); !status)
    return status;
  for (size_t i = 0; i < count; ++i)
    if (!contains(ends[i]->before, starts[i]))
      return Status(npuErrorInvalidValue, "there is no such dependency");
  for (size_t i = 0; i < count; ++i) {
    auto &before = ends[i]->before;
    before.erase(std::remove(before.begin(), before.end(), starts[i]), before.end());
  }
  return {};
}

Status removeNode(npuGraphNode_t handle, std::unique_ptr<GraphNode> &removed) {
  GraphNode *node = nullptr;
  if (Status status = findNode(handle, node); !status)
    return status;
  if (node->type == npuGraphNodeTypeMemAlloc || node->type == npuGraphNodeTypeMemFree)
    return Status(npuErrorNotSupported, "allocation and free nodes cannot be taken out of a graph");
  auto &nodes = node->graph->nodes;
  for (const auto &other : nodes) {
    auto &before = other->before;
    before.erase(std::remove(before.begin(), before.end(), node), before.end());
  }
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const auto &owned) { return owned.get() == node; });
  removed = std::move(*found);
  nodes.erase(found);
  tables().nodes.erase(node);
  for (Graph *inner : graphsOf(*removed))
    withdraw(*inner);
  return {};
}

std::vector<GraphNode *> dependentsOf(const GraphNode &node) {
  std::vector<GraphNode *> result;
  for (const auto &other : node.graph->nodes)
    if (contains(other->before, &node))
      result.push_back(other.get());
  return result;
}

bool sortNodes(const Graph &graph, std::vector<GraphNode *> &order) {
  std::unordered_map<const GraphNode *, size_t> open; // dependencies that are not in order yet
  std::unordered_map<const GraphNode *, std::vector<GraphNode *>> after;
  std::vector<GraphNode *> ready;
  for (const auto &node : graph.nodes) {
    open[node.get()] = node->before.size();
    for (const GraphNode *dependency : node->before)
      after[dependency].push_back(node.get());
    if (node->before.empty())
      ready.push_back(node.get());
  }
  const size_t first = order.size();
  for (size_t next = 0; next < ready.size(); ++next) {
    order.push_back(ready[next]);
    for (GraphNode *dependent : after[ready[next]])
      if (--open[dependent] == 0)
        ready.push_back(dependent);
  }
  return order.size() - first == graph.nodes.size();
}

} // namespace npu::core
