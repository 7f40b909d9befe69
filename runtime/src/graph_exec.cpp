// See graph_exec.h. Nodes run one after the other in the stream of the launch: that is an order
// that CUDA allows, and each command has all cores anyway.
#include "graph_exec.h"

#include "event.h"
#include "graph_capture.h"
#include "graph_conditional.h"
#include "memory.h"
#include "memory_pool.h"

#include <algorithm>
#include <unordered_map>

namespace npu::core {
namespace {

struct Exec {
  std::unique_ptr<Graph> graph;
  std::unordered_map<const GraphNode *, GraphNode *> byOriginal;
  // Under graphMutex(): the nodes that do something, in order, and where commands run.
  struct Step {
    GraphNode *node = nullptr;
    GraphNode *outer = nullptr; // the node of the executable graph itself: it can be disabled
    Device *device = nullptr;   // null: chosen at each launch
  };
  std::vector<Step> steps;
  std::vector<std::shared_ptr<Condition>> conditions;
  unsigned long long flags = 0;
  Point last; // the latest launch: launches of one executable graph follow each other
};

// Never destroyed. Under graphMutex().
std::unordered_map<const void *, std::shared_ptr<Exec>> &execs() {
  static auto &instance = *new std::unordered_map<const void *, std::shared_ptr<Exec>>;
  return instance;
}

Status findExec(npuGraphExec_t handle, std::shared_ptr<Exec> &exec) {
  const auto found = execs().find(handle);
  if (found == execs().end())
    return Status(npuErrorInvalidValue, "this is not an executable graph, or it is destroyed");
  exec = found->second;
  return {};
}

Status findExecNode(npuGraphExec_t handle, npuGraphNode_t node, std::shared_ptr<Exec> &exec,
                    GraphNode *&own) {
  GraphNode *original = nullptr;
  if (Status status = findExec(handle, exec); !status)
    return status;
  if (Status status = findNode(node, original); !status)
    return status;
  const auto found = exec->byOriginal.find(original);
  if (found == exec->byOriginal.end())
    return Status(npuErrorInvalidValue, "the executable graph was not made from this node's graph");
  own = found->second;
  return {};
}

Status addSteps(Exec &exec, const Graph &graph, GraphNode *outer) {
  std::vector<GraphNode *> order;
  if (!sortNodes(graph, order))
    return Status(npuErrorInvalidValue, "the graph has a cycle");
  for (GraphNode *node : order) {
    if (node->child) {
      if (Status status = addSteps(exec, *node->child, outer ? outer : node); !status)
        return status;
    } else if (node->type != npuGraphNodeTypeEmpty) {
      exec.steps.push_back({node, outer ? outer : node, nullptr});
    }
  }
  return {};
}

// Chooses devices for what has changed. A tensor operation is prepared anew at each launch.
Status prepare(Exec &exec, GraphNode *&failed) {
  for (Exec::Step &step : exec.steps) {
    if (!step.node->command || std::holds_alternative<TensorOp>(*step.node->command))
      continue;
    Timeline::Item item;
    if (Status status = prepareItem(item, *step.node->command); !status) {
      failed = step.node;
      return status;
    }
    step.device = item.device;
  }
  return {};
}

Status rebuild(Exec &exec) {
  GraphNode *failed = nullptr;
  exec.steps.clear();
  if (Status status = addSteps(exec, *exec.graph, nullptr); !status)
    return status;
  return prepare(exec, failed);
}

Status checkMemory(const Exec &exec) {
  for (const Exec::Step &step : exec.steps)
    if (step.node->memory && isAllocated(*step.node->memory)) {
      if (!(exec.flags & npuGraphInstantiateFlagAutoFreeOnLaunch))
        return Status(npuErrorInvalidValue,
                      "memory that the graph's last launch allocated has not been freed; free it "
                      "or instantiate with npuGraphInstantiateFlagAutoFreeOnLaunch");
      std::shared_ptr<GraphMemory> same;
      if (Status status = setFreed(step.node->memory->pointer, same); !status)
        return status;
    }
  return {};
}

Status runMemoryNode(const GraphNode &node, Stream &stream) {
  if (node.memory) {
    setAllocated(node.memory);
    return {};
  }
  if (isGraphMemory(node.freed))
    return freeGraphMemory(node.freed, stream);
  return freeToPool(node.freed, {stream.timeline, stream.timeline->last()});
}

Status pushCommand(Command command, Stream &stream, bool follows) {
  Timeline::Item item;
  item.command = std::move(command);
  if (Status status = prepareItem(item, item.command); !status)
    return status;
  pushItem(stream, std::move(item), follows);
  return {};
}

Status runConditional(const GraphNode &node, Stream &stream, bool follows) {
  Command command = HostCall();
  if (Status status = conditionalCommand(node, command); !status)
    return status;
  return pushCommand(std::move(command), stream, follows);
}

Status runStep(const Exec::Step &step, Stream &stream, npuStream_t handle, bool follows) {
  const GraphNode &node = *step.node;
  switch (node.type) {
  case npuGraphNodeTypeEventRecord:
    return recordEvent(node.event, handle);
  case npuGraphNodeTypeWaitEvent:
    return waitForEvent(handle, node.event);
  case npuGraphNodeTypeMemAlloc:
  case npuGraphNodeTypeMemFree:
    return runMemoryNode(node, stream);
  case npuGraphNodeTypeConditional:
    return runConditional(node, stream, follows);
  default:
    break;
  }
  Timeline::Item item;
  item.keepAlive = node.keepAlive;
  if (const auto *op = std::get_if<TensorOp>(node.command.get())) {
    TensorOp fresh = *op;
    fresh.cost = std::make_shared<OpCost>();
    item.command = std::move(fresh);
    if (Status status = prepareItem(item, item.command); !status)
      return status;
  } else {
    item.shared = node.command;
    item.device = step.device;
  }
  pushItem(stream, std::move(item), follows);
  return {};
}

// A copy to pageable memory is done when its call returns, in graphs as in streams: programs read
// what a launch has brought without asking for it.
bool copiesToPageable(const Exec &exec) {
  return std::any_of(exec.steps.begin(), exec.steps.end(), [](const Exec::Step &step) {
    Allocation known;
    const auto *copy = step.outer->enabled && step.node->command
                           ? std::get_if<Copy>(step.node->command.get())
                           : nullptr;
    return copy && !findAllocation(copy->dst, known);
  });
}

// Whether `b` can replace `a`'s parameters; else why not.
npuGraphExecUpdateResult compare(const GraphNode &a, const GraphNode &b) {
  if (a.type != b.type)
    return npuGraphExecUpdateErrorNodeTypeChanged;
  if (a.memory != b.memory || a.freed != b.freed)
    return npuGraphExecUpdateErrorNotSupported;
  if (!a.command != !b.command || (a.command && a.command->index() != b.command->index()))
    return npuGraphExecUpdateErrorNotSupported;
  return npuGraphExecUpdateSuccess;
}

struct Difference {
  npuGraphExecUpdateResult result = npuGraphExecUpdateSuccess;
  GraphNode *node = nullptr, *from = nullptr;
};

// Nodes correspond by their order of creation.
Difference difference(const Graph &exec, const Graph &graph) {
  std::unordered_map<const GraphNode *, size_t> execIndex, graphIndex;
  const size_t common = std::min(exec.nodes.size(), graph.nodes.size());
  for (size_t i = 0; i < common; ++i) {
    execIndex[exec.nodes[i].get()] = i;
    graphIndex[graph.nodes[i].get()] = i;
  }
  if (exec.nodes.size() != graph.nodes.size())
    return {npuGraphExecUpdateErrorTopologyChanged,
            graph.nodes.size() > common ? graph.nodes[common].get() : nullptr, nullptr};
  for (size_t i = 0; i < common; ++i) {
    const GraphNode &a = *exec.nodes[i];
    GraphNode &b = *graph.nodes[i];
    if (const npuGraphExecUpdateResult result = compare(a, b); result != npuGraphExecUpdateSuccess)
      return {result, &b, nullptr};
    std::vector<size_t> before;
    for (const GraphNode *node : a.before)
      before.push_back(execIndex.at(node));
    if (a.before.size() != b.before.size())
      return {npuGraphExecUpdateErrorTopologyChanged, &b, nullptr};
    for (GraphNode *node : b.before)
      if (std::find(before.begin(), before.end(), graphIndex.at(node)) == before.end())
        return {npuGraphExecUpdateErrorTopologyChanged, &b, node};
    const std::vector<Graph *> innerA = graphsOf(a), innerB = graphsOf(b);
    if (innerA.size() != innerB.size())
      return {npuGraphExecUpdateErrorTopologyChanged, &b, nullptr};
    for (size_t n = 0; n < innerA.size(); ++n)
      if (Difference inner = difference(*innerA[n], *innerB[n]); inner.result)
        return {inner.result, &b, nullptr};
  }
  return {};
}

void copyParameters(Exec &exec, Graph &to, Graph &from, const Graph *originals) {
  for (size_t i = 0; i < to.nodes.size(); ++i) {
    if (originals)
      exec.byOriginal[originals->nodes[i].get()] = to.nodes[i].get();
    const std::vector<Graph *> inner = graphsOf(*to.nodes[i]), others = graphsOf(*from.nodes[i]);
    for (size_t n = 0; n < inner.size(); ++n)
      copyParameters(exec, *inner[n], *others[n], nullptr);
    if (to.nodes[i]->conditional)
      to.nodes[i]->conditional->condition = from.nodes[i]->conditional->condition;
    if (inner.empty())
      takeParameters(*to.nodes[i], *from.nodes[i]);
  }
}

} // namespace

Status instantiate(npuGraph_t handle, unsigned long long flags, npuGraphExec_t *result,
                   npuGraphInstantiateResult &outcome, npuGraphNode_t &errorNode) {
  constexpr unsigned long long kKnown =
      npuGraphInstantiateFlagAutoFreeOnLaunch | npuGraphInstantiateFlagUpload |
      npuGraphInstantiateFlagDeviceLaunch | npuGraphInstantiateFlagUseNodePriority;
  outcome = npuGraphInstantiateError;
  errorNode = nullptr;
  if (!result || (flags & ~kKnown))
    return Status(npuErrorInvalidValue, result ? "unknown flags" : "the result is null");
  if (flags & npuGraphInstantiateFlagDeviceLaunch)
    return Status(npuErrorNotSupported, "kernels cannot launch graphs");
  auto exec = std::make_shared<Exec>(); // destroyed without the lock
  Graph *graph = nullptr;
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findGraph(handle, graph); !status)
    return status;
  exec->graph = cloneGraph(*graph);
  exec->flags = flags;
  for (const auto &node : exec->graph->nodes)
    exec->byOriginal[node->original] = node.get();
  if (Status status = addSteps(*exec, *exec->graph, nullptr); !status) {
    outcome = npuGraphInstantiateInvalidStructure;
    return status;
  }
  const GraphNode *refused = nullptr;
  if (Status status = checkConditionals(*exec->graph, exec->conditions, outcome, refused);
      !status) {
    errorNode = refused ? handleOf(const_cast<GraphNode *>(refused->original)) : nullptr;
    return status;
  }
  GraphNode *failed = nullptr;
  if (Status status = prepare(*exec, failed); !status) {
    outcome = npuGraphInstantiateNodeOperationNotSupported;
    errorNode = handleOf(const_cast<GraphNode *>(failed->original));
    return status;
  }
  outcome = npuGraphInstantiateSuccess;
  *result = reinterpret_cast<npuGraphExec_t>(exec.get());
  execs().emplace(exec.get(), exec);
  return {};
}

