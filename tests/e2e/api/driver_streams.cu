// Streams of the driver API: waits for values in memory and writes of them, also as nodes of
// graphs; events of whole contexts; attributes; memory pools.
#include "expect.h"

#include <cuda.h>

#include <chrono>
#include <thread>

#define DRV(call) EXPECT((call) == CUDA_SUCCESS)
#define DRV_GIVES(call, error) EXPECT((call) == (error))

__global__ void put(volatile unsigned *where, unsigned value) { *where = value; }

static CUfunction putFunction() {
  cudaFunction_t function = nullptr;
  OK(cudaGetFuncBySymbol(&function, (void *)put));
  return function;
}

static void launchPut(CUdeviceptr where, unsigned value, CUstream stream) {
  void *arguments[] = {&where, &value};
  DRV(cuLaunchKernel(putFunction(), 1, 1, 1, 1, 1, 1, 0, stream, arguments, nullptr));
}

template <class Word> static Word read(CUdeviceptr memory) {
  Word value = 0;
  DRV(cuMemcpyDtoH(&value, memory, sizeof value));
  return value;
}

// One stream waits for what a kernel, the other stream's write, and the host say.
static void values() {
  CUdeviceptr flags, result;
  CUstream waiting, writing;
  DRV(cuMemAllocManaged(&flags, 64, CU_MEM_ATTACH_GLOBAL));
  DRV(cuMemAlloc(&result, 4));
  DRV(cuMemsetD8(flags, 0, 64));
  DRV(cuMemsetD8(result, 0, 4));
  DRV(cuStreamCreate(&waiting, CU_STREAM_NON_BLOCKING));
  DRV(cuStreamCreate(&writing, CU_STREAM_NON_BLOCKING));

  DRV(cuStreamWaitValue32(waiting, flags, 5, CU_STREAM_WAIT_VALUE_EQ));
  launchPut(result, 1, waiting);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  DRV_GIVES(cuStreamQuery(waiting), CUDA_ERROR_NOT_READY);
  launchPut(flags, 5, writing);
  DRV(cuStreamSynchronize(waiting));
  EXPECT(read<unsigned>(result) == 1);

  const cuuint64_t large = 1ull << 40;
  DRV(cuStreamWaitValue64(waiting, flags + 8, large, CU_STREAM_WAIT_VALUE_GEQ));
  launchPut(result, 2, waiting);
  launchPut(result, 9, writing);
  DRV(cuStreamWriteValue64(writing, flags + 8, large + 3, CU_STREAM_WRITE_VALUE_DEFAULT));
  DRV(cuStreamSynchronize(waiting));
  EXPECT(read<unsigned>(result) == 2 && read<cuuint64_t>(flags + 8) == large + 3);

  // GEQ is cyclic; AND and NOR look at bits. The host's write counts, too.
  DRV(cuMemsetD32(flags, 2, 1));
  DRV(cuStreamWaitValue32(waiting, flags, 0xfffffff0u, CU_STREAM_WAIT_VALUE_GEQ));
  DRV(cuStreamWaitValue32(waiting, flags, 6, CU_STREAM_WAIT_VALUE_AND));
  DRV(cuStreamWaitValue32(waiting, flags, 0xfffffff0u, CU_STREAM_WAIT_VALUE_NOR));
  DRV(cuStreamSynchronize(waiting));
  DRV(cuStreamWaitValue32(waiting, flags, 8, CU_STREAM_WAIT_VALUE_AND));
  DRV(cuStreamWriteValue32(waiting, flags + 4, 77, CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER));
  __atomic_store_n((unsigned *)flags, 8u, __ATOMIC_RELEASE);
  DRV(cuStreamSynchronize(waiting));
  EXPECT(read<unsigned>(flags + 4) == 77);

  CUstreamBatchMemOpParams batch[3] = {};
  batch[0].operation = CU_STREAM_MEM_OP_WAIT_VALUE_32;
  batch[0].waitValue.address = flags + 4;
  batch[0].waitValue.value = 77;
  batch[0].waitValue.flags = CU_STREAM_WAIT_VALUE_EQ;
  batch[1].operation = CU_STREAM_MEM_OP_BARRIER;
  batch[2].operation = CU_STREAM_MEM_OP_WRITE_VALUE_32;
  batch[2].writeValue.address = flags + 4;
  batch[2].writeValue.value = 78;
  DRV(cuStreamBatchMemOp(waiting, 3, batch, 0));
  DRV(cuStreamSynchronize(waiting));
  EXPECT(read<unsigned>(flags + 4) == 78);

  DRV_GIVES(cuStreamWaitValue32(waiting, flags + 2, 0, 0), CUDA_ERROR_INVALID_VALUE);
  DRV_GIVES(cuStreamWaitValue32(waiting, flags, 0, 4), CUDA_ERROR_INVALID_VALUE);
  DRV_GIVES(cuStreamWriteValue64(waiting, result, 0, 0), CUDA_ERROR_INVALID_VALUE);
  DRV_GIVES(cuStreamWriteValue32(waiting, 64, 0, 0), CUDA_ERROR_INVALID_VALUE);
  int can = 0;
  DRV(cuDeviceGetAttribute(&can, CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR, 0));
  EXPECT(can == 1);
  DRV(cuStreamDestroy(waiting));
  DRV(cuStreamDestroy(writing));
  DRV(cuMemFree(flags));
  DRV(cuMemFree(result));
}

