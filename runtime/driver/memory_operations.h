// Waits for values in memory and writes of them, as nodes of graphs. Any thread.
#pragma once

#include "driver_call.h"

namespace npu::driver_api {

Status addOperations(npudrv_graphNode *node, npudrv_graph graph,
                     const npudrv_graphNode *dependencies, size_t count,
                     const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters);
Status changeOperations(npudrv_graphNode node, const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters);
Status changeOperations(npudrv_graphExec exec, npudrv_graphNode node,
                        const NPU_BATCH_MEM_OP_NODE_PARAMS *parameters);

} // namespace npu::driver_api
