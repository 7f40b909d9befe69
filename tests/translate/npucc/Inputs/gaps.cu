// Uses what is known and not supported, and can do without.
#include <cuda_gl_interop.h>
int main() {
  cudaIpcMemHandle_t handle;
  cudaError_t error = cudaIpcGetMemHandle(&handle, nullptr);
  return error == cudaErrorNotSupported && cudaGetLastError() == error ? 0 : 1;
}
