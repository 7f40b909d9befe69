// Graphs built by calls: every node type, what is told of them, changes, and running them.
#include "expect.h"

#include <cassert>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

constexpr int kCount = 1000;

__global__ void add(int *values, int count, int what) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    values[i] += what;
}
__global__ void scale(int *values, int count, int what) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    values[i] *= what;
}
__device__ int table[kCount];
__global__ void addTable(int *values, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    values[i] += table[i];
}

struct Work {
  cudaGraph_t graph;
  cudaGraphNode_t copyIn, fill, add, scale, host, copyOut;
};
int device = 0, hostCalls = 0;
int *values, *scratch, *in, *out;

cudaKernelNodeParams kernel(void *function, void **arguments) {
  cudaKernelNodeParams parameters = {0};
  parameters.func = function;
  parameters.gridDim = dim3((kCount + 127) / 128);
  parameters.blockDim = dim3(128);
  parameters.kernelParams = arguments;
  return parameters;
}

void count(void *calls) { ++*static_cast<int *>(calls); }

// values = (in + 5) * 3 -> out
Work build(int addend, int factor) {
  Work w;
  int n = kCount;
  OK(cudaGraphCreate(&w.graph, 0));
  OK(cudaGraphAddMemcpyNode1D(&w.copyIn, w.graph, nullptr, 0, values, in, kCount * sizeof(int),
                              cudaMemcpyHostToDevice));
  cudaMemsetParams fill = {0};
  fill.dst = scratch;
  fill.value = 7;
  fill.elementSize = 4;
  fill.width = kCount;
  fill.height = 1;
  OK(cudaGraphAddMemsetNode(&w.fill, w.graph, nullptr, 0, &fill));
  void *addArguments[] = {&values, &n, &addend};
  cudaKernelNodeParams p = kernel((void *)add, addArguments);
  OK(cudaGraphAddKernelNode(&w.add, w.graph, &w.copyIn, 1, &p));
  void *scaleArguments[] = {&values, &n, &factor};
  p = kernel((void *)scale, scaleArguments);
  OK(cudaGraphAddKernelNode(&w.scale, w.graph, &w.add, 1, &p));
  cudaHostNodeParams host = {0};
  host.fn = count;
  host.userData = &hostCalls;
  cudaGraphNode_t both[] = {w.scale, w.fill};
  OK(cudaGraphAddHostNode(&w.host, w.graph, both, 2, &host));
  cudaMemcpy3DParms copy = {0};
  copy.srcPtr = make_cudaPitchedPtr(values, kCount * sizeof(int), kCount, 1);
  copy.dstPtr = make_cudaPitchedPtr(out, kCount * sizeof(int), kCount, 1);
  copy.extent = make_cudaExtent(kCount * sizeof(int), 1, 1);
  copy.kind = cudaMemcpyDeviceToHost;
  OK(cudaGraphAddMemcpyNode(&w.copyOut, w.graph, &w.host, 1, &copy));
  return w;
}

bool outIs(int addend, int factor) {
  for (int i = 0; i < kCount; ++i)
    if (out[i] != (i + addend) * factor)
      return false;
  return true;
}

