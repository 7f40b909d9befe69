// Arrays, texture and surface objects, and references, which are CUDA's up to version 11.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/texture.cpp
// RUN: sh -c 'sed "s,//.*,," %t/texture.cpp > %t/code; ! grep -i cuda %t/code'
// RUN: %clangxx -x cuda --cuda-host-only -nocudainc -nocudalib -fsyntax-only -std=c++17 -w -I %npu_include %t/texture.cpp
// RUN: %clangxx -x cuda --cuda-device-only --cuda-gpu-arch=sm_80 -nocudainc -nocudalib -fsyntax-only -std=c++17 -w -I %npu_include %t/texture.cpp
#include <texture_fetch_functions.h>
// CHECK: #include <npu/kernel.h>

// CHECK: npu::texture<float4, npuTextureType2D, npuReadModeElementType> image;
texture<float4, cudaTextureType2D, cudaReadModeElementType> image;
// CHECK: static npu::texture<unsigned char, 1> line;
static texture<unsigned char, 1> line;
// CHECK: npu::surface<void, npuSurfaceType2D> target;
surface<void, cudaSurfaceType2D> target;

// CHECK: NPU_KERNEL void kernel(npuTextureObject_t texture, npuSurfaceObject_t surface, float *out) {
__global__ void kernel(cudaTextureObject_t texture, cudaSurfaceObject_t surface, float *out) {
  // CHECK: float4 a = npu::tex2D(image, 0.5f, 1.5f);
  float4 a = tex2D(image, 0.5f, 1.5f);
  // CHECK: out[0] = a.x + npu::tex1Dfetch(line, 3) + npu::tex3D<float>(texture, 1, 2, 3);
  out[0] = a.x + tex1Dfetch(line, 3) + tex3D<float>(texture, 1, 2, 3);
  // CHECK: npu::surf2Dwrite(a.y, target, 0, 0, npuBoundaryModeClamp);
  surf2Dwrite(a.y, target, 0, 0, cudaBoundaryModeClamp);
  // CHECK: out[1] = npu::surf2Dread<float>(surface, 4, 0);
  out[1] = surf2Dread<float>(surface, 4, 0);
  // CHECK: float4 b = npu::tex2DLod<float4>(texture, 0.5f, 0.5f, 1.0f);
  float4 b = tex2DLod<float4>(texture, 0.5f, 0.5f, 1.0f);
  // CHECK: npu::texCubemap(&out[2], texture, b.x, b.y, b.z);
  texCubemap(&out[2], texture, b.x, b.y, b.z);
}

void host(const void *data, size_t pitch) {
  // CHECK: npuArray_t array;
  cudaArray_t array;
  // CHECK: npuArray *older;
  cudaArray *older;
  // CHECK: npuChannelFormatDesc format = npuCreateChannelDesc<float4>();
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float4>();
  // CHECK: npuMallocArray(&array, &format, 8, 8, npuArraySurfaceLoadStore);
  cudaMallocArray(&array, &format, 8, 8, cudaArraySurfaceLoadStore);
  // CHECK: npuMalloc3DArray(&older, &format, make_npuExtent(8, 8, 8));
  cudaMalloc3DArray(&older, &format, make_cudaExtent(8, 8, 8));
  // CHECK: npuMemcpy2DToArray(array, 0, 0, data, pitch, 128, 8, npuMemcpyHostToDevice);
  cudaMemcpy2DToArray(array, 0, 0, data, pitch, 128, 8, cudaMemcpyHostToDevice);
  // CHECK: npuResourceDesc resource = {};
  cudaResourceDesc resource = {};
  // CHECK: resource.resType = npuResourceTypeArray;
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  // CHECK: npuTextureDesc description = {};
  cudaTextureDesc description = {};
  // CHECK: description.filterMode = npuFilterModeLinear;
  description.filterMode = cudaFilterModeLinear;
  // CHECK: npuTextureObject_t object;
  cudaTextureObject_t object;
  // CHECK: npuCreateTextureObject(&object, &resource, &description, nullptr);
  cudaCreateTextureObject(&object, &resource, &description, nullptr);
  // CHECK: image.addressMode[0] = npuAddressModeWrap;
  image.addressMode[0] = cudaAddressModeWrap;
  // CHECK: npuBindTextureToArray(image, array, format);
  cudaBindTextureToArray(image, array, format);
  // CHECK: npuBindTexture(nullptr, line, data, 64);
  cudaBindTexture(nullptr, line, data, 64);
  // CHECK: npuBindSurfaceToArray(target, array);
  cudaBindSurfaceToArray(target, array);
  // CHECK: const npuTextureReference *reference;
  const textureReference *reference;
  // CHECK: npuGetTextureReference(&reference, &image);
  cudaGetTextureReference(&reference, &image);
  // CHECK: npuUnbindTexture(image);
  cudaUnbindTexture(image);
}
