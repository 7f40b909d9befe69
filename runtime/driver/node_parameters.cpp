// See node_parameters.h. Positions and widths of arrays are bytes in the driver and elements in the
// runtime.
#include "node_parameters.h"

#include "context.h"
#include "kernel_arguments.h"

#include "src/memory.h"

namespace npu::driver_api {
namespace {

Status isNull() { return Status(npuErrorInvalidValue, "the parameters are null"); }

Status elementBytes(npuArray_t array, size_t &bytes) {
  npuChannelFormatDesc format = {};
  Status status = done(npuGetChannelDesc(&format, array));
  bytes = size_t(format.x + format.y + format.z + format.w) / 8;
  return status;
}

// One side of a copy: the driver's fields in, the runtime's out.
struct Side {
  npudrv_memorytype type;
  size_t x, y, z, level; // x in bytes
  const void *host;
  npudrv_deviceptr device;
  npudrv_array array;
  size_t pitch, rows; // of memory; 0 for one row, one slice
};

Status readSide(const Side &side, const NPU_MEMCPY3D &copy, npuArray_t &array, npuPos &position,
                npuPitchedPtr &pointer, size_t &bytes) {
  if (side.level)
    return Status(npuErrorInvalidValue, "a copy has no level of detail: it must be 0");
  if (side.type == NPUDRV_MEMORYTYPE_ARRAY) {
    if (Status status = elementBytes(side.array, bytes); !status)
      return status;
    if (side.x % bytes || copy.WidthInBytes % bytes)
      return Status(npuErrorInvalidValue, "the copy begins or ends inside of an array's element");
    array = side.array;
    position = {side.x / bytes, side.y, side.z};
    return {};
  }
  const bool onHost = side.type == NPUDRV_MEMORYTYPE_HOST;
  const size_t pitch = side.pitch ? side.pitch : side.x + copy.WidthInBytes;
  const size_t rows = side.rows ? side.rows : side.y + copy.Height;
  char *start = onHost ? static_cast<char *>(const_cast<void *>(side.host))
                       : static_cast<char *>(address(side.device));
  if (!start || pitch < side.x + copy.WidthInBytes)
    return Status(npuErrorInvalidValue, "no memory, or a pitch smaller than a row");
  start += side.x + side.y * pitch + side.z * pitch * rows;
  pointer = {start, pitch, pitch, rows};
  return {};
}

// Memory is told of as what it is: the runtime does not keep what it was called.
Side writeSide(npuArray_t array, const npuPos &position, const npuPitchedPtr &pointer,
               size_t bytes) {
  Side side = {};
  if (array) {
    side.type = NPUDRV_MEMORYTYPE_ARRAY;
    side.array = array;
    side.x = position.x * bytes;
  } else {
    core::Allocation allocation;
    const bool onDevice = core::findAllocation(pointer.ptr, allocation) &&
                          allocation.kind != core::MemoryKind::Pinned &&
                          allocation.kind != core::MemoryKind::Registered;
    side.type = onDevice ? NPUDRV_MEMORYTYPE_DEVICE : NPUDRV_MEMORYTYPE_HOST;
    side.host = onDevice ? nullptr : pointer.ptr;
    side.device = onDevice ? number(pointer.ptr) : 0;
    side.x = position.x;
    side.pitch = pointer.pitch;
    side.rows = pointer.ysize;
  }
  side.y = position.y;
  side.z = position.z;
  return side;
}

static_assert(sizeof(NPU_MEMSET_NODE_PARAMS) == sizeof(npuMemsetParams) &&
                  sizeof(NPU_HOST_NODE_PARAMS) == sizeof(npuHostNodeParams) &&
                  sizeof(NPU_MEM_ALLOC_NODE_PARAMS) == sizeof(npuMemAllocNodeParams) &&
                  sizeof(NPU_GRAPH_INSTANTIATE_PARAMS) == sizeof(npuGraphInstantiateParams) &&
                  sizeof(npudrv_graphExecUpdateResultInfo) ==
                      sizeof(npuGraphExecUpdateResultInfo) &&
                  sizeof(npudrv_graphEdgeData) == sizeof(npuGraphEdgeData) &&
                  sizeof(npudrv_launchAttributeValue) == sizeof(npuLaunchAttributeValue),
              "what is handed over as it is has one layout in both APIs");

npuMemsetParams fillOf(const NPU_MEMSET_NODE_PARAMS_v2 &in) {
  return {address(in.dst), in.pitch, in.value, in.elementSize, in.width, in.height};
}

} // namespace

Status readKernel(const NPU_KERNEL_NODE_PARAMS *in, KernelNode &out) {
  if (!in)
    return isNull();
  npudrv_function function = in->func ? in->func : in->kern;
  void **parameters = in->kernelParams;
  if (Status status = readParameters(function, parameters, in->extra, out.places); !status)
    return status;
  out.parameters = {function,
                    {in->gridDimX, in->gridDimY, in->gridDimZ},
                    {in->blockDimX, in->blockDimY, in->blockDimZ},
                    in->sharedMemBytes,
                    parameters,
                    nullptr};
  return {};
}

void writeKernel(const npuKernelNodeParams &in, NPU_KERNEL_NODE_PARAMS &out) {
  out = {};
  out.func = static_cast<npudrv_function>(in.func);
  out.gridDimX = in.gridDim.x;
  out.gridDimY = in.gridDim.y;
  out.gridDimZ = in.gridDim.z;
  out.blockDimX = in.blockDim.x;
  out.blockDimY = in.blockDim.y;
  out.blockDimZ = in.blockDim.z;
  out.sharedMemBytes = in.sharedMemBytes;
  out.kernelParams = in.kernelParams;
  out.ctx = currentContext();
}

Status readCopy(const NPU_MEMCPY3D *in, npuMemcpy3DParms &out) {
  if (!in)
    return isNull();
  const Side src = {in->srcMemoryType, in->srcXInBytes, in->srcY,     in->srcZ,     in->srcLOD,
                    in->srcHost,       in->srcDevice,   in->srcArray, in->srcPitch, in->srcHeight};
  const Side dst = {in->dstMemoryType, in->dstXInBytes, in->dstY,     in->dstZ,     in->dstLOD,
                    in->dstHost,       in->dstDevice,   in->dstArray, in->dstPitch, in->dstHeight};
  out = {};
  size_t bytes = 1; // of what the width counts
  if (Status status = readSide(src, *in, out.srcArray, out.srcPos, out.srcPtr, bytes); !status)
    return status;
  if (Status status = readSide(dst, *in, out.dstArray, out.dstPos, out.dstPtr, bytes); !status)
    return status;
  out.extent = {in->WidthInBytes / bytes, in->Height, in->Depth};
  out.kind = npuMemcpyDefault;
  return {};
}

Status writeCopy(const npuMemcpy3DParms &in, NPU_MEMCPY3D &out) {
  size_t bytes = 1;
  if (in.srcArray || in.dstArray)
    if (Status status = elementBytes(in.srcArray ? in.srcArray : in.dstArray, bytes); !status)
      return status;
  const Side src = writeSide(in.srcArray, in.srcPos, in.srcPtr, bytes);
  const Side dst = writeSide(in.dstArray, in.dstPos, in.dstPtr, bytes);
  out = {};
  out.srcMemoryType = src.type;
  out.srcXInBytes = src.x;
  out.srcY = src.y;
  out.srcZ = src.z;
  out.srcHost = src.host;
  out.srcDevice = src.device;
  out.srcArray = src.array;
  out.srcPitch = src.pitch;
  out.srcHeight = src.rows;
  out.dstMemoryType = dst.type;
  out.dstXInBytes = dst.x;
  out.dstY = dst.y;
  out.dstZ = dst.z;
  out.dstHost = const_cast<void *>(dst.host);
  out.dstDevice = dst.device;
  out.dstArray = dst.array;
  out.dstPitch = dst.pitch;
  out.dstHeight = dst.rows;
  out.WidthInBytes = in.extent.width * bytes;
  out.Height = in.extent.height;
  out.Depth = in.extent.depth;
  return {};
}

Status readNode(const npudrv_graphNodeParams *in, AnyNode &out) {
  if (!in)
    return isNull();
  npuGraphNodeParams &to = out.parameters;
  to.type = npuGraphNodeType(in->type);
  switch (in->type) {
  case NPUDRV_GRAPH_NODE_TYPE_KERNEL: {
    Status status = readKernel(&in->kernel, out.kernel);
    to.kernel = out.kernel.parameters;
    return status;
  }
  case NPUDRV_GRAPH_NODE_TYPE_MEMCPY:
    return readCopy(&in->memcpy.copyParams, to.memcpy.copyParams);
  case NPUDRV_GRAPH_NODE_TYPE_MEMSET:
    to.memset = fillOf(in->memset);
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_HOST:
    to.host = {in->host.fn, in->host.userData};
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_GRAPH:
    to.graph.graph = in->graph.graph;
    return in->graph.ownership == NPUDRV_GRAPH_CHILD_GRAPH_OWNERSHIP_CLONE
               ? Status()
               : Status(npuErrorNotSupported, "a child graph is cloned, not moved");
  case NPUDRV_GRAPH_NODE_TYPE_WAIT_EVENT:
    to.eventWait.event = in->eventWait.event;
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_EVENT_RECORD:
    to.eventRecord.event = in->eventRecord.event;
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_MEM_ALLOC:
    to.alloc = sameBytes<npuMemAllocNodeParams>(in->alloc);
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_MEM_FREE:
    to.free.dptr = address(in->free.dptr);
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_CONDITIONAL:
    to.conditional = {in->conditional.handle, npuGraphConditionalNodeType(in->conditional.type),
                      in->conditional.size, nullptr};
    return {};
  case NPUDRV_GRAPH_NODE_TYPE_EMPTY:
  case NPUDRV_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL:
  case NPUDRV_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT:
    return {}; // the runtime's answer
  case NPUDRV_GRAPH_NODE_TYPE_BATCH_MEM_OP:
    break; // memory_operations.h
  }
  return Status(npuErrorInvalidValue, "unknown node type " + std::to_string(int(in->type)));
}

void writeResults(const AnyNode &in, npudrv_graphNodeParams &out) {
  if (out.type == NPUDRV_GRAPH_NODE_TYPE_MEM_ALLOC)
    out.alloc.dptr = number(in.parameters.alloc.dptr);
  if (out.type == NPUDRV_GRAPH_NODE_TYPE_CONDITIONAL)
    out.conditional.phGraph_out = in.parameters.conditional.phGraph_out;
}

} // namespace npu::driver_api
