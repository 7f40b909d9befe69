// Graphs and stream capture through the driver API: what the nodes do and what is told of them.
#include "expect.h"

#include <cuda.h>

#include <cstring>
#include <vector>

#define DRV(call) EXPECT((call) == CUDA_SUCCESS)
#define DRV_GIVES(call, error) EXPECT((call) == (error))

__global__ void addTo(int *x, int n, int value) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    x[i] += value;
}
__global__ void twice(int *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    x[i] *= 2;
}
__global__ void choose(cudaGraphConditionalHandle handle, const int *x) {
  cudaGraphSetConditional(handle, x[0] < 100);
}

static CUfunction handleOf(const void *kernel) {
  cudaFunction_t function = nullptr;
  OK(cudaGetFuncBySymbol(&function, kernel));
  return function;
}

constexpr int kCount = 64;
constexpr size_t kBytes = kCount * sizeof(int);

static int first(CUdeviceptr memory) {
  int value = 0;
  DRV(cuMemcpyDtoH(&value, memory, sizeof value));
  return value;
}

// ((x + 3) * 2), copied, three times.
static void captured() {
  CUdeviceptr x, copy;
  CUstream stream;
  DRV(cuMemAlloc(&x, kBytes));
  DRV(cuMemAlloc(&copy, kBytes));
  DRV(cuMemsetD32(x, 1, kCount));
  DRV(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_INVALIDATED;
  DRV(cuStreamIsCapturing(stream, &status));
  EXPECT(status == CU_STREAM_CAPTURE_STATUS_NONE);

  DRV(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  int n = kCount, three = 3;
  void *addArguments[] = {&x, &n, &three}, *twiceArguments[] = {&x, &n};
  DRV(cuLaunchKernel(handleOf((void *)addTo), 2, 1, 1, 32, 1, 1, 0, stream, addArguments, nullptr));
  cuuint64_t id = 0;
  CUgraph capturing = nullptr, graph = nullptr;
  const CUgraphNode *frontier = nullptr;
  const CUgraphEdgeData *edges = nullptr;
  size_t count = 0;
  DRV(cuStreamGetCaptureInfo(stream, &status, &id, &capturing, &frontier, &count));
  EXPECT(status == CU_STREAM_CAPTURE_STATUS_ACTIVE && id && capturing && count == 1);
  DRV(cuStreamGetCaptureInfo(stream, &status, &id, &capturing, &frontier, &edges, &count));
  EXPECT(count == 1 && !edges);
  DRV(cuLaunchKernel(handleOf((void *)twice), 1, 1, 1, 64, 1, 1, 0, stream, twiceArguments,
                     nullptr));
  DRV(cuMemcpyDtoDAsync(copy, x, kBytes, stream));
  DRV(cuStreamEndCapture(stream, &graph));
  EXPECT(graph == capturing && first(x) == 1);

  CUgraphNode nodes[4], from[4], to[4];
  count = 4;
  DRV(cuGraphGetNodes(graph, nodes, &count));
  EXPECT(count == 3);
  CUgraphNodeType types[3];
  for (int i = 0; i < 3; ++i)
    DRV(cuGraphNodeGetType(nodes[i], &types[i]));
  EXPECT(types[0] == CU_GRAPH_NODE_TYPE_KERNEL && types[1] == CU_GRAPH_NODE_TYPE_KERNEL &&
         types[2] == CU_GRAPH_NODE_TYPE_MEMCPY);
  count = 4;
  DRV(cuGraphGetEdges(graph, from, to, &count));
  EXPECT(count == 2 && from[0] == nodes[0] && to[1] == nodes[2]);
  CUgraphEdgeData data[4];
  std::memset(data, 1, sizeof data);
  DRV(cuGraphGetEdges(graph, from, to, data, &count));
  EXPECT(count == 2 && data[1].type == CU_GRAPH_DEPENDENCY_TYPE_DEFAULT);
  CUDA_KERNEL_NODE_PARAMS kernel;
  DRV(cuGraphKernelNodeGetParams(nodes[0], &kernel));
  EXPECT(kernel.func == handleOf((void *)addTo) && kernel.gridDimX == 2 && kernel.blockDimX == 32 &&
         *(int *)kernel.kernelParams[2] == 3);

  CUgraphExec exec;
  DRV(cuGraphInstantiate(&exec, graph, 0));
  DRV(cuGraphUpload(exec, stream));
  for (int i = 0; i < 3; ++i)
    DRV(cuGraphLaunch(exec, stream));
  DRV(cuStreamSynchronize(stream));
  EXPECT(first(copy) == 50); // 1, 8, 22, 50
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(graph));
  DRV_GIVES(cuStreamEndCapture(stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
  DRV(cuStreamDestroy(stream));
  DRV(cuMemFree(x));
  DRV(cuMemFree(copy));
}

struct Built {
  CUgraph graph;
  CUgraphNode fill, kernel, copy, host;
};

// x = 5; x += 7; out = rows 1 and 2 of x as 4 rows; calls += 1.
static Built build(CUdeviceptr x, int *out, int *calls) {
  Built built = {};
  DRV(cuGraphCreate(&built.graph, 0));
  CUDA_MEMSET_NODE_PARAMS fill = {x, 0, 5, 4, kCount, 1};
  DRV(cuGraphAddMemsetNode(&built.fill, built.graph, nullptr, 0, &fill, nullptr));
  struct {
    CUdeviceptr x;
    int n, value;
  } packed = {x, kCount, 7};
  size_t bytes = sizeof packed;
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   CU_LAUNCH_PARAM_END};
  CUDA_KERNEL_NODE_PARAMS kernel = {};
  kernel.kern = handleOf((void *)addTo);
  kernel.gridDimX = kernel.gridDimY = kernel.gridDimZ = 1;
  kernel.blockDimX = kCount, kernel.blockDimY = kernel.blockDimZ = 1;
  kernel.extra = extra;
  DRV(cuGraphAddKernelNode(&built.kernel, built.graph, &built.fill, 1, &kernel));
  CUDA_MEMCPY3D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = x;
  copy.srcPitch = kBytes / 4;
  copy.srcY = 1;
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = out;
  copy.WidthInBytes = kBytes / 4;
  copy.Height = 2;
  copy.Depth = 1;
  DRV(cuGraphAddMemcpyNode(&built.copy, built.graph, nullptr, 0, &copy, nullptr));
  DRV(cuGraphAddDependencies(built.graph, &built.kernel, &built.copy, nullptr, 1));
  CUDA_HOST_NODE_PARAMS host = {[](void *calls) { ++*static_cast<int *>(calls); }, calls};
  DRV(cuGraphAddHostNode(&built.host, built.graph, &built.copy, 1, &host));
  return built;
}

static void built() {
  CUdeviceptr x;
  int out[kCount] = {}, calls = 0;
  DRV(cuMemAlloc(&x, kBytes));
  const Built made = build(x, out, &calls);
  CUgraphExec exec;
  CUDA_GRAPH_INSTANTIATE_PARAMS how = {};
  DRV(cuGraphInstantiateWithParams(&exec, made.graph, &how));
  EXPECT(how.result_out == CUDA_GRAPH_INSTANTIATE_SUCCESS);
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(out[0] == 12 && out[31] == 12 && out[32] == 0 && calls == 1);

  // What is told of the nodes.
  CUDA_MEMSET_NODE_PARAMS fill = {};
  CUDA_MEMCPY3D copy = {};
  CUDA_HOST_NODE_PARAMS host = {};
  DRV(cuGraphMemsetNodeGetParams(made.fill, &fill));
  EXPECT(fill.dst == x && fill.value == 5 && fill.elementSize == 4 && fill.width == kCount);
  DRV(cuGraphMemcpyNodeGetParams(made.copy, &copy));
  EXPECT(copy.srcMemoryType == CU_MEMORYTYPE_DEVICE && copy.srcDevice == x + kBytes / 4 &&
         copy.dstHost == out && copy.WidthInBytes == kBytes / 4 && copy.Height == 2);
  DRV(cuGraphHostNodeGetParams(made.host, &host));
  EXPECT(host.userData == &calls);
  DRV_GIVES(cuGraphHostNodeGetParams(made.fill, &host), CUDA_ERROR_INVALID_VALUE);
  CUgraphNode neighbours[2];
  size_t count = 2;
  DRV(cuGraphNodeGetDependencies(made.copy, neighbours, &count));
  EXPECT(count == 1 && neighbours[0] == made.kernel);
  count = 2;
  DRV(cuGraphNodeGetDependentNodes(made.copy, neighbours, nullptr, &count));
  EXPECT(count == 1 && neighbours[0] == made.host);

  // The executable graph changes, the graph does not.
  fill.value = 100;
  DRV(cuGraphExecMemsetNodeSetParams(exec, made.fill, &fill, nullptr));
  DRV(cuGraphNodeSetEnabled(exec, made.kernel, 0));
  unsigned enabled = 1;
  DRV(cuGraphNodeGetEnabled(exec, made.kernel, &enabled));
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(!enabled && out[0] == 100 && calls == 2);
  CUgraphExecUpdateResultInfo information;
  DRV(cuGraphExecUpdate(exec, made.graph, &information));
  DRV(cuGraphNodeSetEnabled(exec, made.kernel, 1));
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(information.result == CU_GRAPH_EXEC_UPDATE_SUCCESS && out[0] == 12);
  CUgraph other;
  DRV(cuGraphCreate(&other, 0));
  DRV_GIVES(cuGraphExecUpdate(exec, other, &information), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
  EXPECT(information.result == CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
  DRV(cuGraphDestroy(other));
  DRV(cuGraphExecDestroy(exec));

  // A clone has nodes of its own.
  CUgraph clone;
  CUgraphNode same;
  DRV(cuGraphClone(&clone, made.graph));
  DRV(cuGraphNodeFindInClone(&same, made.kernel, clone));
  CUDA_KERNEL_NODE_PARAMS kernel;
  DRV(cuGraphKernelNodeGetParams(same, &kernel));
  int n = kCount, thousand = 1000;
  void *arguments[] = {&x, &n, &thousand};
  kernel.kernelParams = arguments;
  DRV(cuGraphKernelNodeSetParams(same, &kernel));
  DRV(cuGraphInstantiate(&exec, clone, 0));
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(out[0] == 1005);
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(clone));
  DRV(cuGraphDestroyNode(made.host));
  count = 0;
  DRV(cuGraphGetNodes(made.graph, nullptr, &count));
  EXPECT(count == 3);
  DRV(cuGraphDestroy(made.graph));
  DRV(cuMemFree(x));
}

// A child, events, and memory that the graph has by itself.
static void partsAndMemory() {
  CUdeviceptr x;
  int value = 0, calls = 0, out[kCount];
  DRV(cuMemAlloc(&x, kBytes));
  const Built child = build(x, out, &calls);
  CUgraph graph, inner;
  CUgraphNode childNode, record, empty, allocate, fill, copy, release;
  CUevent event;
  DRV(cuEventCreate(&event, CU_EVENT_DEFAULT));
  DRV(cuGraphCreate(&graph, 0));
  DRV(cuGraphAddChildGraphNode(&childNode, graph, nullptr, 0, child.graph));
  DRV(cuGraphChildGraphNodeGetGraph(childNode, &inner));
  size_t count = 0;
  DRV(cuGraphGetNodes(inner, nullptr, &count));
  EXPECT(count == 4);
  DRV(cuGraphAddEventRecordNode(&record, graph, &childNode, 1, event));
  CUevent found = nullptr;
  DRV(cuGraphEventRecordNodeGetEvent(record, &found));
  EXPECT(found == event);
  DRV(cuGraphAddEmptyNode(&empty, graph, &record, 1));
  CUDA_MEM_ALLOC_NODE_PARAMS memory = {};
  memory.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  memory.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  memory.bytesize = 256;
  DRV(cuGraphAddMemAllocNode(&allocate, graph, &empty, 1, &memory));
  EXPECT(memory.dptr != 0);
  CUgraphNodeParams any = {};
  any.type = CU_GRAPH_NODE_TYPE_MEMSET;
  any.memset.dst = memory.dptr;
  any.memset.value = 0x1234, any.memset.elementSize = 2;
  any.memset.width = 128, any.memset.height = 1;
  DRV(cuGraphAddNode(&fill, graph, &allocate, nullptr, 1, &any));
  any = {};
  any.type = CU_GRAPH_NODE_TYPE_MEMCPY;
  any.memcpy.copyParams.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  any.memcpy.copyParams.srcDevice = memory.dptr + 8;
  any.memcpy.copyParams.dstMemoryType = CU_MEMORYTYPE_HOST;
  any.memcpy.copyParams.dstHost = &value;
  any.memcpy.copyParams.WidthInBytes = 4;
  any.memcpy.copyParams.Height = any.memcpy.copyParams.Depth = 1;
  DRV(cuGraphAddNode(&copy, graph, &fill, 1, &any));
  DRV(cuGraphAddMemFreeNode(&release, graph, &copy, 1, memory.dptr));
  CUdeviceptr freed = 0;
  DRV(cuGraphMemFreeNodeGetParams(release, &freed));
  EXPECT(freed == memory.dptr);
  CUgraphExec exec;
  DRV(cuGraphInstantiateWithFlags(&exec, graph, 0));
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuEventSynchronize(event));
  DRV(cuCtxSynchronize());
  EXPECT(calls == 1 && first(x) == 12 && value == 0x12341234);
  cuuint64_t used = 1;
  DRV(cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, &used));
  EXPECT(used == 0);
  DRV(cuDeviceGraphMemTrim(0));
  DRV_GIVES(cuGraphDebugDotPrint(graph, "/nonexistent/graph.dot", CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE),
            CUDA_ERROR_OPERATING_SYSTEM);
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(graph));
  DRV(cuGraphDestroy(child.graph));
  DRV(cuEventDestroy(event));
  DRV(cuMemFree(x));
}

