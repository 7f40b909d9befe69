#include "scale.h"

__global__ void scale(float *x, float by) { *x *= by; }

float scaled(float value, float by) {
  float *x, result = -1;
  cudaMalloc((void **)&x, sizeof(float));
  cudaMemcpy(x, &value, sizeof(float), cudaMemcpyHostToDevice);
  scale<<<1, 1>>>(x, by);
  if (cudaMemcpy(&result, x, sizeof(float), cudaMemcpyDeviceToHost) != cudaSuccess)
    result = -1;
  cudaFree(x);
  return result;
}