void structure() {
  Work w = build(5, 3);
  size_t number = 0;
  OK(cudaGraphGetNodes(w.graph, nullptr, &number));
  EXPECT(number == 6);
  std::vector<cudaGraphNode_t> nodes(number + 2, w.add);
  number += 2;
  OK(cudaGraphGetNodes(w.graph, nodes.data(), &number));
  EXPECT(number == 6 && nodes[6] == nullptr);
  OK(cudaGraphGetRootNodes(w.graph, nullptr, &number));
  EXPECT(number == 2);
  OK(cudaGraphGetEdges(w.graph, nullptr, nullptr, &number));
  EXPECT(number == 5);
  OK(cudaGraphNodeGetDependencies(w.host, nullptr, &number));
  EXPECT(number == 2);
  OK(cudaGraphNodeGetDependentNodes(w.copyIn, nodes.data(), &number));
  EXPECT(number == 1 && nodes[0] == w.add);
  cudaGraphNodeType type;
  OK(cudaGraphNodeGetType(w.fill, &type));
  EXPECT(type == cudaGraphNodeTypeMemset);
  GIVES(cudaGraphAddDependencies(w.graph, &w.copyIn, &w.add, 1), cudaErrorInvalidValue);
  GIVES(cudaGraphRemoveDependencies(w.graph, &w.fill, &w.add, 1), cudaErrorInvalidValue);

  // A cycle is found when the graph is made executable.
  OK(cudaGraphAddDependencies(w.graph, &w.scale, &w.copyIn, 1));
  cudaGraphExec_t exec;
  GIVES(cudaGraphInstantiate(&exec, w.graph, nullptr, nullptr, 0), cudaErrorInvalidValue);
  OK(cudaGraphRemoveDependencies(w.graph, &w.scale, &w.copyIn, 1));

  cudaKernelNodeParams p;
  OK(cudaGraphKernelNodeGetParams(w.add, &p));
  EXPECT(p.func == (void *)add && p.blockDim.x == 128 && *(int *)p.kernelParams[2] == 5);
  GIVES(cudaGraphKernelNodeGetParams(w.fill, &p), cudaErrorInvalidValue);
  cudaMemsetParams fill;
  OK(cudaGraphMemsetNodeGetParams(w.fill, &fill));
  EXPECT(fill.dst == scratch && fill.value == 7 && fill.width == kCount);

  cudaGraph_t clone;
  cudaGraphNode_t inClone;
  OK(cudaGraphClone(&clone, w.graph));
  OK(cudaGraphNodeFindInClone(&inClone, w.add, clone));
  EXPECT(inClone != w.add);
  OK(cudaGraphDestroyNode(inClone));
  GIVES(cudaGraphNodeFindInClone(&inClone, w.add, clone), cudaErrorInvalidValue);
  OK(cudaGraphDestroy(clone));
  OK(cudaGraphDestroy(w.graph));
  GIVES(cudaGraphDestroy(w.graph), cudaErrorInvalidValue);
  cudaGetLastError();
}

void running(cudaStream_t stream) {
  Work w = build(5, 3);
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, w.graph, 0));
  hostCalls = 0;
  for (int round = 1; round <= 20; ++round) {
    std::memset(out, 0, kCount * sizeof(int));
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaStreamSynchronize(stream));
    EXPECT(outIs(5, 3));
    EXPECT(hostCalls == round);
  }
  int filled = 0;
  OK(cudaMemcpy(&filled, scratch + kCount - 1, sizeof filled, cudaMemcpyDeviceToHost));
  EXPECT(filled == 7);

  // New parameters of one node of the executable graph, the graph itself unchanged.
  int n = kCount, addend = 11;
  void *arguments[] = {&values, &n, &addend};
  cudaKernelNodeParams p = kernel((void *)add, arguments);
  OK(cudaGraphExecKernelNodeSetParams(exec, w.add, &p));
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaStreamSynchronize(stream));
  EXPECT(outIs(11, 3));
  GIVES(cudaGraphExecKernelNodeSetParams(exec, w.fill, &p), cudaErrorInvalidValue);

  // The whole executable graph from a graph of the same shape, in both spellings.
  Work other = build(2, 9);
  cudaGraphExecUpdateResultInfo information;
  OK(cudaGraphExecUpdate(exec, other.graph, &information));
  EXPECT(information.result == cudaGraphExecUpdateSuccess);
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaStreamSynchronize(stream));
  EXPECT(outIs(2, 9));
  cudaGraphNode_t extra, errorNode;
  cudaGraphExecUpdateResult result;
  OK(cudaGraphAddEmptyNode(&extra, other.graph, nullptr, 0));
  GIVES(cudaGraphExecUpdate(exec, other.graph, &errorNode, &result),
        cudaErrorGraphExecUpdateFailure);
  EXPECT(result == cudaGraphExecUpdateErrorTopologyChanged);

  // A disabled node does nothing.
  OK(cudaGraphNodeSetEnabled(exec, w.add, 0));
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaStreamSynchronize(stream));
  EXPECT(outIs(0, 9));
  unsigned enabled = 1;
  OK(cudaGraphNodeGetEnabled(exec, w.add, &enabled));
  EXPECT(enabled == 0);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(w.graph));
  OK(cudaGraphDestroy(other.graph));
  GIVES(cudaGraphLaunch(exec, stream), cudaErrorInvalidValue);
  cudaGetLastError();
}

