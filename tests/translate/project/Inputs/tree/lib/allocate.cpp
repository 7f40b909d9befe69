#include <cuda_runtime.h>
#include "include/shared.h"
float *allocate(int count) {
  float *p = nullptr;
  return cudaMalloc((void **)&p, count * sizeof(float)) == cudaSuccess ? p : nullptr;
}
