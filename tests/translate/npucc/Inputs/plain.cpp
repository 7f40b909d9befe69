#include <cuda_runtime.h>
// #include <npu/kernel.h>
int deviceCount() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : -1;
}