// Nodes of CUDA 12's single call, a child graph, events and variables.
void everyNode(cudaStream_t stream) {
  cudaGraph_t graph, child;
  cudaGraphNode_t toTable, start, kernelNode, childNode, end, inner;
  cudaEvent_t before, after;
  std::vector<int> tableValues(kCount);
  for (int i = 0; i < kCount; ++i)
    tableValues[i] = 3 * i;
  OK(cudaEventCreate(&before));
  OK(cudaEventCreate(&after));
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaGraphCreate(&child, 0));
  int n = kCount;
  void *arguments[] = {&values, &n};
  cudaGraphNodeParams any = {};
  any.type = cudaGraphNodeTypeKernel;
  any.kernel.func = (void *)addTable;
  any.kernel.gridDim = dim3((kCount + 127) / 128);
  any.kernel.blockDim = dim3(128);
  any.kernel.kernelParams = arguments;
  OK(cudaGraphAddMemcpyNodeToSymbol(&toTable, graph, nullptr, 0, table, tableValues.data(),
                                    kCount * sizeof(int), 0, cudaMemcpyHostToDevice));
  OK(cudaGraphAddEventRecordNode(&start, graph, &toTable, 1, before));
  OK(cudaGraphAddNode(&kernelNode, graph, &start, 1, &any));
  OK(cudaGraphAddMemcpyNode1D(&inner, child, nullptr, 0, out, values, kCount * sizeof(int),
                              cudaMemcpyDeviceToHost));
  OK(cudaGraphAddChildGraphNode(&childNode, graph, &kernelNode, 1, child));
  OK(cudaGraphAddEventRecordNode(&end, graph, &childNode, 1, after));
  cudaGraph_t embedded;
  OK(cudaGraphChildGraphNodeGetGraph(childNode, &embedded));
  size_t number = 0;
  OK(cudaGraphGetNodes(embedded, nullptr, &number));
  EXPECT(number == 1 && embedded != child);

  cudaGraphExec_t exec;
  OK(cudaGraphInstantiateWithFlags(&exec, graph, 0));
  OK(cudaMemset(values, 0, kCount * sizeof(int)));
  OK(cudaDeviceSynchronize());
  OK(cudaGraphUpload(exec, stream));
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaEventSynchronize(after));
  bool right = true;
  for (int i = 0; i < kCount; ++i)
    right &= out[i] == 3 * i;
  EXPECT(right);
  float milliseconds = -1;
  OK(cudaEventElapsedTime(&milliseconds, before, after));
  EXPECT(milliseconds >= 0);

  std::string path = "/tmp/graph_test_" + std::to_string((unsigned long)(size_t)graph) + ".dot";
  OK(cudaGraphDebugDotPrint(graph, path.c_str(), cudaGraphDebugDotFlagsVerbose));
  char text[4096] = {};
  if (FILE *file = std::fopen(path.c_str(), "r")) {
    EXPECT(std::fread(text, 1, sizeof text - 1, file) > 0);
    std::fclose(file);
  }
  EXPECT(std::strstr(text, "digraph") && std::strstr(text, "addTable") && std::strstr(text, "->"));
  std::remove(path.c_str());

  any.type = cudaGraphNodeTypeExtSemaphoreSignal;
  GIVES(cudaGraphAddNode(&inner, graph, nullptr, 0, &any), cudaErrorNotSupported);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(child));
  OK(cudaGraphDestroy(graph));
  OK(cudaEventDestroy(before));
  OK(cudaEventDestroy(after));
  cudaGetLastError();
}

void memory(cudaStream_t stream) {
  cudaGraph_t graph;
  cudaGraphNode_t allocate, fill, copy, release;
  OK(cudaGraphCreate(&graph, 0));
  cudaMemAllocNodeParams parameters = {};
  parameters.poolProps.allocType = cudaMemAllocationTypePinned;
  parameters.poolProps.location.type = cudaMemLocationTypeDevice;
  parameters.bytesize = kCount * sizeof(int);
  OK(cudaGraphAddMemAllocNode(&allocate, graph, nullptr, 0, &parameters));
  EXPECT(parameters.dptr != nullptr);
  cudaMemsetParams set = {0};
  set.dst = parameters.dptr;
  set.value = 0x21;
  set.elementSize = 1;
  set.width = kCount * sizeof(int);
  set.height = 1;
  OK(cudaGraphAddMemsetNode(&fill, graph, &allocate, 1, &set));
  OK(cudaGraphAddMemcpyNode1D(&copy, graph, &fill, 1, out, parameters.dptr, kCount * sizeof(int),
                              cudaMemcpyDeviceToHost));
  cudaGraphExec_t leaking, exec;
  OK(cudaGraphInstantiate(&leaking, graph, 0));
  OK(cudaGraphLaunch(leaking, stream));
  GIVES(cudaGraphLaunch(leaking, stream), cudaErrorInvalidValue);
  OK(cudaStreamSynchronize(stream));
  EXPECT(out[0] == 0x21212121 && out[kCount - 1] == 0x21212121);
  unsigned long long used = 0;
  OK(cudaDeviceGetGraphMemAttribute(device, cudaGraphMemAttrUsedMemCurrent, &used));
  EXPECT(used == kCount * sizeof(int));
  OK(cudaFreeAsync(parameters.dptr, stream));
  GIVES(cudaFree(parameters.dptr), cudaErrorInvalidValue);
  OK(cudaGraphExecDestroy(leaking));

  OK(cudaGraphAddMemFreeNode(&release, graph, &copy, 1, parameters.dptr));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  for (int round = 0; round < 3; ++round)
    OK(cudaGraphLaunch(exec, stream));
  OK(cudaStreamSynchronize(stream));
  OK(cudaDeviceGetGraphMemAttribute(device, cudaGraphMemAttrUsedMemCurrent, &used));
  EXPECT(used == 0);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaDeviceGraphMemTrim(device));
  OK(cudaDeviceGetGraphMemAttribute(device, cudaGraphMemAttrReservedMemCurrent, &used));
  EXPECT(used == 0);
  cudaGetLastError();
}

