// What is left is said in the terminal and at the place, and the exit status is 1.
// RUN: rm -rf %t && sh -c 'cu2npu -q %s -o %t; echo status $?' > %t.log 2>&1
// RUN: FileCheck %s --input-file %t.log --check-prefix LOG
// RUN: FileCheck %s --input-file %t/left.cpp
#include <nvjpeg.h>
#define CONFIGURATION <<<1, 1>>>
__global__ void k() {}
void host(float *p) {
  // CHECK: // error: 'cudaGetExportTable' is not supported: {{.*}} [npu-gap]
  // CHECK-NEXT: cudaGetExportTable(0, 0);
  cudaGetExportTable(0, 0);
  // CHECK: // error: 'cudaFrobnicate' is not a CUDA name known here{{.*}} [npu-unknown-call]
  // CHECK-NEXT: cudaFrobnicate(p);
  cudaFrobnicate(p);
  cudaDeviceSetLimit(cudaLimitStackSize, 4096);
#ifdef SOMETHING_ELSE
  cudaFree(p); // CHECK: {{^}}  cudaFree(p);
#endif
}
// LOG: left.cu:5:1: error: no neutral counterpart of 'nvjpeg.h'; {{.*}} [npu-unknown-header]
// LOG: left.cu:6:23: error: A launch that is not written in full cannot be rewritten {{.*}} [npu-macro]
// LOG: left.cu:11:3: error: 'cudaGetExportTable' is not supported: {{.*}} [npu-gap]
// LOG: left.cu:14:3: error: 'cudaFrobnicate' is not a CUDA name known here{{.*}} [npu-unknown-call]
// LOG: left.cu:15:3: warning: 'cudaDeviceSetLimit' is supported in part: {{.*}} [npu-partial]
// LOG: left.cu:17:3: note: inactive here, {{.*}} 'cudaFree'{{.*}} [npu-inactive]
// LOG: status 1
