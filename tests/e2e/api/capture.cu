// Graphs captured from streams, and what CUDA forbids while a stream is captured.
#include "expect.h"

#include <thread>

constexpr int kCount = 512;

__global__ void add(int *values, int what) { values[threadIdx.x] += what; }
__global__ void sum(const int *a, const int *b, int *result) {
  result[threadIdx.x] = a[threadIdx.x] + b[threadIdx.x];
}

int *a, *b, *c, *out;
cudaStream_t first, second;

bool outIs(int value) {
  for (int i = 0; i < kCount; ++i)
    if (out[i] != value)
      return false;
  return true;
}

// Fork to a second stream and back.
void crossStream() {
  cudaEvent_t fork, joined;
  OK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
  OK(cudaEventCreateWithFlags(&joined, cudaEventDisableTiming));
  cudaGraph_t graph;
  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeGlobal));
  OK(cudaMemsetAsync(a, 0, kCount * sizeof(int), first));
  OK(cudaEventRecord(fork, first));
  OK(cudaStreamWaitEvent(second, fork, 0));
  cudaStreamCaptureStatus status;
  OK(cudaStreamIsCapturing(second, &status));
  EXPECT(status == cudaStreamCaptureStatusActive);
  OK(cudaMemsetAsync(b, 0, kCount * sizeof(int), second));
  add<<<1, kCount, 0, second>>>(b, 20);
  OK(cudaGetLastError());
  add<<<1, kCount, 0, first>>>(a, 3);
  OK(cudaEventRecord(joined, second));
  OK(cudaStreamWaitEvent(first, joined, 0));
  sum<<<1, kCount, 0, first>>>(a, b, c);
  OK(cudaMemcpyAsync(out, c, kCount * sizeof(int), cudaMemcpyDeviceToHost, first));
  unsigned long long id = 0;
  size_t count = 0;
  cudaGraph_t captured;
  const cudaGraphNode_t *nodes;
  OK(cudaStreamGetCaptureInfo(first, &status, &id, &captured, &nodes, &count));
  EXPECT(status == cudaStreamCaptureStatusActive && id != 0 && count == 1);
  OK(cudaStreamEndCapture(first, &graph));
  EXPECT(graph == captured);
  OK(cudaStreamIsCapturing(second, &status));
  EXPECT(status == cudaStreamCaptureStatusNone);
  OK(cudaGraphGetNodes(graph, nullptr, &count));
  EXPECT(count == 6);
  OK(cudaGraphGetEdges(graph, nullptr, nullptr, &count));
  EXPECT(count == 6);
  GIVES(cudaEventSynchronize(joined), cudaErrorCapturedEvent);

  // Nothing has run so far.
  for (int i = 0; i < kCount; ++i)
    out[i] = -1;
  OK(cudaDeviceSynchronize());
  EXPECT(outIs(-1));
  cudaGraphExec_t exec;
  OK(cudaGraphInstantiate(&exec, graph, nullptr, nullptr, 0));
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < kCount; ++i)
      out[i] = -1;
    OK(cudaGraphLaunch(exec, round % 2 ? second : first));
    OK(cudaDeviceSynchronize());
    EXPECT(outIs(23));
  }
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaEventDestroy(fork));
  OK(cudaEventDestroy(joined));
  cudaGetLastError();
}

// Kernels of a captured graph can be asked for their parameters, and updated by a second capture.
void update() {
  cudaGraphExec_t exec = nullptr;
  for (int round = 0; round < 4; ++round) {
    cudaGraph_t graph;
    OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeThreadLocal));
    OK(cudaMemsetAsync(a, 0, kCount * sizeof(int), first));
    add<<<1, kCount, 0, first>>>(a, 100 + round);
    OK(cudaMemcpyAsync(out, a, kCount * sizeof(int), cudaMemcpyDeviceToHost, first));
    OK(cudaStreamEndCapture(first, &graph));
    cudaGraphNode_t nodes[3];
    size_t count = 3;
    OK(cudaGraphGetNodes(graph, nodes, &count));
    cudaKernelNodeParams parameters;
    OK(cudaGraphKernelNodeGetParams(nodes[1], &parameters));
    EXPECT(parameters.func == (void *)add && *(int *)parameters.kernelParams[1] == 100 + round);
    if (!exec) {
      OK(cudaGraphInstantiate(&exec, graph, 0));
    } else {
      cudaGraphExecUpdateResultInfo information;
      OK(cudaGraphExecUpdate(exec, graph, &information));
    }
    OK(cudaGraphDestroy(graph));
    OK(cudaGraphLaunch(exec, first));
    OK(cudaStreamSynchronize(first));
    EXPECT(outIs(100 + round));
  }
  OK(cudaGraphExecDestroy(exec));
}