int destroyed = 0;
struct Resource {
  ~Resource() { ++destroyed; }
};

void userObjects() {
  cudaGraph_t graph;
  cudaUserObject_t object;
  cudaGraphExec_t exec;
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaUserObjectCreate(&object, new Resource, 1, cudaUserObjectNoDestructorSync));
  OK(cudaGraphRetainUserObject(graph, object, 1, cudaGraphUserObjectMove));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphDestroy(graph));
  EXPECT(destroyed == 0);
  OK(cudaGraphExecDestroy(exec));
  EXPECT(destroyed == 1);
  GIVES(cudaUserObjectRelease(object), cudaErrorInvalidValue);
  cudaGetLastError();
}

__global__ void fail(int zero) { assert(zero != 0); }

// A failed node stops the rest of the graph, and the wait says why. The last test: it is final.
void failure(cudaStream_t stream) {
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  OK(cudaMemset(values, 0, sizeof(int)));
  OK(cudaDeviceSynchronize());
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  fail<<<1, 1, 0, stream>>>(0);
  add<<<1, 128, 0, stream>>>(values, 1, 5);
  OK(cudaStreamEndCapture(stream, &graph));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, stream));
  GIVES(cudaStreamSynchronize(stream), cudaErrorAssert);
  EXPECT(values[0] == 0); // the host reaches device memory here
}

void pause(void *) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

// As a copy to pageable memory in a stream, one in a graph is done when the call returns.
void pageable(cudaStream_t stream) {
  std::vector<int> result(kCount, -1);
  cudaGraph_t graph;
  cudaGraphNode_t host, copy;
  cudaGraphExec_t exec;
  OK(cudaMemcpy(values, in, kCount * sizeof(int), cudaMemcpyHostToDevice));
  OK(cudaGraphCreate(&graph, 0));
  cudaHostNodeParams slow = {0};
  slow.fn = pause;
  OK(cudaGraphAddHostNode(&host, graph, nullptr, 0, &slow));
  OK(cudaGraphAddMemcpyNode1D(&copy, graph, &host, 1, result.data(), values, kCount * sizeof(int),
                              cudaMemcpyDeviceToHost));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, stream));
  EXPECT(result[kCount - 1] == kCount - 1);
  // Pinned memory is not waited for.
  out[0] = -1;
  OK(cudaGraphExecMemcpyNodeSetParams1D(exec, copy, out, values, kCount * sizeof(int),
                                        cudaMemcpyDeviceToHost));
  OK(cudaGraphLaunch(exec, stream));
  EXPECT(cudaStreamQuery(stream) == cudaErrorNotReady);
  OK(cudaStreamSynchronize(stream));
  EXPECT(out[kCount - 1] == kCount - 1);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
}

int main() {
  OK(cudaMalloc(&values, kCount * sizeof(int)));
  OK(cudaMalloc(&scratch, kCount * sizeof(int)));
  OK(cudaMallocHost(&in, kCount * sizeof(int)));
  OK(cudaMallocHost(&out, kCount * sizeof(int)));
  for (int i = 0; i < kCount; ++i)
    in[i] = i;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  structure();
  running(stream);
  everyNode(stream);
  memory(stream);
  pageable(stream);
  userObjects();
  failure(stream);
  return finish();
}
