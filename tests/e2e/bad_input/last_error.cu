// Its exit status is the error of its launch: what the environment or a damaged image did to it.
#include <cstdio>

__global__ void fill(int *p) { p[threadIdx.x] = int(threadIdx.x); }

struct AtTheEnd {
  int *memory = nullptr;
  ~AtTheEnd() { // calls after main() answer; they neither crash nor hang
    cudaFree(memory);
    cudaDeviceSynchronize();
  }
};
static AtTheEnd atTheEnd;

int main() {
  if (cudaError_t error = cudaMalloc(&atTheEnd.memory, 32 * sizeof(int)))
    return int(error);
  fill<<<1, 32>>>(atTheEnd.memory);
  if (cudaError_t error = cudaGetLastError())
    return int(error);
  return int(cudaDeviceSynchronize());
}
