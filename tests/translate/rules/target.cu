// Code by target and the function wrapper get neutral names, and compile.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/target.cpp
// RUN: npucc -c %t/target.cpp -o %t/target.o
// CHECK: #include <npu/target.h>
// CHECK: #include <npu/function.h>
// CHECK: NPU_IF_TARGET(NPU_PROVIDES_SM_70, (return 1;), (return 0;))
// CHECK: npu::function<int(int)> f
#include <nv/target>
#include <nvfunctional>
__device__ int newer() {
  NV_IF_TARGET(NV_PROVIDES_SM_70, (return 1;), (return 0;))
}
__global__ void kernel(int *out) {
  nvstd::function<int(int)> f = [](int x) { return x + newer(); };
  *out = f(1);
}
