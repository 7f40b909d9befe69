// <cuda/atomic> alone brings cuda::std::atomic, as libcu++'s does.
#include <cuda/atomic>

#include <cstdio>

__global__ void count(cuda::std::atomic<int> *counter, int step) {
  counter->fetch_add(step, cuda::std::memory_order_relaxed);
}

int main() {
  cuda::std::atomic<int> *counter;
  cudaMallocManaged(&counter, sizeof *counter);
  counter->store(5);
  count<<<2, 32>>>(counter, 2);
  cudaDeviceSynchronize();
  printf("%d\n", counter->load());
  return 0;
}