// While x[0] < 100.
static void conditional() {
  CUdeviceptr x;
  DRV(cuMemAlloc(&x, kBytes));
  DRV(cuMemsetD32(x, 3, kCount));
  CUgraph graph;
  DRV(cuGraphCreate(&graph, 0));
  CUgraphConditionalHandle handle = 0;
  DRV(cuGraphConditionalHandleCreate(&handle, graph, nullptr, 1, CU_GRAPH_COND_ASSIGN_DEFAULT));
  CUgraphNodeParams loop = {};
  loop.type = CU_GRAPH_NODE_TYPE_CONDITIONAL;
  loop.conditional.handle = handle;
  loop.conditional.type = CU_GRAPH_COND_TYPE_WHILE;
  loop.conditional.size = 1;
  CUgraphNode node, doubled, chosen;
  DRV(cuGraphAddNode(&node, graph, nullptr, 0, &loop));
  CUgraph body = loop.conditional.phGraph_out[0];
  int n = kCount;
  void *twiceArguments[] = {&x, &n}, *chooseArguments[] = {&handle, &x};
  CUDA_KERNEL_NODE_PARAMS kernel = {};
  kernel.func = handleOf((void *)twice);
  kernel.gridDimX = kernel.gridDimY = kernel.gridDimZ = 1;
  kernel.blockDimX = kCount, kernel.blockDimY = kernel.blockDimZ = 1;
  kernel.kernelParams = twiceArguments;
  DRV(cuGraphAddKernelNode(&doubled, body, nullptr, 0, &kernel));
  kernel.func = handleOf((void *)choose);
  kernel.blockDimX = 1;
  kernel.kernelParams = chooseArguments;
  DRV(cuGraphAddKernelNode(&chosen, body, &doubled, 1, &kernel));
  CUgraphExec exec;
  DRV(cuGraphInstantiate(&exec, graph, 0));
  DRV(cuGraphLaunch(exec, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(first(x) == 192);
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(graph));
  DRV(cuMemFree(x));
}

static void userObjects() {
  static int destroyed = 0;
  CUuserObject object;
  CUgraph graph;
  DRV(cuUserObjectCreate(
      &object, &destroyed, [](void *count) { ++*static_cast<int *>(count); }, 1,
      CU_USER_OBJECT_NO_DESTRUCTOR_SYNC));
  DRV(cuGraphCreate(&graph, 0));
  DRV(cuGraphRetainUserObject(graph, object, 1, CU_GRAPH_USER_OBJECT_MOVE));
  EXPECT(destroyed == 0);
  DRV(cuGraphDestroy(graph));
  EXPECT(destroyed == 1);
}

int main() {
  CUcontext context;
  DRV(cuInit(0));
  DRV(cuCtxCreate(&context, 0, 0));
  captured();
  built();
  partsAndMemory();
  conditional();
  userObjects();
  CUgraphNodeParams unknown = {};
  unknown.type = CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL;
  CUgraph graph;
  CUgraphNode node;
  DRV(cuGraphCreate(&graph, 0));
  DRV_GIVES(cuGraphAddNode(&node, graph, nullptr, 0, &unknown), CUDA_ERROR_NOT_SUPPORTED);
  DRV(cuGraphDestroy(graph));
  DRV(cuCtxDestroy(context));
  return finish();
}
