// What formatters that do not know CUDA make of launches, and asm statements as only nvcc takes them.
#include "spellings.cuh"
#include <cstdio>
#include <vector>
__global__ void lanes(int *x) {
  int lane, sum;
  asm("mov.s32 %0, %laneid;" : "=r"(lane));
  asm("add.s32 %0, %1, %2;"
      : "=r"(sum)
      : "r"(lane)
        "r"(x[lane])
        // after a comment
        /* and here */ "r"(0));
  x[lane] = sum;
}
extern "C"__global__ void next(int *x) { ++x[threadIdx.x]; }
extern	"C"__host__ __device__ int one() { return 1; }
#define LAUNCH(kernel, n, ...)                                                                     \
  kernel << <1, n>> >                                                                              \
      (__VA_ARGS__)
int main() {
  std::vector<std::vector<std::pair<int, int> > > nested(1);
  int *x;
  cudaMallocManaged(&x, 8 * sizeof(int));
  fill(x, nullptr);
  cudaDeviceSynchronize();
  lanes << <nested.size(), 4 >> > (x);
  LAUNCH(lanes, 8, x);
  cudaDeviceSynchronize();
  next<<<1, 8>>>(x);
  cudaDeviceSynchronize();
  for (int i = 0; i < 8; ++i)
    printf("%d%c", x[i] - one(), i < 7 ? ' ' : '\n');
  return operator<< <int>(1, Bits<int>{3}) >> 3 != 1;
}
