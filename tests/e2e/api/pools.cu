// Memory pools: counters, the release threshold, reuse in stream order, access, and mistakes.
#include "expect.h"

#include <unistd.h>

__global__ void fill(int *values, int what) { values[threadIdx.x] = what; }

unsigned long long attribute(cudaMemPool_t pool, cudaMemPoolAttr which) {
  unsigned long long value = ~0ull;
  OK(cudaMemPoolGetAttribute(pool, which, &value));
  return value;
}

void counters(cudaStream_t stream) {
  cudaMemPool_t pool;
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  OK(cudaMemPoolCreate(&pool, &properties));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 0);
  EXPECT(attribute(pool, cudaMemPoolAttrReleaseThreshold) == 0);

  int *a, *b, *again;
  OK(cudaMallocFromPoolAsync(&a, 4096, pool, stream));
  OK(cudaMallocAsync(&b, 8192, pool, stream));
  EXPECT(attribute(pool, cudaMemPoolAttrUsedMemCurrent) == 12288);
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) >= 12288);
  int host[32] = {};
  fill<<<1, 32, 0, stream>>>(a, 5);
  OK(cudaMemcpyAsync(host, a, sizeof host, cudaMemcpyDeviceToHost, stream));
  OK(cudaFreeAsync(a, stream));
  GIVES(cudaFreeAsync(a, stream), cudaErrorInvalidValue);
  EXPECT(host[31] == 5);
  EXPECT(attribute(pool, cudaMemPoolAttrUsedMemCurrent) == 8192);
  // In the order of the same stream the memory can be used again at once.
  OK(cudaMallocFromPoolAsync(&again, 4096, pool, stream));
  EXPECT(again == a);
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 12288);
  OK(cudaFreeAsync(again, stream));
  // A wait gives back what exceeds the threshold, which is 0.
  OK(cudaStreamSynchronize(stream));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 8192);
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemHigh) == 12288);
  unsigned long long zero = 0, all = ~0ull;
  OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReservedMemHigh, &zero));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemHigh) == 8192);
  GIVES(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReservedMemHigh, &all), cudaErrorInvalidValue);
  GIVES(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &zero), cudaErrorInvalidValue);

  OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all));
  OK(cudaFreeAsync(b, stream));
  OK(cudaStreamSynchronize(stream));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 8192);
  OK(cudaMemPoolTrimTo(pool, 0));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 0);

  // Memory outlives its pool.
  OK(cudaMallocFromPoolAsync(&a, 128, pool, stream));
  OK(cudaMemPoolDestroy(pool));
  fill<<<1, 32, 0, stream>>>(a, 6);
  OK(cudaStreamSynchronize(stream));
  OK(cudaFree(a));
  GIVES(cudaFree(a), cudaErrorInvalidValue);
  GIVES(cudaMemPoolDestroy(pool), cudaErrorInvalidValue);
  cudaGetLastError();
}

void pools() {
  int supported = 0;
  OK(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, 0));
  EXPECT(supported == 1);
  cudaMemPool_t standard, current, own;
  OK(cudaDeviceGetDefaultMemPool(&standard, 0));
  OK(cudaDeviceGetMemPool(&current, 0));
  EXPECT(standard == current);
  GIVES(cudaMemPoolDestroy(standard), cudaErrorInvalidValue);
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.maxSize = 1 << 20;
  OK(cudaMemPoolCreate(&own, &properties));
  OK(cudaDeviceSetMemPool(0, own));
  void *pointer;
  OK(cudaMallocAsync(&pointer, 1 << 19, 0));
  EXPECT(attribute(own, cudaMemPoolAttrUsedMemCurrent) == 1 << 19);
  void *tooMuch;
  GIVES(cudaMallocAsync(&tooMuch, 1 << 20, 0), cudaErrorMemoryAllocation);
  OK(cudaFreeAsync(pointer, 0));
  cudaMemAccessDesc access = {};
  access.location.type = cudaMemLocationTypeDevice;
  access.flags = cudaMemAccessFlagsProtReadWrite;
  OK(cudaMemPoolSetAccess(own, &access, 1));
  cudaMemAccessFlags flags = cudaMemAccessFlagsProtNone;
  OK(cudaMemPoolGetAccess(&flags, own, &access.location));
  EXPECT(flags == cudaMemAccessFlagsProtReadWrite);
  access.flags = cudaMemAccessFlagsProtNone;
  GIVES(cudaMemPoolSetAccess(own, &access, 1), cudaErrorInvalidDevice);
  OK(cudaMemPoolDestroy(own));
  OK(cudaDeviceGetMemPool(&current, 0));
  EXPECT(standard == current);
  properties.handleTypes = cudaMemHandleTypeFabric;
  GIVES(cudaMemPoolCreate(&own, &properties), cudaErrorNotSupported);
  cudaGetLastError();
}

// What is free makes room: blocks of another size, and those that another stream has yet to free.
void room() {
  cudaMemPool_t pool;
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.maxSize = 1 << 20;
  OK(cudaMemPoolCreate(&pool, &properties));
  unsigned long long all = ~0ull;
  OK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all));
  cudaStream_t one, other;
  OK(cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking));
  OK(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking));
  int *large, *small;
  OK(cudaMallocFromPoolAsync(&large, 900 << 10, pool, one));
  OK(cudaFreeAsync(large, one));
  OK(cudaStreamSynchronize(one));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 900 << 10);
  OK(cudaMallocFromPoolAsync(&small, 200 << 10, pool, one));
  EXPECT(attribute(pool, cudaMemPoolAttrReservedMemCurrent) == 200 << 10);
  OK(cudaFreeAsync(small, one));

  OK(cudaMallocFromPoolAsync(&large, 900 << 10, pool, one));
  OK(cudaLaunchHostFunc(
      one, [](void *) { usleep(200000); }, nullptr));
  fill<<<1, 32, 0, one>>>(large, 5);
  OK(cudaFreeAsync(large, one));
  OK(cudaMallocFromPoolAsync(&large, 900 << 10, pool, other));
  OK(cudaFreeAsync(large, other));
  GIVES(cudaMallocFromPoolAsync(&large, 2 << 20, pool, other), cudaErrorMemoryAllocation);
  OK(cudaStreamDestroy(one));
  OK(cudaStreamDestroy(other));
  OK(cudaMemPoolDestroy(pool));

  // Any allocation takes what pools keep.
  size_t freeBytes = 0, total = 0;
  cudaMemPool_t standard;
  OK(cudaMemGetInfo(&freeBytes, &total));
  OK(cudaDeviceGetDefaultMemPool(&standard, 0));
  OK(cudaMemPoolSetAttribute(standard, cudaMemPoolAttrReleaseThreshold, &all));
  OK(cudaMallocAsync(&large, freeBytes / 10 * 6, 0));
  OK(cudaFreeAsync(large, 0));
  OK(cudaMalloc(&large, freeBytes / 10 * 6));
  OK(cudaFree(large));
  cudaGetLastError();
}

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  room();
  counters(stream);
  pools();
  OK(cudaStreamDestroy(stream));
  return finish();
}
