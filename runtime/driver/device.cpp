// Devices of the driver API: the runtime's, by the same numbers.
#include "array_formats.h"
#include "driver_call.h"

#include <algorithm>
#include <cstring>

using namespace npu;
using namespace npu::driver_api;

namespace {

Status propertiesOf(npudrv_device device, npuDeviceProp &properties) {
  return done(npuGetDeviceProperties(&properties, device));
}
// What only the driver API asks.
bool driverAttribute(int attribute, int &value) {
  switch (attribute) {
  case NPUDRV_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED:
    value = 1;
    return true;
  case NPUDRV_DEVICE_ATTRIBUTE_CAN_TEX2D_GATHER:
  case NPUDRV_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS:
  case NPUDRV_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR:
    value = 1;
    return true;
  case NPUDRV_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_HANDLE_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_KMT_HANDLE_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_GENERIC_COMPRESSION_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_DMA_BUF_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HANDLE_TYPE_FABRIC_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_UNIFIED_FUNCTION_POINTERS:
  case NPUDRV_DEVICE_ATTRIBUTE_MULTICAST_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_MPS_ENABLED:
  case NPUDRV_DEVICE_ATTRIBUTE_D3D12_CIG_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_VULKAN_CIG_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_MEM_DECOMPRESS_ALGORITHM_MASK:
  case NPUDRV_DEVICE_ATTRIBUTE_MEM_DECOMPRESS_MAXIMUM_LENGTH:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_NUMA_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_NUMA_MEMORY_POOLS_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_NUMA_MULTINODE_IPC_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_MEMORY_POOLS_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_HOST_ALLOC_DMA_BUF_SUPPORTED:
  case NPUDRV_DEVICE_ATTRIBUTE_ONLY_PARTIAL_HOST_NATIVE_ATOMIC_SUPPORTED:
    value = 0;
    return true;
  default:
    return false;
  }
}

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

} // namespace

