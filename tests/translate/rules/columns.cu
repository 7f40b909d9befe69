// Backslashes and comments that are aligned keep their columns; strings keep their bytes.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/columns.cpp --strict-whitespace --match-full-lines
// RUN: cu2npu -q %t/columns.cpp -o %t/again && diff %t/columns.cpp %t/again/columns.cpp

//      CHECK:#define CHECK_ALL(call)            \
// CHECK-NEXT:  do {                             \
// CHECK-NEXT:    npuError_t status = (call);    \
// CHECK-NEXT:    if (status != npuSuccess)      \
// CHECK-NEXT:      npuDeviceReset();            \
// CHECK-NEXT:  } while (0)
#define CHECK_ALL(call)            \
  do {                             \
    cudaError_t status = (call);   \
    if (status != cudaSuccess)     \
      cudaDeviceReset();           \
  } while (0)

//      CHECK:NPU_KERNEL void scale(float *x) {     // one
// CHECK-NEXT:  int i = npu::threadIdx.x;           // two
// CHECK-NEXT:  x[i] *= 2;                          // three
// CHECK-NEXT:  npu::syncThreads();  npu::syncWarp(); // no room
__global__ void scale(float *x) {     // one
  int i = threadIdx.x;                // two
  x[i] *= 2;                          // three
  __syncthreads();  __syncwarp();  // no room
}

//      CHECK:const char *text = "cudaFree  // in \
// CHECK-NEXT:a string";
const char *text = "cudaFree  // in \
a string";

int main() { CHECK_ALL(cudaDeviceSynchronize()); }
