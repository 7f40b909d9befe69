// Conditional nodes of graphs: if, else, while, switch, in each other and with captured bodies.
#include "expect.h"

static cudaGraphNode_t addKernel(cudaGraph_t graph, cudaGraphNode_t after, void *kernel,
                                 void **arguments) {
  cudaGraphNodeParams parameters = {cudaGraphNodeTypeKernel};
  parameters.kernel.func = kernel;
  parameters.kernel.gridDim = parameters.kernel.blockDim = dim3(1, 1, 1);
  parameters.kernel.kernelParams = arguments;
  cudaGraphNode_t node;
  OK(cudaGraphAddNode(&node, graph, after ? &after : nullptr, after ? 1 : 0, &parameters));
  return node;
}
static cudaGraphNode_t addConditional(cudaGraph_t graph, cudaGraphNode_t after,
                                      cudaGraphConditionalHandle handle,
                                      cudaGraphConditionalNodeType type, unsigned size,
                                      cudaGraph_t *bodies) {
  cudaGraphNodeParams parameters = {cudaGraphNodeTypeConditional};
  parameters.conditional.handle = handle;
  parameters.conditional.type = type;
  parameters.conditional.size = size;
  cudaGraphNode_t node;
  OK(cudaGraphAddNode(&node, graph, after ? &after : nullptr, after ? 1 : 0, &parameters));
  for (unsigned i = 0; i < size; ++i)
    bodies[i] = parameters.conditional.phGraph_out[i];
  cudaGraphNodeType is;
  OK(cudaGraphNodeGetType(node, &is));
  EXPECT(is == cudaGraphNodeTypeConditional);
  return node;
}

__global__ void setTo(cudaGraphConditionalHandle handle, const unsigned *value) {
  cudaGraphSetConditional(handle, *value);
}
__global__ void add(int *to, int what) { *to += what; }
__global__ void countDown(cudaGraphConditionalHandle handle, int *left, int *passes) {
  ++*passes;
  cudaGraphSetConditional(handle, --*left > 0);
}

static void ifElse(cudaStream_t stream, unsigned *value, int *result) {
  cudaGraph_t graph, bodies[2];
  OK(cudaGraphCreate(&graph, 0));
  cudaGraphConditionalHandle handle;
  OK(cudaGraphConditionalHandleCreate(&handle, graph));
  void *setArguments[] = {&handle, &value};
  cudaGraphNode_t set = addKernel(graph, nullptr, (void *)setTo, setArguments);
  cudaGraphExec_t exec;
  EXPECT(cudaGraphInstantiate(&exec, graph, 0) != cudaSuccess); // the handle has no node
  cudaGraphNode_t node = addConditional(graph, set, handle, cudaGraphCondTypeIf, 2, bodies);
  int ten = 10, thousand = 1000, one = 1;
  void *then[] = {&result, &ten}, *otherwise[] = {&result, &thousand}, *behind[] = {&result, &one};
  addKernel(bodies[0], nullptr, (void *)add, then);
  addKernel(bodies[1], nullptr, (void *)add, otherwise);
  addKernel(graph, node, (void *)add, behind);
  OK(cudaGraphInstantiate(&exec, graph, 0));
  const int expected[] = {1001, 11};
  for (int i = 0; i < 4; ++i) {
    *value = unsigned(i % 2);
    *result = 0;
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaStreamSynchronize(stream));
    EXPECT(*result == expected[i % 2]);
  }
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
}

