// Conditional nodes of graphs: their conditions, and how a launch runs their bodies.
//
// A condition is a word that kernels write (npuGraphSetConditional); its handle is the word's
// address. What a launch does with a conditional node is one command of the stream's worker, which
// reads the word when the stream gets there and then runs the body's commands one after the other.
#pragma once

#include "graph.h"

namespace npu::core {

struct Condition {
  ~Condition();
  unsigned *value = nullptr; // in memory that kernels reach
  unsigned initial = 0;
  bool assigns = false;             // `initial` at each launch of the graph
  std::atomic<bool> used = {false}; // by a node
};

// A conditional node's own, shared by its clones but for the bodies.
struct Conditional {
  std::shared_ptr<Condition> condition;
  npuGraphConditionalNodeType type = npuGraphCondTypeIf;
  std::vector<std::unique_ptr<Graph>> bodies;
  std::vector<npuGraph_t> handles; // of the bodies, for the program
};

// Under graphMutex().
Status createCondition(npuGraph_t graph, unsigned initial, unsigned flags,
                       npuGraphConditionalHandle *handle);
Status setConditional(GraphNode &node, npuConditionalNodeParams &parameters);
std::shared_ptr<Conditional> cloneConditional(const Conditional &conditional);
// A node's graphs: a child, or bodies.
std::vector<Graph *> graphsOf(const GraphNode &node);

// What an executable graph checks and launches. `conditions` gets those of the whole graph.
Status checkConditionals(const Graph &graph, std::vector<std::shared_ptr<Condition>> &conditions,
                         npuGraphInstantiateResult &outcome, const GraphNode *&failed);
// A command that gives conditions the values with which each launch begins.
Command assignConditions(const std::vector<std::shared_ptr<Condition>> &conditions);
// A command that does what the node says, as the graph is now.
Status conditionalCommand(const GraphNode &node, Command &command);

} // namespace npu::core