Status destroyExec(npuGraphExec_t handle) {
  std::shared_ptr<Exec> exec; // destroyed without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExec(handle, exec); !status)
    return status;
  execs().erase(handle);
  return {};
}

Status execFlags(npuGraphExec_t handle, unsigned long long *flags) {
  std::shared_ptr<Exec> exec;
  if (!flags)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExec(handle, exec); !status)
    return status;
  *flags = exec->flags;
  return {};
}

Status launchGraph(npuGraphExec_t handle, npuStream_t streamHandle) {
  std::shared_ptr<Stream> stream;
  if (Status status = findStream(streamHandle, stream); !status)
    return status;
  if (stream->capturing.load(std::memory_order_acquire)) {
    auto node = std::make_unique<GraphNode>();
    {
      std::shared_ptr<Exec> exec;
      std::lock_guard<std::mutex> lock(graphMutex());
      if (Status status = findExec(handle, exec); !status)
        return status;
      node->type = npuGraphNodeTypeGraph;
      node->child = cloneGraph(*exec->graph);
      node->child->isChild = true;
    }
    return captureNode(*stream, std::move(node));
  }
  if (Status status = captureAllows(*stream); !status)
    return status;
  std::shared_ptr<Exec> exec; // destroyed without the lock
  std::unique_lock<std::mutex> lock(graphMutex());
  if (Status status = findExec(handle, exec); !status)
    return status;
  if (Status status = checkMemory(*exec); !status)
    return status;
  if (exec->last.timeline && exec->last.timeline != stream->timeline &&
      !exec->last.timeline->reached(exec->last.value)) {
    Timeline::Item marker;
    marker.after.push_back(exec->last);
    pushItem(*stream, std::move(marker));
  }
  bool follows = false;
  if (!exec->conditions.empty()) {
    if (Status status = pushCommand(assignConditions(exec->conditions), *stream, follows); !status)
      return status;
    follows = true;
  }
  for (const Exec::Step &step : exec->steps)
    if (step.outer->enabled) {
      if (Status status = runStep(step, *stream, streamHandle, follows); !status)
        return status;
      follows = true;
    }
  // Keeps the memory of allocation nodes while the launch runs.
  Timeline::Item marker;
  marker.keepAlive = exec;
  exec->last = {stream->timeline, pushItem(*stream, std::move(marker))};
  if (Timeline::insideHostCall() || !copiesToPageable(*exec))
    return {};
  const uint64_t end = exec->last.value;
  lock.unlock();
  stream->timeline->wait(end);
  return contextFailure();
}