static void nodes() {
  CUdeviceptr flags;
  CUstream stream;
  DRV(cuMemAlloc(&flags, 64));
  DRV(cuMemsetD8(flags, 0, 64));
  DRV(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  CUgraph graph;
  DRV(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  DRV(cuStreamWriteValue32(stream, flags, 3, 0));
  DRV(cuStreamWaitValue32(stream, flags, 3, CU_STREAM_WAIT_VALUE_EQ));
  launchPut(flags + 4, 6, stream);
  DRV(cuStreamEndCapture(stream, &graph));
  EXPECT(read<unsigned>(flags) == 0);
  CUgraphNode found[4], added;
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  size_t count = 4;
  DRV(cuGraphGetNodes(graph, found, &count));
  DRV(cuGraphNodeGetType(found[0], &type));
  EXPECT(count == 3 && type == CU_GRAPH_NODE_TYPE_BATCH_MEM_OP);
  CUDA_BATCH_MEM_OP_NODE_PARAMS parameters = {};
  DRV(cuGraphBatchMemOpNodeGetParams(found[0], &parameters));
  EXPECT(parameters.count == 1 && parameters.paramArray[0].writeValue.value == 3);
  CUstreamBatchMemOpParams write = {};
  write.writeValue.operation = CU_STREAM_MEM_OP_WRITE_VALUE_64;
  write.writeValue.address = flags + 8;
  write.writeValue.value64 = 1ull << 33;
  parameters = {nullptr, 1, &write, 0};
  DRV(cuGraphAddBatchMemOpNode(&added, graph, &found[2], 1, &parameters));
  CUgraphExec exec;
  DRV(cuGraphInstantiate(&exec, graph, 0));
  DRV(cuGraphLaunch(exec, stream));
  DRV(cuStreamSynchronize(stream));
  EXPECT(read<unsigned>(flags) == 3 && read<unsigned>(flags + 4) == 6 &&
         read<cuuint64_t>(flags + 8) == 1ull << 33);
  write.writeValue.value64 = 5;
  DRV(cuGraphExecBatchMemOpNodeSetParams(exec, added, &parameters));
  DRV(cuGraphLaunch(exec, stream));
  DRV(cuStreamSynchronize(stream));
  EXPECT(read<cuuint64_t>(flags + 8) == 5);
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(graph));
  DRV(cuStreamDestroy(stream));
  DRV(cuMemFree(flags));
}

// An event of all streams of a context, and streams that wait for one, later ones included.
static void contextEvents(CUcontext context) {
  CUdeviceptr flags;
  CUstream held, other, later;
  CUevent event;
  DRV(cuMemAllocManaged(&flags, 64, CU_MEM_ATTACH_GLOBAL));
  auto *words = (volatile unsigned *)flags;
  words[0] = words[1] = words[2] = 0;
  DRV(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  DRV(cuStreamCreate(&held, CU_STREAM_NON_BLOCKING));
  DRV(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  DRV(cuStreamWaitValue32(held, flags, 1, CU_STREAM_WAIT_VALUE_EQ));
  DRV(cuCtxRecordEvent(context, event));
  DRV_GIVES(cuEventQuery(event), CUDA_ERROR_NOT_READY);
  DRV(cuCtxWaitEvent(nullptr, event));
  DRV(cuStreamCreate(&later, CU_STREAM_NON_BLOCKING));
  launchPut(flags + 4, 1, other);
  launchPut(flags + 8, 1, later);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT(words[1] == 0 && words[2] == 0);
  words[0] = 1;
  DRV(cuCtxSynchronize());
  EXPECT(words[1] == 1 && words[2] == 1);
  DRV(cuEventQuery(event));
  for (CUstream stream : {held, other, later})
    DRV(cuStreamDestroy(stream));
  DRV(cuEventDestroy(event));
  DRV(cuMemFree(flags));
}

static void attributes() {
  CUstream stream, copy;
  DRV(cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, -2));
  DRV(cuStreamCreate(&copy, CU_STREAM_DEFAULT));
  CUdevice device = 7;
  DRV(cuStreamGetDevice(stream, &device));
  EXPECT(device == 0);
  CUstreamAttrValue value = {}, back = {};
  value.syncPolicy = CU_SYNC_POLICY_YIELD;
  DRV(cuStreamSetAttribute(stream, CU_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  DRV(cuStreamCopyAttributes(copy, stream));
  DRV(cuStreamGetAttribute(copy, CU_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY, &back));
  EXPECT(back.syncPolicy == CU_SYNC_POLICY_YIELD);
  DRV(cuStreamGetAttribute(copy, CU_STREAM_ATTRIBUTE_PRIORITY, &back));
  EXPECT(back.priority == -2);
  DRV_GIVES(cuStreamGetAttribute(copy, CU_LAUNCH_ATTRIBUTE_COOPERATIVE, &back),
            CUDA_ERROR_INVALID_VALUE);
  CUcontext its = nullptr, current = nullptr;
  CUgreenCtx part = (CUgreenCtx)1;
  DRV(cuCtxGetCurrent(&current));
  DRV(cuStreamGetCtx_v2(stream, &its, &part));
  EXPECT(its == current && !part);
  DRV(cuStreamDestroy(stream));
  DRV(cuStreamDestroy(copy));
}

static void contextSettings(CUcontext context) {
  unsigned flags = 0;
  DRV(cuCtxSetFlags(CU_CTX_SCHED_YIELD));
  DRV(cuCtxGetFlags(&flags));
  EXPECT(flags == CU_CTX_SCHED_YIELD);
  DRV_GIVES(cuCtxSetFlags(0x100), CUDA_ERROR_INVALID_VALUE);
  CUdevice device = 7;
  DRV(cuCtxGetDevice_v2(&device, context));
  EXPECT(device == 0);
  DRV(cuCtxSynchronize_v2(context));
  CUexecAffinityParam affinity = {};
  int processors = 0;
  DRV(cuCtxGetExecAffinity(&affinity, CU_EXEC_AFFINITY_TYPE_SM_COUNT));
  DRV(cuDeviceGetAttribute(&processors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 0));
  EXPECT(affinity.param.smCount.val == unsigned(processors));
}

static void pools() {
  CUmemoryPool pool, standard, current;
  CUmemPoolProps properties = {};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  DRV(cuMemPoolCreate(&pool, &properties));
  cuuint64_t threshold = 1 << 20, told = 0, used = 0;
  DRV(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold));
  DRV(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &told));
  EXPECT(told == threshold);
  CUstream stream;
  CUdeviceptr memory = 0, again = 0;
  DRV(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  DRV(cuMemAllocFromPoolAsync(&memory, 4096, pool, stream));
  DRV(cuMemsetD32Async(memory, 42, 1024, stream));
  DRV(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &used));
  EXPECT(used >= 4096);
  unsigned last = 0;
  DRV(cuMemcpyDtoHAsync(&last, memory + 4092, 4, stream));
  DRV(cuMemFreeAsync(memory, stream));
  DRV(cuMemAllocFromPoolAsync(&again, 4096, pool, stream));
  DRV(cuStreamSynchronize(stream));
  EXPECT(last == 42 && again == memory);
  DRV(cuMemFreeAsync(again, stream));
  DRV(cuStreamSynchronize(stream));
  DRV(cuMemPoolTrimTo(pool, 0));
  DRV(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &used));
  EXPECT(used == 0);
  CUmemAccessDesc access = {{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
  CUmemAccess_flags flags = CU_MEM_ACCESS_FLAGS_PROT_NONE;
  DRV(cuMemPoolSetAccess(pool, &access, 1));
  DRV(cuMemPoolGetAccess(&flags, pool, &access.location));
  EXPECT(flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE);

  DRV(cuDeviceGetDefaultMemPool(&standard, 0));
  DRV(cuDeviceSetMemPool(0, pool));
  DRV(cuDeviceGetMemPool(&current, 0));
  EXPECT(current == pool && standard != pool);
  DRV(cuMemAllocAsync(&memory, 512, stream));
  DRV(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &used));
  EXPECT(used >= 512);
  DRV(cuMemFreeAsync(memory, stream));
  DRV(cuMemGetMemPool(&current, &properties.location, CU_MEM_ALLOCATION_TYPE_PINNED));
  EXPECT(current == pool);
  DRV_GIVES(cuMemGetMemPool(&current, &properties.location, CU_MEM_ALLOCATION_TYPE_MANAGED),
            CUDA_ERROR_NOT_SUPPORTED);
  DRV(cuDeviceSetMemPool(0, standard));
  DRV(cuStreamSynchronize(stream));
  DRV(cuMemPoolDestroy(pool));
  DRV(cuStreamDestroy(stream));
  DRV_GIVES(cuMemPoolCreate(nullptr, &properties), CUDA_ERROR_INVALID_VALUE);
}

int main() {
  CUcontext context;
  DRV(cuInit(0));
  DRV(cuCtxCreate(&context, 0, 0));
  values();
  nodes();
  contextEvents(context);
  attributes();
  contextSettings(context);
  pools();
  DRV(cuCtxDestroy(context));
  return finish();
}
