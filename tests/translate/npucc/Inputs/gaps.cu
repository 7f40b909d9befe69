// Uses what is known and not supported, and can do without.
#include <cuda_gl_interop.h>
int main() {
  const void *table = nullptr;
  cudaError_t error = cudaGetExportTable(&table, nullptr);
  return error == cudaErrorNotSupported && cudaGetLastError() == error ? 0 : 1;
}