Status checkUpload(npuGraphExec_t handle, npuStream_t stream) {
  std::shared_ptr<Exec> exec;
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  std::lock_guard<std::mutex> lock(graphMutex());
  return findExec(handle, exec);
}

Status updateExec(npuGraphExec_t handle, npuGraph_t graphHandle,
                  npuGraphExecUpdateResultInfo &result) {
  std::shared_ptr<Exec> exec;
  std::unique_ptr<Graph> copy; // destroyed without the lock
  Graph *graph = nullptr;
  result = {npuGraphExecUpdateError, nullptr, nullptr};
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExec(handle, exec); !status)
    return status;
  if (Status status = findGraph(graphHandle, graph); !status)
    return status;
  const Difference found = difference(*exec->graph, *graph);
  result = {found.result, handleOf(found.node), handleOf(found.from)};
  if (found.result)
    return Status(npuErrorGraphExecUpdateFailure,
                  "the graph differs from the executable one (npuGraphExecUpdateResult " +
                      std::to_string(found.result) + "): instantiate it anew");
  copy = cloneGraph(*graph);
  copyParameters(*exec, *exec->graph, *copy, graph);
  if (Status status = rebuild(*exec); !status) {
    result.result = npuGraphExecUpdateError;
    return status;
  }
  return {};
}

