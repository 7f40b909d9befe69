// Attributes of streams, of memory ranges and of pairs of devices.
#include "expect.h"

void streams() {
  cudaStream_t a, b;
  OK(cudaStreamCreateWithPriority(&a, cudaStreamNonBlocking, -1));
  OK(cudaStreamCreate(&b));
  cudaStreamAttrValue value = {};
  OK(cudaStreamGetAttribute(a, cudaStreamAttributePriority, &value));
  EXPECT(value.priority == -1);
  OK(cudaStreamGetAttribute(a, cudaStreamAttributeSynchronizationPolicy, &value));
  EXPECT(value.syncPolicy == cudaSyncPolicyAuto);
  value.accessPolicyWindow.num_bytes = 4096;
  value.accessPolicyWindow.hitRatio = 0.5f;
  value.accessPolicyWindow.hitProp = cudaAccessPropertyPersisting;
  OK(cudaStreamSetAttribute(a, cudaStreamAttributeAccessPolicyWindow, &value));
  OK(cudaStreamCopyAttributes(b, a));
  cudaStreamAttrValue copied = {};
  OK(cudaStreamGetAttribute(b, cudaStreamAttributeAccessPolicyWindow, &copied));
  EXPECT(copied.accessPolicyWindow.num_bytes == 4096);
  EXPECT(copied.accessPolicyWindow.hitProp == cudaAccessPropertyPersisting);
  int priority = 0;
  OK(cudaStreamGetPriority(b, &priority));
  EXPECT(priority == -1);
  GIVES(cudaStreamSetAttribute(a, cudaLaunchAttributeCooperative, &value), cudaErrorInvalidValue);
  unsigned long long first = 0, second = 0;
  OK(cudaStreamGetId(a, &first));
  OK(cudaStreamGetId(b, &second));
  EXPECT(first != second);
  OK(cudaStreamDestroy(a));
  OK(cudaStreamDestroy(b));
  cudaGetLastError();
}

int range(cudaMemRangeAttribute attribute, const char *at, size_t bytes) {
  int value = -77;
  OK(cudaMemRangeGetAttribute(&value, sizeof value, attribute, at, bytes));
  return value;
}

void memory() {
  char *memory;
  OK(cudaMallocManaged(&memory, 4096));
  EXPECT(range(cudaMemRangeAttributeReadMostly, memory, 4096) == 0);
  EXPECT(range(cudaMemRangeAttributePreferredLocation, memory, 4096) == cudaInvalidDeviceId);
  OK(cudaMemAdvise(memory, 2048, cudaMemAdviseSetReadMostly, 0));
  EXPECT(range(cudaMemRangeAttributeReadMostly, memory, 2048) == 1);
  EXPECT(range(cudaMemRangeAttributeReadMostly, memory, 4096) == 0);
  EXPECT(range(cudaMemRangeAttributeReadMostly, memory + 100, 100) == 1);
  OK(cudaMemAdvise(memory, 4096, cudaMemAdviseSetPreferredLocation, cudaCpuDeviceId));
  EXPECT(range(cudaMemRangeAttributePreferredLocation, memory, 4096) == cudaCpuDeviceId);
  OK(cudaMemPrefetchAsync(memory, 4096, 0));
  EXPECT(range(cudaMemRangeAttributeLastPrefetchLocation, memory, 4096) == 0);
  OK(cudaMemAdvise(memory, 4096, cudaMemAdviseSetAccessedBy, 0));
  int devices[3] = {};
  OK(cudaMemRangeGetAttribute(devices, sizeof devices, cudaMemRangeAttributeAccessedBy, memory,
                              4096));
  EXPECT(devices[0] == 0 && devices[1] == cudaInvalidDeviceId);
  int mostly = 0, preferred = 0;
  void *data[] = {&mostly, &preferred};
  size_t sizes[] = {sizeof mostly, sizeof preferred};
  cudaMemRangeAttribute attributes[] = {cudaMemRangeAttributeReadMostly,
                                        cudaMemRangeAttributePreferredLocation};
  OK(cudaMemRangeGetAttributes(data, sizes, attributes, 2, memory, 1024));
  EXPECT(mostly == 1 && preferred == cudaCpuDeviceId);
  GIVES(cudaMemRangeGetAttribute(&mostly, 2, cudaMemRangeAttributeReadMostly, memory, 16),
        cudaErrorInvalidValue);
  GIVES(cudaMemAdvise(memory, 8192, cudaMemAdviseSetReadMostly, 0), cudaErrorInvalidValue);
  OK(cudaFree(memory));
  cudaGetLastError();
}

