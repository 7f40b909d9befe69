// A loop that cannot be unrolled as asked is no news, to nvcc's users neither; and libcu++'s headers
// bring cuda::std along.
// RUN: npucc -c -O2 %s -o %t.o 2>&1 | count 0
#include <cuda/atomic>

__global__ void move(int *p, int n) {
#pragma unroll(2)
  for (int i = 0; i < n; ++i) {
    if (p[i] > 3) {
      p[i] = p[i * 2];
      __syncthreads();
    }
    if (p[i] == 7)
      return;
  }
  cuda::atomic_ref<int, cuda::thread_scope_device>(*p).fetch_add(1, cuda::std::memory_order_relaxed);
}