Status setExecNode(npuGraphExec_t handle, npuGraphNode_t node, npuGraphNodeType type,
                   const std::function<Status(GraphNode &)> &set) {
  std::shared_ptr<Exec> exec;
  GraphNode *own = nullptr;
  GraphNode fresh; // what it replaces is released without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExecNode(handle, node, exec, own); !status)
    return status;
  if (own->type != type)
    return Status(npuErrorInvalidValue, std::string("this is a ") + nodeTypeName(own->type) +
                                            " node, not a " + nodeTypeName(type) + " node");
  if (type == npuGraphNodeTypeMemAlloc || type == npuGraphNodeTypeMemFree)
    return Status(npuErrorNotSupported, "allocation and free nodes cannot be changed");
  fresh.attributes = own->attributes;
  if (Status status = set(fresh); !status)
    return status;
  takeParameters(*own, fresh);
  return rebuild(*exec);
}

Status setExecChild(npuGraphExec_t handle, npuGraphNode_t node, npuGraph_t child) {
  std::shared_ptr<Exec> exec;
  std::unique_ptr<Graph> copy; // destroyed without the lock
  GraphNode *own = nullptr;
  Graph *graph = nullptr;
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExecNode(handle, node, exec, own); !status)
    return status;
  if (Status status = findGraph(child, graph); !status)
    return status;
  if (!own->child || difference(*own->child, *graph).result)
    return Status(npuErrorGraphExecUpdateFailure,
                  "the child graph differs from the one that it would replace");
  copy = cloneGraph(*graph);
  copyParameters(*exec, *own->child, *copy, nullptr);
  return rebuild(*exec);
}

Status enableExecNode(npuGraphExec_t handle, npuGraphNode_t node, bool enabled) {
  std::shared_ptr<Exec> exec;
  GraphNode *own = nullptr;
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExecNode(handle, node, exec, own); !status)
    return status;
  if (own->type != npuGraphNodeTypeKernel && own->type != npuGraphNodeTypeMemcpy &&
      own->type != npuGraphNodeTypeMemset)
    return Status(npuErrorInvalidValue, "kernel, memcpy and memset nodes can be disabled");
  own->enabled = enabled;
  return {};
}

Status isExecNodeEnabled(npuGraphExec_t handle, npuGraphNode_t node, bool &enabled) {
  std::shared_ptr<Exec> exec;
  GraphNode *own = nullptr;
  std::lock_guard<std::mutex> lock(graphMutex());
  if (Status status = findExecNode(handle, node, exec, own); !status)
    return status;
  enabled = own->enabled;
  return {};
}

} // namespace npu::core
