// Several devices (NPU_VISIBLE_DEVICES=2): each has its own variables; streams, events and kernels
// belong to one; a reset takes back what was set.
#include "expect.h"

__device__ int counter = 5;
__device__ int *counterAddress = &counter;
__constant__ int offset;
__managed__ int shared = 7;
__global__ void read(int *result) {
  result[0] = counter++;
  result[1] = offset;
  result[2] = *counterAddress;
  result[3] = shared++;
}

struct Values {
  int counter, offset, behindAddress, shared;
};
Values run() {
  int *memory;
  Values values = {};
  OK(cudaMalloc(&memory, sizeof values));
  read<<<1, 1>>>(memory);
  OK(cudaMemcpy(&values, memory, sizeof values, cudaMemcpyDeviceToHost));
  OK(cudaFree(memory));
  return values;
}

void variables() {
  for (int device = 0; device < 2; ++device) {
    const int value = 10 + device;
    OK(cudaSetDevice(device));
    OK(cudaMemcpyToSymbol(offset, &value, sizeof value));
  }
  void *addresses[2];
  for (int device = 0; device < 2; ++device) {
    OK(cudaSetDevice(device));
    const Values values = run();
    EXPECT(values.counter == 5);
    EXPECT(values.offset == 10 + device);
    EXPECT(values.behindAddress == 6);
    EXPECT(values.shared == 7 + device);
    OK(cudaGetSymbolAddress(&addresses[device], counter));
  }
  EXPECT(addresses[0] != addresses[1]);
  EXPECT(shared == 9);
}

void belongings() {
  cudaStream_t stream;
  cudaEvent_t event, other;
  float milliseconds;
  OK(cudaSetDevice(0));
  OK(cudaStreamCreate(&stream));
  OK(cudaEventCreate(&event));
  OK(cudaSetDevice(1));
  read<<<1, 1, 0, stream>>>(nullptr);
  GIVES(cudaGetLastError(), cudaErrorInvalidResourceHandle);
  OK(cudaEventRecord(event, stream)); // the stream's device counts, not the current one
  GIVES(cudaEventRecord(event, 0), cudaErrorInvalidResourceHandle);
  OK(cudaEventCreate(&other));
  OK(cudaEventRecord(other, 0));
  OK(cudaStreamWaitEvent(stream, other));
  OK(cudaEventSynchronize(event));
  OK(cudaEventSynchronize(other));
  GIVES(cudaEventElapsedTime(&milliseconds, event, other), cudaErrorInvalidResourceHandle);
  OK(cudaEventDestroy(event));
  OK(cudaEventDestroy(other));
  OK(cudaStreamDestroy(stream));
}

void reset() {
  unsigned flags = 0;
  OK(cudaSetDevice(0));
  OK(cudaDeviceEnablePeerAccess(1, 0));
  GIVES(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessAlreadyEnabled);
  (void)cudaGetLastError();
  OK(cudaDeviceReset());
  OK(cudaDeviceEnablePeerAccess(1, 0));
  const Values values = run();
  EXPECT(values.counter == 5);
  EXPECT(values.offset == 0);
  EXPECT(values.behindAddress == 6);
  OK(cudaSetDevice(1)); // the other device keeps its own
  EXPECT(run().offset == 11);
  OK(cudaGetDeviceFlags(&flags));
}

int main() {
  int count = 0;
  OK(cudaGetDeviceCount(&count));
  EXPECT(count == 2);
  variables();
  belongings();
  reset();
  return finish();
}