void count(void *calls) { ++*static_cast<int *>(calls); }

// Host functions, memory in stream order, and a graph launched into a capture.
void nested() {
  int calls = 0, *memory = nullptr;
  cudaGraph_t graph, outer;
  cudaGraphExec_t exec, outerExec;
  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeRelaxed));
  OK(cudaLaunchHostFunc(first, count, &calls));
  OK(cudaMallocAsync(&memory, kCount * sizeof(int), first));
  OK(cudaMemsetAsync(memory, 0, kCount * sizeof(int), first));
  add<<<1, kCount, 0, first>>>(memory, 9);
  OK(cudaMemcpyAsync(out, memory, kCount * sizeof(int), cudaMemcpyDeviceToHost, first));
  OK(cudaFreeAsync(memory, first));
  OK(cudaStreamEndCapture(first, &graph));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  for (int round = 0; round < 3; ++round)
    OK(cudaGraphLaunch(exec, first));
  OK(cudaStreamSynchronize(first));
  EXPECT(calls == 3 && outIs(9));
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));

  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeGlobal));
  OK(cudaLaunchHostFunc(first, count, &calls));
  OK(cudaStreamEndCapture(first, &graph));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeGlobal));
  OK(cudaGraphLaunch(exec, first));
  OK(cudaGraphLaunch(exec, first));
  OK(cudaStreamEndCapture(first, &outer));
  OK(cudaGraphInstantiate(&outerExec, outer, 0));
  OK(cudaGraphLaunch(outerExec, first));
  OK(cudaStreamSynchronize(first));
  EXPECT(calls == 5);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphExecDestroy(outerExec));
  OK(cudaGraphDestroy(graph));
  OK(cudaGraphDestroy(outer));
}

