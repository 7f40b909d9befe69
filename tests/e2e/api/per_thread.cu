// -default-stream per-thread: stream 0 of every call is the thread's own, which waits for no other
// stream. Were one of these calls the legacy stream's, the program would wait for ever.
#include "expect.h"

#include <atomic>
#include <thread>

__device__ int variable;
__global__ void add(int *to, int what) { *to += what + variable; }

static std::atomic<bool> open{false};

static void work(int number) {
  int *data, copied = -1;
  OK(cudaMalloc(&data, sizeof(int)));
  OK(cudaMemset(data, 0, sizeof(int)));
  add<<<1, 1>>>(data, number);
  OK(cudaGetLastError());
  OK(cudaMemcpyAsync(&copied, data, sizeof(int), cudaMemcpyDeviceToHost, 0));
  OK(cudaStreamSynchronize(0));
  EXPECT(copied == number);
  cudaEvent_t event;
  OK(cudaEventCreate(&event));
  void *arguments[] = {&data, &number};
  OK(cudaLaunchKernel(add, dim3(1), dim3(1), arguments, 0, nullptr));
  OK(cudaEventRecord(event));
  OK(cudaEventSynchronize(event));
  OK(cudaStreamQuery(0));
  OK(cudaMemcpy(&copied, data, sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(copied == 2 * number);
  const int nothing = 0;
  OK(cudaMemcpyToSymbol(variable, &nothing, sizeof nothing));
  OK(cudaEventDestroy(event));
}

int main() {
  cudaStream_t blocked;
  OK(cudaStreamCreate(&blocked));
  OK(cudaLaunchHostFunc(
      blocked,
      [](void *) {
        while (!open)
          std::this_thread::yield();
      },
      nullptr));
  std::thread other(work, 5);
  work(3);
  other.join();
  GIVES(cudaStreamQuery(blocked), cudaErrorNotReady);
  open = true;
  OK(cudaStreamSynchronize(blocked));
  OK(cudaStreamDestroy(blocked));
  return finish();
}
