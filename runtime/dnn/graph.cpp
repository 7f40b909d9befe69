// Finalizing descriptors, ordering a graph's steps, and running plans; see graph.h.
#include "graph.h"

#include <cstring>
#include <set>

namespace npu::dnn {
namespace {

constexpr size_t kAlignment = 256; // of virtual tensors in the workspace

void checkTensor(const GraphDescriptor &descriptor) {
  const auto dims = descriptor.integers(NPUDNN_ATTR_TENSOR_DIMENSIONS);
  require(dims.size() == descriptor.integers(NPUDNN_ATTR_TENSOR_STRIDES).size(),
          "the tensor has not as many strides as dimensions");
  for (int64_t size : dims)
    require(size > 0, "a dimension is not positive");
  require(isDataType(npudnnDataType_t(descriptor.integer(NPUDNN_ATTR_TENSOR_DATA_TYPE))),
          "there is no such data type");
  const int64_t alignment = descriptor.integer(NPUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
  require(alignment > 0 && (alignment & (alignment - 1)) == 0, "the alignment is no power of two");
}

GraphRun prepare(const GraphDescriptor &operation) {
  switch (operation.kind) {
#define GRAPH_OPERATION(kind, prepareKind)                                                         \
  case NPUDNN_BACKEND_##kind:                                                                      \
    return prepareKind(operation);
#include "graph_operations.def"
  default:
    badParameter(std::string(kindName(operation.kind)) + " is no operation");
  }
}
bool isOperation(npudnnBackendDescriptorType_t kind) {
  switch (kind) {
#define GRAPH_OPERATION(kind, prepareKind) case NPUDNN_BACKEND_##kind:
#include "graph_operations.def"
    return true;
  default:
    return false;
  }
}

bool isResult(const GraphDescriptor &operation, AttributeUse use) {
  if (use == AttributeUse::Either)
    return operation.enumerator(NPUDNN_ATTR_OPERATION_NORM_FWD_PHASE, NPUDNN_NORM_FWD_TRAINING) ==
           NPUDNN_NORM_FWD_TRAINING;
  return use == AttributeUse::Out || use == AttributeUse::OptionalOut;
}
bool isTensor(AttributeUse use) {
  return use != AttributeUse::Required && use != AttributeUse::Optional &&
         use != AttributeUse::Result;
}

// The step of an operation; adds its tensors to the graph.
GraphStep makeStep(const GraphDescriptor &operation, Graph &graph) {
  GraphStep step;
  step.name = kindName(operation.kind);
  step.run = prepare(operation);
  for (const AttributeRow &row : attributeRows()) {
    if (row.kind != operation.kind || !isTensor(row.use) || !operation.has(row.name))
      continue;
    for (const auto &descriptor : operation.at(row.name).descriptors) {
      GraphTensor tensor = graphTensor(*descriptor);
      (isResult(operation, row.use) ? step.results : step.sources).push_back(tensor.id);
      auto [found, isNew] = graph.tensors.emplace(tensor.id, tensor);
      require(isNew || (found->second.layout.dims == tensor.layout.dims &&
                        found->second.layout.strides == tensor.layout.strides &&
                        found->second.layout.type == tensor.layout.type),
              "two different tensors have one unique id");
    }
  }
  return step;
}

std::shared_ptr<const Graph> makeGraph(const GraphDescriptor &descriptor) {
  if (descriptor.integer(NPUDNN_ATTR_OPERATIONGRAPH_IS_DYNAMIC_SHAPE_ENABLED))
    unsupported("graphs have fixed sizes");
  auto graph = std::make_shared<Graph>();
  std::vector<GraphStep> waiting;
  std::set<int64_t> pending; // results of steps that are not in the order yet
  for (const auto &operation : descriptor.at(NPUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors) {
    waiting.push_back(makeStep(*operation, *graph));
    for (int64_t id : waiting.back().results)
      require(pending.insert(id).second, "a tensor is the result of two operations");
  }
  for (const auto &[id, tensor] : graph->tensors) {
    if (!tensor.isVirtual)
      continue;
    require(pending.count(id), "a virtual tensor is the result of no operation");
    graph->places[id] = graph->workspaceBytes;
    graph->workspaceBytes += (tensor.layout.bytes() + kAlignment - 1) / kAlignment * kAlignment;
  }
  while (!waiting.empty()) {
    size_t next = 0;
    auto isReady = [&](const GraphStep &step) {
      for (int64_t id : step.sources)
        if (pending.count(id))
          return false;
      return true;
    };
    while (next < waiting.size() && !isReady(waiting[next]))
      ++next;
    require(next < waiting.size(), "the graph's operations wait for each other");
    for (int64_t id : waiting[next].results)
      pending.erase(id);
    graph->steps.push_back(std::move(waiting[next]));
    waiting.erase(waiting.begin() + std::ptrdiff_t(next));
  }
  return graph;
}

const Graph &graphOf(const GraphDescriptor &plan) {
  const auto engine = plan.descriptor(NPUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
                          ->descriptor(NPUDNN_ATTR_ENGINECFG_ENGINE);
  return *engine->descriptor(NPUDNN_ATTR_ENGINE_OPERATION_GRAPH)->graph;
}

void requireKind(const GraphDescriptor &descriptor, npudnnBackendAttributeName_t name,
                 npudnnBackendDescriptorType_t kind) {
  for (const auto &part : descriptor.at(name).descriptors)
    require(part->kind == kind, "an attribute is a descriptor of another kind");
}

void finalize(GraphDescriptor &descriptor) {
  for (const AttributeRow &row : attributeRows())
    if (row.kind == descriptor.kind &&
        (row.use == AttributeUse::Required || row.use == AttributeUse::In ||
         row.use == AttributeUse::Out))
      descriptor.at(row.name);
  switch (descriptor.kind) {
  case NPUDNN_BACKEND_TENSOR_DESCRIPTOR:
    return checkTensor(descriptor);
  case NPUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
    descriptor.graph = makeGraph(descriptor);
    return;
  case NPUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
    return requireKind(descriptor, NPUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH,
                       NPUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  case NPUDNN_BACKEND_ENGINE_DESCRIPTOR:
    requireKind(descriptor, NPUDNN_ATTR_ENGINE_OPERATION_GRAPH,
                NPUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    require(descriptor.integer(NPUDNN_ATTR_ENGINE_GLOBAL_INDEX) == 0,
            "there is one engine, with the index 0");
    return;
  case NPUDNN_BACKEND_ENGINECFG_DESCRIPTOR:
    requireKind(descriptor, NPUDNN_ATTR_ENGINECFG_ENGINE, NPUDNN_BACKEND_ENGINE_DESCRIPTOR);
    if (descriptor.has(NPUDNN_ATTR_ENGINECFG_KNOB_CHOICES))
      unsupported("the engine has no knobs");
    return;
  case NPUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
    return requireKind(descriptor, NPUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
                       NPUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  case NPUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
    require(descriptor.at(NPUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS).count ==
                descriptor.at(NPUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).count,
            "the pack has not as many pointers as unique ids");
    return;
  default:
    if (isOperation(descriptor.kind))
      prepare(descriptor); // says what is wrong with it
  }
}

template <class T>
GraphAttribute answer(npudnnBackendAttributeType_t type, const std::vector<T> &values) {
  GraphAttribute attribute{type, int64_t(values.size()), {}, {}};
  attribute.bytes.resize(values.size() * sizeof(T));
  if (!values.empty())
    std::memcpy(attribute.bytes.data(), values.data(), attribute.bytes.size());
  return attribute;
}

void setInteger(GraphDescriptor &descriptor, npudnnBackendAttributeName_t name, int64_t value) {
  descriptor.attributes[name] = answer<int64_t>(NPUDNN_TYPE_INT64, {value});
}

// The one configuration of the one engine.
GraphAttribute onlyConfiguration(std::shared_ptr<const GraphDescriptor> graph) {
  auto describe = [](npudnnBackendAttributeName_t name, std::shared_ptr<const GraphDescriptor> part,
                     GraphDescriptor &whole) {
    whole.attributes[name] = {NPUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {}, {std::move(part)}};
    whole.finalized = true;
  };
  auto engine = std::make_shared<GraphDescriptor>();
  engine->kind = NPUDNN_BACKEND_ENGINE_DESCRIPTOR;
  setInteger(*engine, NPUDNN_ATTR_ENGINE_GLOBAL_INDEX, 0);
  describe(NPUDNN_ATTR_ENGINE_OPERATION_GRAPH, std::move(graph), *engine);
  auto configuration = std::make_shared<GraphDescriptor>();
  configuration->kind = NPUDNN_BACKEND_ENGINECFG_DESCRIPTOR;
  describe(NPUDNN_ATTR_ENGINECFG_ENGINE, engine, *configuration);
  return {NPUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {}, {configuration}};
}

// The addresses that a pack gives to a graph's tensors. By-value tensors are copied: the program's
// variables may be gone when the graph runs.
struct Bound {
  GraphMemory memory;
  std::vector<std::shared_ptr<std::vector<char>>> values;
};
Bound bind(const Graph &graph, const GraphDescriptor &pack) {
  Bound bound;
  std::map<int64_t, void *> given;
  const auto ids = pack.integers(NPUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto &pointers = pack.at(NPUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).bytes;
  for (size_t i = 0; i < ids.size(); ++i)
    std::memcpy(&given[ids[i]], pointers.data() + i * sizeof(void *), sizeof(void *));
  char *workspace = nullptr;
  if (pack.has(NPUDNN_ATTR_VARIANT_PACK_WORKSPACE))
    std::memcpy(&workspace, pack.at(NPUDNN_ATTR_VARIANT_PACK_WORKSPACE).bytes.data(),
                sizeof workspace);
  if (graph.workspaceBytes)
    requireBytes(workspace, graph.workspaceBytes, "the workspace");
  for (const auto &[id, tensor] : graph.tensors) {
    void *&address = bound.memory.addresses[id];
    if (tensor.isVirtual) {
      address = workspace + graph.places.at(id);
      continue;
    }
    const std::string name = "the tensor " + std::to_string(id);
    address = given.count(id) ? given[id] : nullptr;
    if (!tensor.isByValue) {
      requireMemory(tensor.layout, address, name.c_str());
      continue;
    }
    requirePointer(address, name.c_str());
    const char *bytes = static_cast<const char *>(address);
    bound.values.push_back(
        std::make_shared<std::vector<char>>(bytes, bytes + tensor.layout.bytes()));
    address = bound.values.back()->data();
  }
  return bound;
}

} // namespace

GraphAttribute graphResult(const std::shared_ptr<const GraphDescriptor> &descriptor,
                           npudnnBackendAttributeName_t name) {
  switch (name) {
  case NPUDNN_ATTR_ENGINEHEUR_RESULTS:
    return onlyConfiguration(descriptor->descriptor(NPUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
  case NPUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT:
    return answer<int64_t>(NPUDNN_TYPE_INT64, {1});
  case NPUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
    return answer<int64_t>(NPUDNN_TYPE_INT64, {int64_t(graphOf(*descriptor).workspaceBytes)});
  default: // no knobs, notes, layouts and intermediates
    for (const AttributeRow &row : attributeRows())
      if (row.name == name)
        return {row.type, 0, {}, {}};
    return {};
  }
}

} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnBackendFinalize(npudnnBackendDescriptor_t descriptor) {
  return dnnEntry("cudnnBackendFinalize", [&] {
    auto object = get<GraphDescriptor>(descriptor, "the descriptor");
    if (object->finalized)
      return;
    try {
      finalize(*object);
    } catch (Failure &failure) {
      failure.message = std::string(kindName(object->kind)) + ": " + failure.message;
      throw;
    }
    object->finalized = true;
  });
}

npudnnStatus_t npudnnBackendExecute(npudnnHandle_t handle, npudnnBackendDescriptor_t executionPlan,
                                    npudnnBackendDescriptor_t variantPack) {
  return dnnEntry("cudnnBackendExecute", [&] {
    const npuStream_t stream = streamOf(handle);
    const auto plan = get<GraphDescriptor>(executionPlan, "executionPlan");
    const auto pack = get<GraphDescriptor>(variantPack, "variantPack");
    require(plan->kind == NPUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && plan->finalized,
            "executionPlan is no finalized plan");
    require(pack->kind == NPUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR && pack->finalized,
            "variantPack is no finalized pack");
    const auto graph = plan->descriptor(NPUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
                           ->descriptor(NPUDNN_ATTR_ENGINECFG_ENGINE)
                           ->descriptor(NPUDNN_ATTR_ENGINE_OPERATION_GRAPH)
                           ->graph;
    const Bound bound = bind(*graph, *pack);
    enqueueHost(stream, "cudnnBackendExecute", [graph, bound] {
      for (const GraphStep &step : graph->steps)
        step.run(bound.memory);
    });
  });
}
