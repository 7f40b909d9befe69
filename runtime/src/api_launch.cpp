// Launches with a configuration and attributes, CUDA's old launch in three calls, and what the
// attributes' limits are.
#include "entry.h"

#include "event.h"
#include "launch.h"
#include "registration_tables.h"

#include <algorithm>
#include <cstring>

using namespace npu;
using namespace npu::core;

namespace {

// What the attributes of a launch ask for besides hints, which have no effect.
struct Wishes {
  GridKind kind;
  std::vector<npuEvent_t> eventsAfter;
};

// Programmatic serialisation lets a kernel start early, which it never does here: complete order is
// stronger. Events of a launch are recorded after its end for the same reason.
Status readAttribute(const npuLaunchAttribute &attribute, Wishes &wishes) {
  const npuLaunchAttributeValue &value = attribute.val;
  switch (attribute.id) {
  case npuLaunchAttributeCooperative:
    wishes.kind.isCooperative = value.cooperative != 0;
    return {};
  case npuLaunchAttributeClusterDimension:
    wishes.kind.cluster = {value.clusterDim.x, value.clusterDim.y, value.clusterDim.z};
    return value.clusterDim.x ? Status()
                              : Status(npuErrorInvalidClusterSize, "a cluster has no blocks");
  case npuLaunchAttributeProgrammaticEvent:
    wishes.eventsAfter.push_back(value.programmaticEvent.event);
    return {};
  case npuLaunchAttributeLaunchCompletionEvent:
    wishes.eventsAfter.push_back(value.launchCompletionEvent.event);
    return {};
  case npuLaunchAttributeDeviceUpdatableKernelNode:
    return value.deviceUpdatableKernelNode.deviceUpdatable
               ? Status(npuErrorNotSupported, "kernels cannot update graph nodes")
               : Status();
  case npuLaunchAttributeIgnore:
  case npuLaunchAttributeAccessPolicyWindow:
  case npuLaunchAttributeSynchronizationPolicy:
  case npuLaunchAttributeClusterSchedulingPolicyPreference:
  case npuLaunchAttributeProgrammaticStreamSerialization:
  case npuLaunchAttributePriority:
  case npuLaunchAttributeMemSyncDomainMap:
  case npuLaunchAttributeMemSyncDomain:
  case npuLaunchAttributePreferredClusterDimension:
  case npuLaunchAttributePreferredSharedMemoryCarveout:
    return {};
  }
  return Status(npuErrorInvalidValue, "unknown launch attribute " + std::to_string(attribute.id));
}

Status readConfiguration(const npuLaunchConfig_t *configuration, Wishes &wishes) {
  if (!configuration || (configuration->numAttrs && !configuration->attrs))
    return Status(npuErrorInvalidValue, "the launch configuration or its attributes are null");
  for (unsigned i = 0; i < configuration->numAttrs; ++i)
    if (Status status = readAttribute(configuration->attrs[i], wishes); !status)
      return status;
  return {};
}

Status launchWith(const npuLaunchConfig_t *configuration, const void *function, void **arguments) {
  Wishes wishes;
  if (Status status = readConfiguration(configuration, wishes); !status)
    return status;
  if (Status status =
          launchKernel(function, configuration->gridDim, configuration->blockDim, arguments,
                       configuration->dynamicSmemBytes, configuration->stream, wishes.kind);
      !status)
    return status;
  for (npuEvent_t event : wishes.eventsAfter)
    if (Status status = recordEvent(event, configuration->stream); !status)
      return status;
  return {};
}

// The arguments of the launch that is being put together, per nesting level as configurations are.
thread_local std::vector<uint8_t> oldArguments;

Status launchInParts(const void *hostFunction) {
  std::vector<uint8_t> packed = std::move(oldArguments);
  oldArguments.clear();
  npuDim3 grid, block;
  size_t sharedBytes = 0;
  void *stream = nullptr;
  if (npuError_t error = popConfiguration(grid, block, sharedBytes, stream); error != npuSuccess)
    return Status(error, "npuConfigureCall must come before npuLaunch");
  std::shared_ptr<Function> function;
  if (Status status = findFunction(hostFunction, function); !status)
    return status;
  std::shared_ptr<const KernelImage> image;
  uint32_t index = 0;
  if (Status status = resolveFunction(*function, image, index); !status)
    return status;
  std::vector<void *> arguments;
  for (const KernelImage::Parameter &parameter : image->kernels[index].parameters) {
    if (size_t(parameter.offset) + parameter.size > packed.size())
      return Status(npuErrorInvalidValue, "npuSetupArgument has not set every argument");
    arguments.push_back(packed.data() + parameter.offset);
  }
  arguments.push_back(nullptr);
  return launchKernel(hostFunction, grid, block, arguments.data(), sharedBytes,
                      static_cast<npuStream_t>(stream));
}

// CUDA's largest parameter list.
constexpr size_t kMaxArgumentBytes = 32764;

} // namespace

