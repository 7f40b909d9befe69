// Which context is current to which thread, and what needs none.
#include "expect.h"

#include <cuda.h>

#include <thread>

#define RESULT(call, expected) EXPECT((call) == (expected))

CUresult allocate() {
  CUdeviceptr pointer = 0;
  const CUresult result = cuMemAlloc(&pointer, 64);
  if (result == CUDA_SUCCESS)
    cuMemFree(pointer);
  return result;
}

CUcontext current() {
  CUcontext context = (CUcontext)1;
  RESULT(cuCtxGetCurrent(&context), CUDA_SUCCESS);
  return context;
}

int isActive() {
  unsigned flags = 0;
  int active = -1;
  RESULT(cuDevicePrimaryCtxGetState(0, &flags, &active), CUDA_SUCCESS);
  return active;
}

// What a library does beside the runtime.
void beside() {
  CUcontext primary, popped;
  OK(cudaFree(nullptr));
  RESULT(cuDevicePrimaryCtxRetain(&primary, 0), CUDA_SUCCESS);
  RESULT(cuCtxPushCurrent(primary), CUDA_SUCCESS);
  RESULT(cuCtxPopCurrent(&popped), CUDA_SUCCESS);
  EXPECT(popped == primary && current() == primary);
  RESULT(allocate(), CUDA_SUCCESS);
  RESULT(cuCtxPopCurrent(&popped), CUDA_SUCCESS);
  EXPECT(popped == primary && current() == nullptr);
  RESULT(cuCtxPopCurrent(&popped), CUDA_ERROR_INVALID_CONTEXT);
  RESULT(cuDevicePrimaryCtxRelease(0), CUDA_SUCCESS);
  EXPECT(isActive() == 1); // by the runtime's use
}

// A context that is made, taken from the stack, and later destroyed.
void floating() {
  CUcontext own, popped;
  RESULT(cuCtxCreate(&own, 0, 0), CUDA_SUCCESS);
  OK(cudaFree(nullptr)); // works in it
  EXPECT(current() == own);
  RESULT(cuCtxPopCurrent(&popped), CUDA_SUCCESS);
  EXPECT(popped == own && current() == nullptr);
  RESULT(allocate(), CUDA_ERROR_INVALID_CONTEXT);
  OK(cudaFree(nullptr)); // makes the primary one current
  EXPECT(current() != nullptr && current() != own);
  RESULT(allocate(), CUDA_SUCCESS);
  std::thread([&] {
    RESULT(cuCtxSetCurrent(own), CUDA_SUCCESS);
    std::thread([&] { RESULT(cuCtxDestroy(own), CUDA_SUCCESS); }).join();
    RESULT(allocate(), CUDA_ERROR_INVALID_CONTEXT);
    RESULT(cuCtxPopCurrent(&popped), CUDA_SUCCESS);
    EXPECT(popped == own && current() == nullptr);
  }).join();
}

int main() {
  CUdevice device;
  CUcontext primary, popped;
  RESULT(cuInit(0), CUDA_SUCCESS);
  RESULT(cuDeviceGet(&device, 0), CUDA_SUCCESS);
  EXPECT(current() == nullptr && isActive() == 0);
  RESULT(allocate(), CUDA_ERROR_INVALID_CONTEXT);

  // Virtual memory is of no context.
  CUmemAllocationProp properties = {};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  size_t bytes = 0;
  CUmemGenericAllocationHandle piece;
  RESULT(cuMemGetAllocationGranularity(&bytes, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM),
         CUDA_SUCCESS);
  RESULT(cuMemCreate(&piece, bytes, &properties, 0), CUDA_SUCCESS);
  RESULT(cuMemRelease(piece), CUDA_SUCCESS);

  RESULT(cuDevicePrimaryCtxRetain(&primary, device), CUDA_SUCCESS);
  EXPECT(current() == nullptr);
  RESULT(cuCtxSetCurrent(primary), CUDA_SUCCESS);
  EXPECT(current() == primary);
  RESULT(allocate(), CUDA_SUCCESS);
  std::thread([] {
    EXPECT(current() == nullptr);
    RESULT(allocate(), CUDA_ERROR_INVALID_CONTEXT);
  }).join();
  std::thread([&] { // the runtime makes it current
    OK(cudaFree(nullptr));
    EXPECT(current() == primary);
    RESULT(allocate(), CUDA_SUCCESS);
  })
      .join();
  RESULT(cuCtxPopCurrent(&popped), CUDA_SUCCESS);
  EXPECT(popped == primary && current() == nullptr);
  RESULT(allocate(), CUDA_ERROR_INVALID_CONTEXT);
  RESULT(cuDevicePrimaryCtxRelease(device), CUDA_SUCCESS);
  std::thread(beside).join();
  std::thread(floating).join();
  return finish();
}
