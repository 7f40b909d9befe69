// From the API's node parameters to checked commands; see graph.h.
#include "graph_conditional.h"

#include "array.h"
#include "launch.h"
#include "log.h"
#include "memory_pool.h"
#include "transfer.h"

namespace npu::core {
namespace {

Status isNull(const char *what) {
  return Status(npuErrorInvalidValue, std::string("the ") + what + " is null");
}

// The parameters' places in the command's own argument bytes, for whoever asks for them.
void findParameters(GraphNode &node) {
  const auto &launch = std::get<Launch>(*node.command);
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  node.parameters.clear();
  for (const KernelImage::Parameter &parameter : kernel.parameters)
    node.parameters.push_back(
        const_cast<uint8_t *>(launch.arguments.data() + size_t(parameter.offset)));
}

void setKernelCommand(GraphNode &node, const void *function, Launch launch) {
  node.type = npuGraphNodeTypeKernel;
  node.function = function;
  node.command = std::make_shared<const Command>(std::move(launch));
  findParameters(node);
}

// What the node's attributes say of the launch.
GridKind gridKindOf(const GraphNode &node) {
  GridKind kind;
  if (auto found = node.attributes.find(npuLaunchAttributeCooperative);
      found != node.attributes.end())
    kind.isCooperative = found->second.cooperative != 0;
  if (auto found = node.attributes.find(npuLaunchAttributeClusterDimension);
      found != node.attributes.end()) {
    const auto &cluster = found->second.clusterDim;
    kind.cluster = {cluster.x, cluster.y, cluster.z};
  }
  return kind;
}

void setGridKind(GraphNode &node, const Launch &launch, bool isCooperative) {
  if (isCooperative)
    node.attributes[npuLaunchAttributeCooperative].cooperative = 1;
  if (launch.cluster.count() > 1) {
    auto &cluster = node.attributes[npuLaunchAttributeClusterDimension].clusterDim;
    cluster.x = launch.cluster.x, cluster.y = launch.cluster.y, cluster.z = launch.cluster.z;
  }
}

npuMemcpy3DParms describeCopy(const Copy &copy, npuMemcpyKind kind) {
  const auto rows = [](size_t slice, size_t pitch, size_t height) {
    return pitch && slice % pitch == 0 && slice ? slice / pitch : height;
  };
  npuMemcpy3DParms p = {};
  p.srcPtr = {const_cast<void *>(copy.src), copy.srcPitch, copy.width,
              rows(copy.srcSlicePitch, copy.srcPitch, copy.height)};
  p.dstPtr = {copy.dst, copy.dstPitch, copy.width,
              rows(copy.dstSlicePitch, copy.dstPitch, copy.height)};
  p.extent = {copy.width, copy.height, copy.depth};
  p.kind = kind;
  return p;
}

Status setCopyCommand(GraphNode &node, const Copy &copy, const npuMemcpy3DParms &parameters) {
  KnownSides known;
  if (copy.width == 0 || copy.height == 0 || copy.depth == 0)
    return Status(npuErrorInvalidValue, "a copy node copies nothing");
  if (Status status = checkCopy(copy, parameters.kind, known); !status)
    return status;
  node.type = npuGraphNodeTypeMemcpy;
  node.copy = parameters;
  node.command = std::make_shared<const Command>(copy);
  node.keepAlive.reset();
  return {};
}

Status symbolAddress(const void *symbol, size_t bytes, size_t offset, char **address) {
  void *start = nullptr;
  size_t whole = 0;
  if (Status status = findSymbol(symbol, &start, &whole); !status)
    return status;
  if (offset > whole || bytes > whole - offset)
    return Status(npuErrorInvalidValue, "the bytes are not inside of the variable");
  *address = static_cast<char *>(start) + offset;
  return {};
}

} // namespace

const char *nodeTypeName(npuGraphNodeType type) {
  if (int(type) == 12) // the driver API's, which the runtime has no name for
    return "memory operation";
  switch (type) {
  case npuGraphNodeTypeKernel:
    return "kernel";
  case npuGraphNodeTypeMemcpy:
    return "memcpy";
  case npuGraphNodeTypeMemset:
    return "memset";
  case npuGraphNodeTypeHost:
    return "host";
  case npuGraphNodeTypeGraph:
    return "child graph";
  case npuGraphNodeTypeEmpty:
    return "empty";
  case npuGraphNodeTypeWaitEvent:
    return "event wait";
  case npuGraphNodeTypeEventRecord:
    return "event record";
  case npuGraphNodeTypeMemAlloc:
    return "allocation";
  case npuGraphNodeTypeMemFree:
    return "free";
  case npuGraphNodeTypeConditional:
    return "conditional";
  default:
    return "unsupported";
  }
}

Status setKernel(GraphNode &node, const npuKernelNodeParams *parameters) {
  if (!parameters)
    return isNull("parameters");
  if (!parameters->func)
    return Status(npuErrorInvalidDeviceFunction, "there is no kernel");
  if (parameters->extra)
    return Status(npuErrorNotSupported, "give arguments in kernelParams, not in extra");
  Launch launch;
  if (Status status = prepareLaunch(parameters->func, parameters->gridDim, parameters->blockDim,
                                    parameters->kernelParams, parameters->sharedMemBytes, launch,
                                    gridKindOf(node));
      !status)
    return status;
  setKernelCommand(node, parameters->func, std::move(launch));
  return {};
}

Status kernelParameters(GraphNode &node, npuKernelNodeParams &result) {
  if (!node.function)
    return Status(npuErrorInvalidValue, "this node is a library's operation: it has no kernel");
  const auto &launch = std::get<Launch>(*node.command);
  result = {};
  result.func = const_cast<void *>(node.function);
  result.gridDim = {launch.grid.x, launch.grid.y, launch.grid.z};
  result.blockDim = {launch.block.x, launch.block.y, launch.block.z};
  result.sharedMemBytes = unsigned(launch.dynamicSharedBytes);
  result.kernelParams = node.parameters.data();
  return {};
}

Status prepareAgain(GraphNode &node) {
  const std::shared_ptr<const Command> before = node.command; // the parameters point into it
  npuKernelNodeParams parameters;
  if (Status status = kernelParameters(node, parameters); !status)
    return status;
  std::vector<void *> places = node.parameters;
  parameters.kernelParams = places.data();
  return setKernel(node, &parameters);
}

void shareNoPlaces(GraphNode &clone) {
  const auto *launch = clone.command ? std::get_if<Launch>(clone.command.get()) : nullptr;
  if (!launch || !launch->again || !clone.function)
    return;
  if (Status status = prepareAgain(clone); !status)
    log(LogLevel::Warning, status.message());
}

Status setCopy(GraphNode &node, const npuMemcpy3DParms *parameters) {
  if (!parameters)
    return isNull("parameters");
  Copy copy;
  if (Status status = copyOfParameters(*parameters, copy); !status)
    return status;
  return setCopyCommand(node, copy, *parameters);
}

Status setCopy(GraphNode &node, void *dst, const void *src, size_t bytes, npuMemcpyKind kind) {
  const Copy copy = linearCopy(dst, src, bytes);
  return setCopyCommand(node, copy, describeCopy(copy, kind));
}

Status setCopyToSymbol(GraphNode &node, const void *symbol, const void *src, size_t bytes,
                       size_t offset, npuMemcpyKind kind) {
  char *address = nullptr;
  if (Status status = symbolAddress(symbol, bytes, offset, &address); !status)
    return status;
  return setCopy(node, address, src, bytes, kind);
}

Status setCopyFromSymbol(GraphNode &node, void *dst, const void *symbol, size_t bytes,
                         size_t offset, npuMemcpyKind kind) {
  char *address = nullptr;
  if (Status status = symbolAddress(symbol, bytes, offset, &address); !status)
    return status;
  return setCopy(node, dst, address, bytes, kind);
}

Status setFill(GraphNode &node, const npuMemsetParams *parameters) {
  if (!parameters)
    return isNull("parameters");
  const npuMemsetParams &p = *parameters;
  if (p.elementSize != 1 && p.elementSize != 2 && p.elementSize != 4)
    return Status(npuErrorInvalidValue, "an element has 1, 2 or 4 bytes");
  if (p.width == 0 || p.height == 0 || p.width > SIZE_MAX / p.elementSize)
    return Status(npuErrorInvalidValue, "a memset node fills nothing");
  Fill fill;
  fill.dst = p.dst;
  fill.valueBytes = p.elementSize;
  fill.value = p.elementSize == 4 ? p.value : p.value & ((1u << (8 * p.elementSize)) - 1);
  fill.width = p.width * p.elementSize;
  fill.height = p.height;
  fill.pitch = p.height == 1 ? fill.width : p.pitch;
  if (Status status = checkFill(fill); !status)
    return status;
  node.type = npuGraphNodeTypeMemset;
  node.fill = p;
  node.command = std::make_shared<const Command>(fill);
  return {};
}

Status setHost(GraphNode &node, const npuHostNodeParams *parameters) {
  if (!parameters || !parameters->fn)
    return isNull("function");
  node.type = npuGraphNodeTypeHost;
  node.host = *parameters;
  node.command =
      std::make_shared<const Command>(HostCall{[host = *parameters] { host.fn(host.userData); }});
  return {};
}

Status setEvent(GraphNode &node, npuGraphNodeType type, npuEvent_t event) {
  if (!event)
    return isNull("event");
  node.type = type;
  node.event = event;
  return {};
}

Status setChild(GraphNode &node, npuGraph_t child) {
  Graph *graph = nullptr;
  if (Status status = findGraph(child, graph); !status)
    return status;
  for (const auto &inner : graph->nodes)
    if (inner->type == npuGraphNodeTypeMemAlloc || inner->type == npuGraphNodeTypeMemFree)
      return Status(npuErrorNotSupported, "a child graph must not have allocation or free nodes");
  node.type = npuGraphNodeTypeGraph;
  node.child = cloneGraph(*graph);
  node.child->isChild = true;
  return {};
}

Status setAllocation(GraphNode &node, npuMemAllocNodeParams *parameters) {
  if (!parameters)
    return isNull("parameters");
  if (parameters->poolProps.allocType != npuMemAllocationTypePinned ||
      parameters->poolProps.location.type != npuMemLocationTypeDevice)
    return Status(npuErrorInvalidValue, "an allocation node's memory is a device's");
  if (parameters->poolProps.handleTypes != npuMemHandleTypeNone)
    return Status(npuErrorNotSupported, "memory cannot be shared with other processes");
  const int device = parameters->poolProps.location.id;
  if (Status status = checkDevice(device); !status)
    return status;
  if (Status status = makeGraphMemory(parameters->bytesize, device, node.memory); !status)
    return status;
  node.type = npuGraphNodeTypeMemAlloc;
  parameters->dptr = node.memory->pointer;
  node.allocation = *parameters;
  node.allocation.accessDescs = nullptr; // the caller's; every device reaches all memory
  node.allocation.accessDescCount = 0;
  return {};
}

Status setFree(GraphNode &node, void *pointer) {
  if (!isGraphMemory(pointer) && !isPoolMemory(pointer))
    return Status(npuErrorInvalidValue,
                  "a free node frees memory of an allocation node or of a pool");
  node.type = npuGraphNodeTypeMemFree;
  node.freed = pointer;
  return {};
}

Status setAny(GraphNode &node, npuGraphNodeParams *parameters) {
  if (!parameters)
    return isNull("parameters");
  switch (parameters->type) {
  case npuGraphNodeTypeKernel:
    return setKernel(node, &parameters->kernel);
  case npuGraphNodeTypeMemcpy:
    return setCopy(node, &parameters->memcpy.copyParams);
  case npuGraphNodeTypeMemset:
    return setFill(node, &parameters->memset);
  case npuGraphNodeTypeHost:
    return setHost(node, &parameters->host);
  case npuGraphNodeTypeGraph:
    return setChild(node, parameters->graph.graph);
  case npuGraphNodeTypeEmpty:
    return {};
  case npuGraphNodeTypeWaitEvent:
    return setEvent(node, parameters->type, parameters->eventWait.event);
  case npuGraphNodeTypeEventRecord:
    return setEvent(node, parameters->type, parameters->eventRecord.event);
  case npuGraphNodeTypeMemAlloc:
    return setAllocation(node, &parameters->alloc);
  case npuGraphNodeTypeMemFree:
    return setFree(node, parameters->free.dptr);
  case npuGraphNodeTypeConditional:
    return setConditional(node, parameters->conditional);
  case npuGraphNodeTypeExtSemaphoreSignal:
  case npuGraphNodeTypeExtSemaphoreWait:
    return Status(npuErrorNotSupported, "external semaphore nodes are not supported");
  default:
    return Status(npuErrorInvalidValue, "unknown node type " + std::to_string(parameters->type));
  }
}

Status setCaptured(GraphNode &node, Command command, Submission submission) {
  node.keepAlive = std::move(submission.keepAlive);
  if (auto *launch = std::get_if<Launch>(&command)) {
    setGridKind(node, *launch, submission.isCooperative);
    setKernelCommand(node, submission.function, std::move(*launch));
    return {};
  }
  if (const auto *copy = std::get_if<Copy>(&command)) {
    node.type = npuGraphNodeTypeMemcpy;
    node.copy = describeCopy(*copy, submission.copyKind);
  } else if (const auto *fill = std::get_if<Fill>(&command)) {
    node.type = npuGraphNodeTypeMemset;
    node.fill = {
        fill->dst,   fill->pitch, fill->value, fill->valueBytes, fill->width / fill->valueBytes,
        fill->height};
  } else if (std::holds_alternative<HostCall>(command) && submission.evenAfterFailure) {
    return Status(npuErrorStreamCaptureUnsupported, "stream callbacks cannot be captured");
  } else if (submission.hostFunction) {
    node.type = npuGraphNodeTypeHost;
    node.host = {submission.hostFunction, submission.userData};
  } else {
    node.type = npuGraphNodeTypeKernel; // what a library would have launched
  }
  node.command = std::make_shared<const Command>(std::move(command));
  return {};
}

void takeParameters(GraphNode &node, GraphNode &from) {
  node.command = std::move(from.command);
  node.keepAlive = std::move(from.keepAlive);
  node.function = from.function;
  node.parameters = std::move(from.parameters);
  node.attributes = std::move(from.attributes);
  node.copy = from.copy;
  node.fill = from.fill;
  node.host = from.host;
  node.event = from.event;
  node.child = std::move(from.child);
  node.memory = std::move(from.memory);
  node.allocation = from.allocation;
  node.freed = from.freed;
}

} // namespace npu::core
