__device__ int offset = 2;
__device__ int twice(int value) { return 2 * value; }
namespace {
__global__ void store(int *data) { *data = offset; }
} // namespace
int fromHelper(int *data) {
  const int replacement = 5;
  cudaMemcpyToSymbol(offset, &replacement, sizeof(replacement));
  store<<<1, 1>>>(data);
  cudaDeviceSynchronize();
  return *data;
}
