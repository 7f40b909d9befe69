#include <npu/kernel.h>
#include <npu/runtime.h>
NPU_KERNEL void store(int *data) { data[npu::threadIdx.x] = 7; }