void batches() {
  char *memory[2];
  for (char *&one : memory) {
    OK(cudaMallocManaged(&one, 4096));
    OK(cudaMemset(one, 7, 4096));
  }
  void *pointers[] = {memory[0], memory[0] + 2048, memory[1]};
  size_t sizes[] = {2048, 2048, 4096}, indices[] = {0, 2};
  cudaMemLocation locations[] = {{cudaMemLocationTypeDevice, 0}, {cudaMemLocationTypeHost, 0}};
  OK(cudaMemPrefetchBatchAsync(pointers, sizes, 3, locations, indices, 2, 0, nullptr));
  EXPECT(range(cudaMemRangeAttributeLastPrefetchLocation, memory[0], 4096) == 0);
  EXPECT(range(cudaMemRangeAttributeLastPrefetchLocation, memory[1], 4096) == cudaCpuDeviceId);
  OK(cudaMemDiscardAndPrefetchBatchAsync(pointers + 2, sizes + 2, 1, locations, indices, 1, 0,
                                         nullptr));
  EXPECT(range(cudaMemRangeAttributeLastPrefetchLocation, memory[1], 4096) == 0);
  OK(cudaMemDiscardBatchAsync(pointers, sizes, 3, 0, nullptr));
  GIVES(cudaMemDiscardBatchAsync(pointers, sizes, 0, 0, nullptr), cudaErrorInvalidValue);
  sizes[2] = 8192;
  GIVES(cudaMemPrefetchBatchAsync(pointers, sizes, 3, locations, indices, 2, 0, nullptr),
        cudaErrorInvalidValue);
  for (char *one : memory)
    OK(cudaFree(one));

  cudaMemPool_t pool, same;
  OK(cudaMemGetDefaultMemPool(&pool, locations, cudaMemAllocationTypePinned));
  OK(cudaDeviceGetDefaultMemPool(&same, 0));
  EXPECT(pool == same);
  OK(cudaMemSetMemPool(locations, cudaMemAllocationTypePinned, pool));
  OK(cudaMemGetMemPool(&same, locations, cudaMemAllocationTypePinned));
  EXPECT(pool == same);
  GIVES(cudaMemGetMemPool(&same, locations + 1, cudaMemAllocationTypePinned),
        cudaErrorNotSupported);
  OK(cudaDeviceFlushGPUDirectRDMAWrites(cudaFlushGPUDirectRDMAWritesTargetCurrentDevice,
                                        cudaFlushGPUDirectRDMAWritesToOwner));
  cudaGetLastError();
}

void devices() {
  int value = -1;
  GIVES(cudaDeviceGetP2PAttribute(&value, cudaDevP2PAttrAccessSupported, 0, 0),
        cudaErrorInvalidDevice);
  GIVES(cudaDeviceGetP2PAttribute(&value, cudaDevP2PAttrAccessSupported, 0, 99),
        cudaErrorInvalidDevice);
  OK(cudaDeviceGetAttribute(&value, cudaDevAttrCanUseStreamMemOps, 0));
  EXPECT(value == 1);
  OK(cudaCtxResetPersistingL2Cache());
  size_t limit = 0;
  OK(cudaThreadSetLimit(cudaLimitStackSize, 4096));
  OK(cudaThreadGetLimit(&limit, cudaLimitStackSize));
  EXPECT(limit == 4096);
  cudaGetLastError();
}

int main() {
  streams();
  memory();
  batches();
  devices();
  return finish();
}
