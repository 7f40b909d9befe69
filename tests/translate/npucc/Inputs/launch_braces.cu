// Braced lists in launch configurations, in templates, headers' macros and with an empty one.
#include <cstdio>

#define RUN(kernel, grid, block, x) kernel<<<grid, block>>>(x)

__global__ void count(int *x) {
  atomicAdd(x, gridDim.x * 1000 + blockDim.y * 100 + blockDim.x * 10);
}

template <class T> __global__ void set(T *x, T value) { *x += value; }

template <class T> void launchSet(T *x, int n) {
  set<<<{1}, {1, 1}>>>(x, T(n));
}

int main() {
  int *x;
  cudaMallocManaged(&x, sizeof *x);
  *x = 0;
  unsigned width = 2;
  dim3 grid(1);
  count<<<grid, {width, 3, 1}, 0, 0>>>(x); // 6 * 1320
  count<<<{width, 1}, {}>>>(x);            // 2 * 2110
  launchSet(x, 5);
  set<int><<<1, {1, 1, 1}>>>(x, 1);
  RUN(count, 1, {4}, x); // 4 * 1140
  cudaDeviceSynchronize();
  printf("%d\n", *x);
}