extern "C" {

npuError_t npuLaunchKernelExC(const npuLaunchConfig_t *configuration, const void *function,
                              void **arguments) {
  return entry("npuLaunchKernelExC", trace(configuration, function, arguments),
               [&] { return launchWith(configuration, function, arguments); });
}

npuError_t npuConfigureCall(npuDim3 grid, npuDim3 block, size_t sharedBytes, npuStream_t stream) {
  return entry("npuConfigureCall", trace(grid, block, sharedBytes, stream), [&] {
    oldArguments.clear();
    return pushConfiguration(grid, block, sharedBytes, stream)
               ? Status()
               : Status(npuErrorMemoryAllocation, "out of host memory");
  });
}

npuError_t npuSetupArgument(const void *argument, size_t bytes, size_t offset) {
  return entry("npuSetupArgument", trace(argument, bytes, offset), [&] {
    if (!argument || bytes > kMaxArgumentBytes || offset > kMaxArgumentBytes - bytes)
      return Status(npuErrorInvalidValue, "no argument, or it lies beyond 32764 bytes");
    if (oldArguments.size() < offset + bytes)
      oldArguments.resize(offset + bytes);
    std::memcpy(oldArguments.data() + offset, argument, bytes);
    return Status();
  });
}

npuError_t npuLaunch(const void *function) {
  return entry("npuLaunch", trace(function), [&] { return launchInParts(function); });
}

npuError_t npuFuncGetParamInfo(const void *function, size_t index, size_t *offset, size_t *bytes) {
  return entry("npuFuncGetParamInfo", trace(function, index, offset, bytes), [&] {
    std::shared_ptr<Function> found;
    if (!offset)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findFunction(function, found); !status)
      return status;
    std::shared_ptr<const KernelImage> image;
    uint32_t kernel = 0;
    if (Status status = resolveFunction(*found, image, kernel); !status)
      return status;
    const auto &parameters = image->kernels[kernel].parameters;
    if (index >= parameters.size())
      return Status(npuErrorInvalidValue,
                    "the kernel has " + std::to_string(parameters.size()) + " parameters");
    *offset = parameters[index].offset;
    if (bytes)
      *bytes = parameters[index].size;
    return Status();
  });
}

npuError_t npuOccupancyMaxActiveClusters(int *clusters, const void *function,
                                         const npuLaunchConfig_t *configuration) {
  return entry("npuOccupancyMaxActiveClusters", trace(clusters, function, configuration), [&] {
    Wishes wishes;
    if (!clusters)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = readConfiguration(configuration, wishes); !status)
      return status;
    const npuDim3 &block = configuration->blockDim;
    int blocks = 0, processors = 0;
    npuError_t error = npuOccupancyMaxActiveBlocksPerMultiprocessor(
        &blocks, function, int(block.x * block.y * block.z), configuration->dynamicSmemBytes);
    if (error == npuSuccess)
      error = npuDeviceGetAttribute(&processors, npuDevAttrMultiProcessorCount, currentDevice());
    npuFuncAttributes compiled{};
    if (error == npuSuccess)
      error = npuFuncGetAttributes(&compiled, function);
    if (error != npuSuccess)
      return Status(error, "the occupancy is not known");
    const npuDim3 &asked = wishes.kind.cluster;
    const int each = asked.x ? int(asked.x * asked.y * asked.z)
                             : compiled.requiredClusterWidth * compiled.requiredClusterHeight *
                                   compiled.requiredClusterDepth;
    *clusters = blocks * processors / std::max(each, 1);
    return Status();
  });
}

npuError_t npuOccupancyMaxPotentialClusterSize(int *blocks, const void *function,
                                               const npuLaunchConfig_t *configuration) {
  return entry("npuOccupancyMaxPotentialClusterSize", trace(blocks, function, configuration), [&] {
    std::shared_ptr<Function> found;
    if (!blocks || !configuration)
      return Status(npuErrorInvalidValue, "the result or the configuration is null");
    if (Status status = findFunction(function, found); !status)
      return status;
    *blocks = int(found->largeClusters ? kLargeClusterBlocks : kClusterBlocks);
    return Status();
  });
}

} // extern "C"
