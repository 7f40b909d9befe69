// Parameters of graph nodes: the driver's and the runtime's. Contexts are looked at nowhere, since
// all of a device is in one. Plain functions.
#pragma once

#include "driver_call.h"

#include <cstring>
#include <vector>

namespace npu::driver_api {

// For structs of both APIs that have one layout, with pointers as numbers in the driver's.
template <class To, class From> To sameBytes(const From &from) {
  static_assert(sizeof(To) == sizeof(From), "both APIs have the same layout");
  To to;
  std::memcpy(static_cast<void *>(&to), &from, sizeof to);
  return to;
}

// A kernel's arguments may be packed: `places` is where they are.
struct KernelNode {
  npuKernelNodeParams parameters = {};
  std::vector<void *> places;
};
Status readKernel(const NPU_KERNEL_NODE_PARAMS *in, KernelNode &out);
void writeKernel(const npuKernelNodeParams &in, NPU_KERNEL_NODE_PARAMS &out);

Status readCopy(const NPU_MEMCPY3D *in, npuMemcpy3DParms &out);
Status writeCopy(const npuMemcpy3DParms &in, NPU_MEMCPY3D &out);

// Of any type. writeResults: what a call that makes a node tells.
struct AnyNode {
  npuGraphNodeParams parameters = {};
  KernelNode kernel;
};
Status readNode(const npudrv_graphNodeParams *in, AnyNode &out);
void writeResults(const AnyNode &in, npudrv_graphNodeParams &out);

} // namespace npu::driver_api
