// Names change where they mean CUDA's, and only there.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/name.cpp
// RUN: %clangxx -x cuda --cuda-host-only -nocudainc -nocudalib -fsyntax-only -std=c++17 -w -I %npu_include %t/name.cpp
#include <cuda_runtime.h>
#include <stdio.h>
// CHECK: #include <npu/kernel.h>
// CHECK-NEXT: #include <stdio.h>

// In macro bodies, used or not, and pasted together.
// CHECK: #define CHECK_CALL(call) check((call) != npuSuccess, #call)
#define CHECK_CALL(call) check((call) != cudaSuccess, #call)
// CHECK: #define NEVER_USED(x) npuFree(x)
#define NEVER_USED(x) cudaFree(x)
// CHECK: #define COPY(kind) npuMemcpy##kind
#define COPY(kind) cudaMemcpy##kind
// CHECK: #define SHADOWED(dim3) dim3 + 1
#define SHADOWED(dim3) dim3 + 1

static void check(bool failed, const char *text) {}

// CHECK: NPU_CONSTANT float table[4];
__constant__ float table[4];
// CHECK: using npu::atomicAdd;
using ::atomicAdd;

// CHECK: NPU_DEVICE NPU_FORCEINLINE float half(float x)
__device__ __forceinline__ float half(float x) { return x / 2; }

// CHECK: NPU_KERNEL void NPU_LAUNCH_BOUNDS(128) kernel(float *x) {
__global__ void __launch_bounds__(128) kernel(float *x) {
  // CHECK: extern NPU_SHARED float buffer[];
  extern __shared__ float buffer[];
  // CHECK: int i = npu::blockIdx.x * npu::blockDim.x + npu::threadIdx.x;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  // CHECK: npu::syncThreads();
  __syncthreads();
#ifdef __CUDA_ARCH__ // CHECK: #ifdef NPU_ARCH
  // CHECK: npu::atomicAdd(x, half(buffer[i]));
  ::atomicAdd(x, half(buffer[i]));
#endif
}

// A program's own names stay.
struct Own {
  int threadIdx, dim3;
  int cudaMalloc(int warpSize) { return warpSize + threadIdx; }
  Own() : threadIdx(1), dim3(2) {}
};
// CHECK: template <class T> npuError_t dependent(T *p) {
template <class T> cudaError_t dependent(T *p) {
  // CHECK: return npuMemset(p, 0, sizeof(npuDeviceProp));
  return cudaMemset(p, 0, sizeof(cudaDeviceProp));
}

// Calling conventions of callbacks.
// CHECK: static void NPU_CB callback(void *data) {}
static void CUDART_CB callback(void *data) {}

int main() {
  Own own;
  // CHECK: own.threadIdx = own.cudaMalloc(own.dim3);
  own.threadIdx = own.cudaMalloc(own.dim3);
  float *p;
  // CHECK: CHECK_CALL(npuMalloc((void **)&p, 4)); // cudaMalloc in a comment
  CHECK_CALL(cudaMalloc((void **)&p, 4)); // cudaMalloc in a comment
  // CHECK: struct npuDeviceProp properties;
  struct cudaDeviceProp properties;
  // CHECK: enum npuMemcpyKind kind = (npuMemcpyKind)npuMemcpyHostToDevice;
  enum cudaMemcpyKind kind = (cudaMemcpyKind)cudaMemcpyHostToDevice;
  // CHECK: npuError_t (*function)(void *) = &npuFree;
  cudaError_t (*function)(void *) = &cudaFree;
  // CHECK: auto lambda = [&](npuStream_t stream) { return npuStreamSynchronize(stream); };
  auto lambda = [&](cudaStream_t stream) { return cudaStreamSynchronize(stream); };
  // CHECK: printf("cudaMalloc %d\n", NPURT_VERSION);
  printf("cudaMalloc %d\n", CUDART_VERSION);
  return COPY(Default) + SHADOWED(1);
}