extern "C" {

npudrv_result npudrvDeviceGet(npudrv_device *device, int ordinal) {
  return call(
      "cuDeviceGet",
      [&] {
        int count = 0;
        if (!device)
          return nullResult();
        if (Status status = done(npuGetDeviceCount(&count)); !status)
          return status;
        if (ordinal < 0 || ordinal >= count)
          return Status(npuErrorInvalidDevice, "there is no device " + std::to_string(ordinal));
        *device = ordinal;
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetCount(int *count) {
  return call(
      "cuDeviceGetCount", [&] { return done(npuGetDeviceCount(count)); }, Needs::Init);
}

npudrv_result npudrvDeviceGetName(char *name, int bytes, npudrv_device device) {
  return call(
      "cuDeviceGetName",
      [&] {
        npuDeviceProp properties;
        if (!name || bytes <= 0)
          return Status(npuErrorInvalidValue, "no room for the name");
        if (Status status = propertiesOf(device, properties); !status)
          return status;
        const size_t length = std::min(std::strlen(properties.name), size_t(bytes) - 1);
        std::memcpy(name, properties.name, length);
        name[length] = '\0';
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDeviceTotalMem(size_t *bytes, npudrv_device device) {
  return call(
      "cuDeviceTotalMem",
      [&] {
        npuDeviceProp properties;
        if (!bytes)
          return nullResult();
        Status status = propertiesOf(device, properties);
        if (status)
          *bytes = properties.totalGlobalMem;
        return status;
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetAttribute(int *value, npudrv_device_attribute attribute,
                                       npudrv_device device) {
  return call(
      "cuDeviceGetAttribute",
      [&] {
        int own = 0;
        if (!value || !driverAttribute(int(attribute), own))
          return done(npuDeviceGetAttribute(value, npuDeviceAttr(attribute), device));
        *value = own;
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetProperties(npudrv_devprop *properties, npudrv_device device) {
  return call(
      "cuDeviceGetProperties",
      [&] {
        npuDeviceProp all;
        if (!properties)
          return nullResult();
        if (Status status = propertiesOf(device, all); !status)
          return status;
        *properties = {};
        properties->maxThreadsPerBlock = all.maxThreadsPerBlock;
        std::copy_n(all.maxThreadsDim, 3, properties->maxThreadsDim);
        std::copy_n(all.maxGridSize, 3, properties->maxGridSize);
        properties->sharedMemPerBlock = int(all.sharedMemPerBlock);
        properties->totalConstantMemory = int(all.totalConstMem);
        properties->SIMDWidth = all.warpSize;
        properties->memPitch = int(std::min<size_t>(all.memPitch, INT32_MAX));
        properties->regsPerBlock = all.regsPerBlock;
        properties->clockRate = all.clockRate;
        properties->textureAlign = int(all.textureAlignment);
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDeviceComputeCapability(int *major, int *minor, npudrv_device device) {
  return call(
      "cuDeviceComputeCapability",
      [&] {
        npuDeviceProp properties;
        if (!major || !minor)
          return nullResult();
        if (Status status = propertiesOf(device, properties); !status)
          return status;
        *major = properties.major;
        *minor = properties.minor;
        return Status();
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetUuid(npuUUID_t *uuid, npudrv_device device) {
  return call(
      "cuDeviceGetUuid",
      [&] {
        npuDeviceProp properties;
        if (!uuid)
          return nullResult();
        Status status = propertiesOf(device, properties);
        if (status)
          *uuid = properties.uuid;
        return status;
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetPCIBusId(char *busId, int bytes, npudrv_device device) {
  return call(
      "cuDeviceGetPCIBusId", [&] { return done(npuDeviceGetPCIBusId(busId, bytes, device)); },
      Needs::Init);
}

npudrv_result npudrvDeviceGetByPCIBusId(npudrv_device *device, const char *busId) {
  return call(
      "cuDeviceGetByPCIBusId", [&] { return done(npuDeviceGetByPCIBusId(device, busId)); },
      Needs::Init);
}

npudrv_result npudrvDeviceCanAccessPeer(int *can, npudrv_device device, npudrv_device peer) {
  return call(
      "cuDeviceCanAccessPeer", [&] { return done(npuDeviceCanAccessPeer(can, device, peer)); },
      Needs::Init);
}

npudrv_result npudrvDeviceGetP2PAttribute(int *value, npudrv_device_P2PAttribute attribute,
                                          npudrv_device src, npudrv_device dst) {
  return call(
      "cuDeviceGetP2PAttribute",
      [&] { return done(npuDeviceGetP2PAttribute(value, npuDeviceP2PAttr(attribute), src, dst)); },
      Needs::Init);
}

npudrv_result npudrvDeviceGetTexture1DLinearMaxWidth(size_t *elements, npudrv_array_format format,
                                                     unsigned int channels, npudrv_device device) {
  return call(
      "cuDeviceGetTexture1DLinearMaxWidth",
      [&] {
        npuChannelFormatDesc description;
        Status status = describeFormat(format, channels, description);
        return status ? done(npuDeviceGetTexture1DLinearMaxWidth(elements, &description, device))
                      : status;
      },
      Needs::Init);
}

npudrv_result npudrvDeviceGetExecAffinitySupport(int *supported, npudrv_execAffinityType type,
                                                 npudrv_device device) {
  return call(
      "cuDeviceGetExecAffinitySupport",
      [&] {
        npuDeviceProp properties;
        if (!supported || type != NPUDRV_EXEC_AFFINITY_TYPE_SM_COUNT)
          return Status(npuErrorInvalidValue, "the result is null, or the type is unknown");
        *supported = 0;
        return propertiesOf(device, properties);
      },
      Needs::Init);
}

// Memory is the host's: what other devices write is there at once.
npudrv_result npudrvFlushGPUDirectRDMAWrites(npudrv_flushGPUDirectRDMAWritesTarget target,
                                             npudrv_flushGPUDirectRDMAWritesScope scope) {
  return call("cuFlushGPUDirectRDMAWrites", [&] {
    return target == NPUDRV_FLUSH_GPU_DIRECT_RDMA_WRITES_TARGET_CURRENT_CTX &&
                   (scope == NPUDRV_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_OWNER ||
                    scope == NPUDRV_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_ALL_DEVICES)
               ? Status()
               : Status(npuErrorInvalidValue, "unknown target or scope");
  });
}

} // extern "C"
