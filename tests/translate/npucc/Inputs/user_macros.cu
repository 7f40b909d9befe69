// Macros of a program's own, under names that our headers' tables and parameters have too: some on
// the command line, some ahead of includes. All mean afterwards what they meant before.
#define HALF 3
#define RANDOM(x) ((x) + 4)
#define TRANSFER 5
#define PLAIN
#define SIZED(x) x
#define K 6
#define OP +

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cublas_v2.h>
#include <cublasLt.h>
#include <cuda.h>
#include <cuda/atomic>
#include <cudnn.h>
#include <cufft.h>
#include <curand_kernel.h>
#include <cusolverDn.h>
#include <cusparse.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <mma.h>
#include <nccl.h>
#include <nvrtc.h>

#include <cstdio>

API __global__ void sum(int *x) {
  *x = GAP OP GROUP OP NUMBER OP N OP M OP F OP HALF OP RANDOM(TRANSFER) OP SIZED(K) PLAIN;
}

int main() {
  int *x;
  cudaMallocManaged(&x, sizeof *x);
  sum<<<1, 1>>>(x);
  cudaDeviceSynchronize();
  printf("%d\n", *x);
}
