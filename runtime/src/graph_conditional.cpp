// See graph_conditional.h.
#include "graph_conditional.h"

#include "child_launches.h"
#include "command_failure.h"
#include "memory.h"

#include <unordered_map>

namespace npu::core {
namespace {

// By handle. Never destroyed.
struct Conditions {
  std::mutex mutex;
  std::unordered_map<uintptr_t, std::weak_ptr<Condition>> live; // under mutex
};
Conditions &conditions() {
  static Conditions &instance = *new Conditions;
  return instance;
}

// A body with its commands in order, as a launch keeps it.
struct Plan {
  struct Step {
    std::shared_ptr<const Command> command; // or the plans of a conditional node
    std::shared_ptr<void> keepAlive;
    std::shared_ptr<Condition> condition;
    npuGraphConditionalNodeType type = npuGraphCondTypeIf;
    std::vector<Plan> bodies;
  };
  std::vector<Step> steps;
};

Status planOf(const Graph &graph, Plan &plan) {
  std::vector<GraphNode *> order;
  if (!sortNodes(graph, order))
    return Status(npuErrorInvalidValue, "a conditional node's graph has a cycle");
  for (const GraphNode *node : order) {
    if (node->child) {
      if (Status status = planOf(*node->child, plan); !status)
        return status;
      continue;
    }
    if (node->type == npuGraphNodeTypeEmpty)
      continue;
    Plan::Step step;
    step.command = node->command;
    step.keepAlive = node->keepAlive;
    if (node->conditional) {
      step.condition = node->conditional->condition;
      step.type = node->conditional->type;
      step.bodies.resize(node->conditional->bodies.size());
      for (size_t i = 0; i < step.bodies.size(); ++i)
        if (Status status = planOf(*node->conditional->bodies[i], step.bodies[i]); !status)
          return status;
    }
    plan.steps.push_back(std::move(step));
  }
  return {};
}

void run(const Plan::Step &step);
void run(const Plan &plan) {
  for (const Plan::Step &step : plan.steps) {
    if (contextFailed())
      return;
    run(step);
  }
}
void run(const Plan::Step &step) {
  if (!step.condition) {
    if (Status status = runNow(*step.command); !status)
      throw CommandFailure{status};
    return;
  }
  // Read again each time: kernels write it.
  const volatile unsigned &value = *step.condition->value;
  switch (step.type) {
  case npuGraphCondTypeWhile:
    while (value && !contextFailed())
      run(step.bodies[0]);
    return;
  case npuGraphCondTypeSwitch:
    if (value < step.bodies.size())
      run(step.bodies[value]);
    return;
  default:
    if (value)
      run(step.bodies[0]);
    else if (step.bodies.size() > 1)
      run(step.bodies[1]);
  }
}

bool mayBeInBody(npuGraphNodeType type) {
  switch (type) {
  case npuGraphNodeTypeKernel:
  case npuGraphNodeTypeMemcpy:
  case npuGraphNodeTypeMemset:
  case npuGraphNodeTypeEmpty:
  case npuGraphNodeTypeGraph:
  case npuGraphNodeTypeConditional:
    return true;
  default:
    return false;
  }
}

Status check(const Graph &graph, bool inBody, std::vector<std::shared_ptr<Condition>> &all,
             const GraphNode *&failed) {
  all.insert(all.end(), graph.conditions.begin(), graph.conditions.end());
  for (const auto &node : graph.nodes) {
    if (inBody && !mayBeInBody(node->type)) {
      failed = node.get();
      return Status(npuErrorNotSupported, std::string("a conditional node's graph cannot have ") +
                                              nodeTypeName(node->type) + " nodes");
    }
    for (const Graph *inner : graphsOf(*node))
      if (Status status = check(*inner, inBody || node->conditional, all, failed); !status)
        return status;
  }
  return {};
}

} // namespace

Condition::~Condition() {
  {
    std::lock_guard<std::mutex> lock(conditions().mutex);
    conditions().live.erase(reinterpret_cast<uintptr_t>(value));
  }
  (void)freeMemoryNow(value, false); // null when there was none
}

Status createCondition(npuGraph_t handle, unsigned initial, unsigned flags,
                       npuGraphConditionalHandle *result) {
  Graph *graph = nullptr;
  if (!result || (flags & ~unsigned(npuGraphCondAssignDefault)))
    return Status(npuErrorInvalidValue, result ? "unknown flags" : "the result is null");
  if (Status status = findGraph(handle, graph); !status)
    return status;
  const auto condition = std::make_shared<Condition>();
  void *memory = nullptr;
  if (Status status = allocateMemory(MemoryKind::Device, sizeof(unsigned), 0, &memory); !status)
    return status;
  condition->value = static_cast<unsigned *>(memory);
  *condition->value = condition->initial = initial;
  condition->assigns = flags & npuGraphCondAssignDefault;
  *result = reinterpret_cast<uintptr_t>(memory);
  graph->conditions.push_back(condition);
  std::lock_guard<std::mutex> lock(conditions().mutex);
  conditions().live[reinterpret_cast<uintptr_t>(memory)] = condition;
  return {};
}

Status setConditional(GraphNode &node, npuConditionalNodeParams &parameters) {
  auto conditional = std::make_shared<Conditional>();
  {
    std::lock_guard<std::mutex> lock(conditions().mutex);
    const auto found = conditions().live.find(uintptr_t(parameters.handle));
    if (found != conditions().live.end())
      conditional->condition = found->second.lock();
  }
  if (!conditional->condition)
    return Status(npuErrorInvalidValue, "the node's handle is not one of a condition");
  const unsigned most = parameters.type == npuGraphCondTypeWhile    ? 1
                        : parameters.type == npuGraphCondTypeIf     ? 2
                        : parameters.type == npuGraphCondTypeSwitch ? 0x10000
                                                                    : 0;
  if (parameters.size < 1 || parameters.size > most)
    return Status(npuErrorInvalidValue, "a conditional node of this type has not so many graphs");
  conditional->type = parameters.type;
  for (unsigned i = 0; i < parameters.size; ++i) {
    conditional->bodies.push_back(makeGraph());
    conditional->bodies.back()->isChild = true;
    conditional->handles.push_back(handleOf(conditional->bodies.back().get()));
  }
  conditional->condition->used = true;
  parameters.phGraph_out = conditional->handles.data();
  node.type = npuGraphNodeTypeConditional;
  node.conditional = std::move(conditional);
  return {};
}

std::shared_ptr<Conditional> cloneConditional(const Conditional &from) {
  auto clone = std::make_shared<Conditional>();
  clone->condition = from.condition;
  clone->type = from.type;
  for (const auto &body : from.bodies) {
    clone->bodies.push_back(cloneGraph(*body));
    clone->bodies.back()->isChild = true;
    clone->handles.push_back(handleOf(clone->bodies.back().get()));
  }
  return clone;
}

std::vector<Graph *> graphsOf(const GraphNode &node) {
  std::vector<Graph *> graphs;
  if (node.child)
    graphs.push_back(node.child.get());
  if (node.conditional)
    for (const auto &body : node.conditional->bodies)
      graphs.push_back(body.get());
  return graphs;
}

Status checkConditionals(const Graph &graph, std::vector<std::shared_ptr<Condition>> &all,
                         npuGraphInstantiateResult &outcome, const GraphNode *&failed) {
  outcome = npuGraphInstantiateNodeOperationNotSupported;
  if (Status status = check(graph, false, all, failed); !status)
    return status;
  outcome = npuGraphInstantiateConditionalHandleUnused;
  for (const auto &condition : all)
    if (!condition->used)
      return Status(npuErrorInvalidValue, "a condition's handle belongs to no conditional node");
  return {};
}

Command assignConditions(const std::vector<std::shared_ptr<Condition>> &all) {
  return HostCall{[all] {
    for (const auto &condition : all)
      if (condition->assigns)
        *condition->value = condition->initial;
  }};
}

Status conditionalCommand(const GraphNode &node, Command &command) {
  auto step = std::make_shared<Plan::Step>();
  step->condition = node.conditional->condition;
  step->type = node.conditional->type;
  step->bodies.resize(node.conditional->bodies.size());
  for (size_t i = 0; i < step->bodies.size(); ++i)
    if (Status status = planOf(*node.conditional->bodies[i], step->bodies[i]); !status)
      return status;
  command = HostCall{[step] { run(*step); }};
  return {};
}

} // namespace npu::core
