// Locks between threads, those of one warp included: every thread gets its turn.
#include "check.h"

__device__ int mutex = 0;
__device__ unsigned nextTicket = 0, nowServing = 0;

__global__ void releaseAfterLoop(int *count) {
  while (atomicCAS(&mutex, 0, 1) != 0) {
  }
  *reinterpret_cast<volatile int *>(count) += 1;
  __threadfence();
  atomicExch(&mutex, 0);
}

__global__ void releaseInLoop(int *count) {
  bool done = false;
  while (!done)
    if (atomicExch(&mutex, 1) == 0) {
      *reinterpret_cast<volatile int *>(count) += 1;
      __threadfence();
      atomicExch(&mutex, 0);
      done = true;
    }
}

// The lock is read before it is taken.
__global__ void lookThenTry(int *count) {
  while (*reinterpret_cast<volatile int *>(&mutex) != 0 || atomicCAS(&mutex, 0, 1) != 0) {
  }
  *reinterpret_cast<volatile int *>(count) += 1;
  __threadfence();
  atomicExch(&mutex, 0);
}

// Two may pass at a time.
__device__ int places = 2;
__global__ void counted(int *count) {
  for (;;) {
    int seen = *reinterpret_cast<volatile int *>(&places);
    if (seen > 0 && atomicCAS(&places, seen, seen - 1) == seen)
      break;
  }
  atomicAdd(count, 1);
  __threadfence();
  atomicAdd(&places, 1);
}

__global__ void tickets(int *count) {
  unsigned mine = atomicAdd(&nextTicket, 1u);
  while (*reinterpret_cast<volatile unsigned *>(&nowServing) != mine) {
  }
  *reinterpret_cast<volatile int *>(count) += 1;
  __threadfence();
  atomicAdd(&nowServing, 1u);
}

int main() {
  int *count = nullptr;
  CHECK_CUDA(cudaMalloc(&count, sizeof(int)));
  for (auto kernel : {releaseAfterLoop, releaseInLoop, lookThenTry, counted, tickets}) {
    CHECK_CUDA(cudaMemset(count, 0, sizeof(int)));
    kernel<<<3, 70>>>(count);
    int got = 0;
    CHECK_CUDA(cudaMemcpy(&got, count, sizeof(int), cudaMemcpyDeviceToHost));
    if (got != 3 * 70)
      std::printf("FAIL: %d threads of %d had the lock\n", got, 3 * 70);
    require(got == 3 * 70);
  }
  CHECK_CUDA(cudaFree(count));
  return finish();
}