void begin() { OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeGlobal)); }
void endsInvalid() {
  cudaGraph_t graph = nullptr;
  cudaStreamCaptureStatus status;
  OK(cudaStreamIsCapturing(first, &status));
  EXPECT(status == cudaStreamCaptureStatusInvalidated);
  GIVES(cudaStreamEndCapture(first, &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT(graph == nullptr);
  cudaGetLastError();
}

void mistakes() {
  cudaGraph_t graph;
  void *pointer;
  GIVES(cudaStreamBeginCapture(0, cudaStreamCaptureModeGlobal), cudaErrorStreamCaptureUnsupported);
  GIVES(cudaStreamEndCapture(first, &graph), cudaErrorIllegalState);
  begin();
  GIVES(cudaStreamBeginCapture(first, cudaStreamCaptureModeGlobal), cudaErrorIllegalState);
  GIVES(cudaStreamSynchronize(first), cudaErrorStreamCaptureUnsupported);
  endsInvalid();
  begin();
  GIVES(cudaStreamQuery(first), cudaErrorStreamCaptureUnsupported);
  endsInvalid();
  begin();
  GIVES(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
  endsInvalid();
  begin();
  GIVES(cudaMalloc(&pointer, 16), cudaErrorStreamCaptureUnsupported);
  endsInvalid();
  begin(); // the legacy stream would depend on the captured one
  add<<<1, 1>>>(a, 1);
  GIVES(cudaGetLastError(), cudaErrorStreamCaptureImplicit);
  endsInvalid();

  // In relaxed mode, for the stream or the thread, such calls are allowed.
  OK(cudaStreamBeginCapture(first, cudaStreamCaptureModeRelaxed));
  OK(cudaMalloc(&pointer, 16));
  OK(cudaStreamEndCapture(first, &graph));
  OK(cudaGraphDestroy(graph));
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  OK(cudaThreadExchangeStreamCaptureMode(&mode));
  EXPECT(mode == cudaStreamCaptureModeGlobal);
  begin();
  OK(cudaFree(pointer));
  OK(cudaStreamEndCapture(first, &graph));
  OK(cudaGraphDestroy(graph));
  OK(cudaThreadExchangeStreamCaptureMode(&mode));
  EXPECT(mode == cudaStreamCaptureModeRelaxed);
}

// A stream whose work has been joined may go before the capture ends; one whose work has not may
// go too, and the end says so.
void streamsThatGo() {
  for (bool isJoined : {true, false}) {
    cudaGraph_t graph;
    cudaEvent_t event;
    cudaStream_t other;
    OK(cudaEventCreate(&event));
    OK(cudaStreamCreate(&other));
    OK(cudaMemset(a, 0, kCount * sizeof(int)));
    begin();
    OK(cudaEventRecord(event, first));
    OK(cudaStreamWaitEvent(other, event, 0));
    add<<<1, kCount, 0, other>>>(a, 5);
    OK(cudaEventRecord(event, other));
    if (isJoined)
      OK(cudaStreamWaitEvent(first, event, 0));
    OK(cudaStreamDestroy(other));
    OK(cudaEventDestroy(event));
    if (!isJoined) {
      GIVES(cudaStreamEndCapture(first, &graph), cudaErrorStreamCaptureUnjoined);
      cudaGetLastError();
      continue;
    }
    OK(cudaMemcpyAsync(out, a, kCount * sizeof(int), cudaMemcpyDeviceToHost, first));
    OK(cudaStreamEndCapture(first, &graph));
    cudaGraphExec_t exec;
    OK(cudaGraphInstantiate(&exec, graph, 0));
    OK(cudaGraphDestroy(graph));
    OK(cudaGraphLaunch(exec, first));
    OK(cudaStreamSynchronize(first));
    EXPECT(outIs(5));
    OK(cudaGraphExecDestroy(exec));
  }
}

void mistakesWithTwoStreams() {
  cudaGraph_t graph;
  cudaEvent_t event;
  OK(cudaEventCreate(&event));
  begin(); // a second stream that never comes back
  OK(cudaEventRecord(event, first));
  OK(cudaStreamWaitEvent(second, event, 0));
  add<<<1, 1, 0, second>>>(a, 1);
  GIVES(cudaStreamEndCapture(second, &graph), cudaErrorStreamCaptureUnmatched);
  endsInvalid();
  begin();
  OK(cudaEventRecord(event, first));
  OK(cudaStreamWaitEvent(second, event, 0));
  add<<<1, 1, 0, second>>>(a, 1);
  GIVES(cudaStreamEndCapture(first, &graph), cudaErrorStreamCaptureUnjoined);

  // Two captures cannot be merged; work outside of a capture cannot be waited for inside.
  begin();
  OK(cudaStreamBeginCapture(second, cudaStreamCaptureModeGlobal));
  OK(cudaEventRecord(event, second));
  GIVES(cudaStreamWaitEvent(first, event, 0), cudaErrorStreamCaptureMerge);
  GIVES(cudaStreamEndCapture(second, &graph), cudaErrorStreamCaptureInvalidated);
  endsInvalid();
  OK(cudaEventRecord(event, second));
  begin();
  GIVES(cudaStreamWaitEvent(first, event, 0), cudaErrorStreamCaptureIsolation);
  endsInvalid();

  begin(); // another thread
  std::thread([&] {
    GIVES(cudaStreamEndCapture(first, &graph), cudaErrorStreamCaptureWrongThread);
  }).join();
  OK(cudaStreamEndCapture(first, &graph));
  OK(cudaGraphDestroy(graph));
  OK(cudaEventDestroy(event));
  cudaGetLastError();
}

int main() {
  OK(cudaMalloc(&a, kCount * sizeof(int)));
  OK(cudaMalloc(&b, kCount * sizeof(int)));
  OK(cudaMalloc(&c, kCount * sizeof(int)));
  OK(cudaMallocHost(&out, kCount * sizeof(int)));
  OK(cudaStreamCreate(&first));
  OK(cudaStreamCreate(&second));
  crossStream();
  update();
  nested();
  streamsThatGo();
  mistakes();
  mistakesWithTwoStreams();
  // All still works after the mistakes.
  add<<<1, kCount, 0, first>>>(a, 1);
  OK(cudaDeviceSynchronize());
  return finish();
}