// The body is captured; the condition is true at each launch's beginning.
static void whileLoop(cudaStream_t stream, int *left, int *passes) {
  cudaGraph_t graph, body, same;
  OK(cudaGraphCreate(&graph, 0));
  cudaGraphConditionalHandle handle;
  OK(cudaGraphConditionalHandleCreate(&handle, graph, 1, cudaGraphCondAssignDefault));
  addConditional(graph, nullptr, handle, cudaGraphCondTypeWhile, 1, &body);
  OK(cudaStreamBeginCaptureToGraph(stream, body, nullptr, nullptr, 0, cudaStreamCaptureModeGlobal));
  countDown<<<1, 1, 0, stream>>>(handle, left, passes);
  OK(cudaStreamEndCapture(stream, &same));
  EXPECT(same == body);
  // The graph is known, so the result need not be asked for.
  OK(cudaStreamBeginCaptureToGraph(stream, body, nullptr, nullptr, 0, cudaStreamCaptureModeGlobal));
  OK(cudaStreamEndCapture(stream, nullptr));
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphDestroy(graph)); // the executable graph goes on without it
  for (int i = 0; i < 2; ++i) {
    *left = 10 + i;
    *passes = 0;
    OK(cudaGraphLaunch(exec, stream));
    OK(cudaStreamSynchronize(stream));
    EXPECT(*left == 0 && *passes == 10 + i);
  }
  OK(cudaGraphExecDestroy(exec));
}

// A switch inside of a while.
__global__ void choose(cudaGraphConditionalHandle loop, cudaGraphConditionalHandle which,
                       int *left) {
  cudaGraphSetConditional(which, unsigned(*left % 4));
  cudaGraphSetConditional(loop, --*left > 0);
}
static void nested(cudaStream_t stream, int *left, int *result) {
  cudaGraph_t graph, body, cases[3];
  OK(cudaGraphCreate(&graph, 0));
  cudaGraphConditionalHandle loop, which;
  OK(cudaGraphConditionalHandleCreate(&loop, graph, 1, cudaGraphCondAssignDefault));
  addConditional(graph, nullptr, loop, cudaGraphCondTypeWhile, 1, &body);
  OK(cudaGraphConditionalHandleCreate(&which, body));
  void *chooseArguments[] = {&loop, &which, &left};
  cudaGraphNode_t first = addKernel(body, nullptr, (void *)choose, chooseArguments);
  addConditional(body, first, which, cudaGraphCondTypeSwitch, 3, cases);
  int amounts[] = {1, 100, 10000};
  for (int i = 0; i < 3; ++i) {
    void *arguments[] = {&result, &amounts[i]};
    addKernel(cases[i], nullptr, (void *)add, arguments);
  }
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, 0));
  *left = 9; // 1, 0, 3, 2, 1, 0, 3, 2, 1
  *result = 0;
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaGraphLaunch(exec, stream)); // left is 0: choose once, case 0
  OK(cudaStreamSynchronize(stream));
  EXPECT(*result == 2 * 1 + 3 * 100 + 2 * 10000 + 1);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
}

static void refused() {
  cudaGraph_t graph, body;
  OK(cudaGraphCreate(&graph, 0));
  cudaGraphNodeParams parameters = {cudaGraphNodeTypeConditional};
  parameters.conditional.size = 1;
  cudaGraphNode_t node;
  GIVES(cudaGraphAddNode(&node, graph, nullptr, 0, &parameters), cudaErrorInvalidValue);
  GIVES(cudaGraphConditionalHandleCreate(&parameters.conditional.handle, graph, 0, 7),
        cudaErrorInvalidValue);
  OK(cudaGraphConditionalHandleCreate(&parameters.conditional.handle, graph));
  parameters.conditional.type = cudaGraphCondTypeWhile;
  parameters.conditional.size = 2;
  GIVES(cudaGraphAddNode(&node, graph, nullptr, 0, &parameters), cudaErrorInvalidValue);
  addConditional(graph, nullptr, parameters.conditional.handle, cudaGraphCondTypeIf, 1, &body);
  cudaHostNodeParams host = {[](void *) {}, nullptr};
  OK(cudaGraphAddHostNode(&node, body, nullptr, 0, &host));
  cudaGraphExec_t exec;
  GIVES(cudaGraphInstantiate(&exec, graph, 0), cudaErrorNotSupported); // only work of devices
  OK(cudaGraphDestroy(graph));
}

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  int *numbers;
  OK(cudaMallocManaged(&numbers, 3 * sizeof(int)));
  ifElse(stream, reinterpret_cast<unsigned *>(numbers), numbers + 1);
  whileLoop(stream, numbers, numbers + 1);
  nested(stream, numbers, numbers + 1);
  refused();
  OK(cudaFree(numbers));
  OK(cudaStreamDestroy(stream));
  return finish();
}
