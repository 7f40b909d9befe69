#include <cstdio>
__global__ void scale(float *data, float factor) { data[threadIdx.x] *= factor; }
int main() {
  float *data = nullptr;
  if (cudaMallocManaged(&data, 4 * sizeof(float)) != cudaSuccess)
    return 1;
  for (int i = 0; i < 4; ++i)
    data[i] = i;
  scale<<<1, 4>>>(data, 3.0f);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return 2;
  std::printf("%g %g %g %g\n", data[0], data[1], data[2], data[3]);
  return cudaFree(data) == cudaSuccess ? 0 : 3;
}
