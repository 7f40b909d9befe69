// What is destroyed while its work is pending: the work is done, waited for by those who wait for
// the device, and nothing that it uses goes before its end.
#include "expect.h"

#include <atomic>
#include <chrono>
#include <thread>

__global__ void store(int *place, int value) { *place = value; }
__global__ void fill(int *values, int count, int value) {
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    values[i] = value;
}

// Holds a stream until it is opened.
struct Gate {
  std::atomic<bool> open{false};
  static void wait(void *gate) {
    while (!static_cast<Gate *>(gate)->open)
      std::this_thread::yield();
  }
  void openSoon() {
    std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      open = true;
    }).detach();
  }
};

int *place; // managed

void streams() {
  for (unsigned flags : {cudaStreamDefault, cudaStreamNonBlocking}) {
    static Gate gates[2];
    Gate &gate = gates[flags];
    cudaStream_t stream;
    *place = 0;
    OK(cudaStreamCreateWithFlags(&stream, flags));
    OK(cudaLaunchHostFunc(stream, Gate::wait, &gate));
    store<<<1, 1, 0, stream>>>(place, 1 + int(flags));
    OK(cudaStreamDestroy(stream));
    GIVES(cudaStreamQuery(stream), cudaErrorInvalidResourceHandle);
    gate.openSoon();
    OK(cudaDeviceSynchronize());
    EXPECT(*place == 1 + int(flags));
  }
}

// A thread's own default stream ends with the thread, and is ordered with the legacy one.
void threads() {
  static Gate gates[2];
  for (int byCopy = 0; byCopy < 2; ++byCopy) {
    Gate &gate = gates[byCopy];
    *place = 0;
    std::thread([&] {
      OK(cudaLaunchHostFunc(cudaStreamPerThread, Gate::wait, &gate));
      store<<<1, 1, 0, cudaStreamPerThread>>>(place, 5 + byCopy);
    }).join();
    gate.openSoon();
    int value = 0;
    if (byCopy) {
      OK(cudaMemcpy(&value, place, sizeof value, cudaMemcpyDefault));
    } else {
      OK(cudaDeviceSynchronize());
      value = *place;
    }
    EXPECT(value == 5 + byCopy);
  }
}

// Memory of a graph that is gone, freed in a stream whose kernel still writes to it.
void graphMemory() {
  constexpr int kCount = 1 << 20;
  static Gate gate;
  cudaGraph_t graph;
  cudaGraphNode_t node;
  cudaGraphExec_t exec;
  cudaStream_t stream;
  cudaMemAllocNodeParams wish = {};
  wish.poolProps.allocType = cudaMemAllocationTypePinned;
  wish.poolProps.location = {cudaMemLocationTypeDevice, 0};
  wish.bytesize = kCount * sizeof(int);
  OK(cudaStreamCreate(&stream));
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaGraphAddMemAllocNode(&node, graph, nullptr, 0, &wish));
  OK(cudaGraphInstantiate(&exec, graph, 0));
  OK(cudaGraphLaunch(exec, stream));
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaLaunchHostFunc(stream, Gate::wait, &gate));
  int *values = static_cast<int *>(wish.dptr);
  fill<<<1, 64, 0, stream>>>(values, kCount, 3);
  cudaPointerAttributes attributes;
  OK(cudaFreeAsync(values, stream));
  OK(cudaPointerGetAttributes(&attributes, values));
  EXPECT(attributes.type == cudaMemoryTypeDevice); // still there
  GIVES(cudaFreeAsync(values, stream), cudaErrorInvalidValue);
  gate.openSoon();
  OK(cudaStreamSynchronize(stream));
  OK(cudaPointerGetAttributes(&attributes, values));
  EXPECT(attributes.type == cudaMemoryTypeUnregistered);
  OK(cudaStreamDestroy(stream));
}

// A stream that goes while it is captured takes its graph along; a graph that goes, its captures.
void captures() {
  cudaStream_t stream;
  cudaStreamCaptureStatus status;
  unsigned long long id;
  cudaGraph_t graph;
  size_t count = 0;
  OK(cudaStreamCreate(&stream));
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  OK(cudaStreamGetCaptureInfo(stream, &status, &id, &graph));
  OK(cudaGraphGetNodes(graph, nullptr, &count));
  OK(cudaStreamDestroy(stream));
  GIVES(cudaGraphGetNodes(graph, nullptr, &count), cudaErrorInvalidValue);

  OK(cudaStreamCreate(&stream));
  OK(cudaGraphCreate(&graph, 0));
  OK(cudaStreamBeginCaptureToGraph(stream, graph, nullptr, nullptr, 0,
                                   cudaStreamCaptureModeRelaxed));
  store<<<1, 1, 0, stream>>>(place, 1);
  OK(cudaGraphDestroy(graph));
  store<<<1, 1, 0, stream>>>(place, 1);
  GIVES(cudaGetLastError(), cudaErrorStreamCaptureInvalidated);
  GIVES(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  OK(cudaStreamDestroy(stream));
}

int main() {
  OK(cudaMallocManaged(&place, sizeof *place));
  streams();
  threads();
  graphMemory();
  captures();
  OK(cudaFree(place));
  return finish();
}
