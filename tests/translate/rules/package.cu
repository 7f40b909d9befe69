// Thrust and CUB stay as they are; CUDA's names are declared for them, once.
// RUN: rm -rf %t && cu2npu -q %s -o %t && FileCheck %s --input-file %t/package.cpp
// CHECK: #include <npu/kernel.h>
// CHECK: #include <cstdio>
// CHECK-NEXT: #include <npu/cuda_compatible.h>
// CHECK-NEXT: #include <thrust/device_vector.h>
// CHECK-NEXT: #include <cub/block/block_reduce.cuh>
#include <cstdio>
#include <thrust/device_vector.h>
#include <cub/block/block_reduce.cuh>
// CHECK: void fill(thrust::device_vector<int> &values, npuStream_t) { values[0] = 1; }
void fill(thrust::device_vector<int> &values, cudaStream_t) { values[0] = 1; }
