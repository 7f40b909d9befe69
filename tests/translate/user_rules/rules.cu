// A team's own names and headers, by rules in a file.
// RUN: rm -rf %t && not cu2npu -q %s -o %t --rules %S/Inputs/rules.yaml -I %S/Inputs 2> %t.log
// RUN: FileCheck %s --input-file %t/rules.cpp
// RUN: FileCheck %s --input-file %t.log --check-prefix LOG
// CHECK: #include <npu/kernel.h>
// CHECK: #include "house_npu.h"
// CHECK: #include "{{.*}}house.h"
// CHECK: #include <house/npu_tools.h>
#include "house.h"
#include <house/cuda_tools.h>

struct Own {
  int houseAlloc;
};
int main() {
  void *p;
  Own own;
  // CHECK: HOUSE_NPU_CHECK(houseNpuAlloc(&p, sizeof(own.houseAlloc)));
  HOUSE_CHECK(houseAlloc(&p, sizeof(own.houseAlloc)));
  // LOG: rules.cu:[[@LINE+1]]:3: error: 'houseProfile' is not supported: the house's profiler reads a GPU's counters; {{.*}} [npu-gap]
  houseProfile("main");
  // LOG: warning: 'cudaFuncSetCacheConfig' is supported in part: reviewed by the house; a hint; {{.*}} [npu-partial]
  // CHECK: npuFuncSetCacheConfig(main, npuFuncCachePreferL1);
  return cudaFuncSetCacheConfig(main, cudaFuncCachePreferL1);
}
