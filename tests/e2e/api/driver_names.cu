// Driver functions by name: what a version of CUDA calls by it, and what stream 0 is to it.
#include "expect.h"

#include <cuda.h>
#include <cudaTypedefs.h>

#include <cstring>
#include <dlfcn.h>

#define DRV(call) EXPECT((call) == CUDA_SUCCESS)
#define DRV_GIVES(call, error) EXPECT((call) == (error))

template <class Function>
static Function byName(const char *name, int version, cuuint64_t flags = 0) {
  void *found = nullptr;
  CUdriverProcAddressQueryResult result = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  DRV(cuGetProcAddress(name, &found, version, flags, &result));
  EXPECT(found && result == CU_GET_PROC_ADDRESS_SUCCESS);
  return reinterpret_cast<Function>(found);
}

static CUdriverProcAddressQueryResult whyNot(const char *name, int version) {
  void *found = &found;
  CUdriverProcAddressQueryResult result = CU_GET_PROC_ADDRESS_SUCCESS;
  DRV(cuGetProcAddress(name, &found, version, 0, &result));
  EXPECT(!found);
  DRV_GIVES(cuGetProcAddress(name, &found, version, 0), CUDA_ERROR_NOT_FOUND);
  return result;
}

static void names() {
  using Allocate = CUresult (*)(CUdeviceptr *, size_t);
  const auto allocate = byName<Allocate>("cuMemAlloc", CUDA_VERSION);
  const auto release = byName<PFN_cuMemFree_v3020>("cuMemFree", 3020);
  EXPECT(allocate == byName<Allocate>("cuMemAlloc_v2", CUDA_VERSION));
  CUdeviceptr memory = 0;
  DRV(allocate(&memory, 64));
  EXPECT(memory != 0);
  DRV(release(memory));
  EXPECT(whyNot("cuNoSuch", CUDA_VERSION) == CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  EXPECT(whyNot("cuTensorMapEncodeTiled", CUDA_VERSION) == CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  // Sizes were of 32 bits.
  EXPECT(whyNot("cuMemAlloc", 3000) == CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  EXPECT(whyNot("cuGraphCreate", 9000) == CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  void *found = nullptr;
  DRV_GIVES(cuGetProcAddress("cuInit", &found, CUDA_VERSION, 8, nullptr), CUDA_ERROR_INVALID_VALUE);
  DRV_GIVES(cuGetProcAddress(nullptr, &found, CUDA_VERSION, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
}

// The parameters of one function in three versions, and of the one without.
static void versions() {
  CUgraph graph;
  CUgraphNode nodes[2], from[1], to[1];
  DRV(cuGraphCreate(&graph, 0));
  DRV(cuGraphAddEmptyNode(&nodes[0], graph, nullptr, 0));
  DRV(cuGraphAddEmptyNode(&nodes[1], graph, &nodes[0], 1));
  size_t count = 1;
  DRV(byName<PFN_cuGraphGetEdges_v10000>("cuGraphGetEdges", 12000)(graph, from, to, &count));
  EXPECT(count == 1 && from[0] == nodes[0] && to[0] == nodes[1]);
  CUgraphEdgeData edge;
  std::memset(&edge, 1, sizeof edge);
  from[0] = nullptr;
  DRV(byName<PFN_cuGraphGetEdges_v12030>("cuGraphGetEdges", 12030)(graph, from, to, &edge, &count));
  EXPECT(from[0] == nodes[0] && edge.from_port == 0);
  std::memset(&edge, 1, sizeof edge);
  DRV(byName<PFN_cuGraphGetEdges>("cuGraphGetEdges", CUDA_VERSION)(graph, from, to, &edge, &count));
  EXPECT(edge.from_port == 0);
  DRV(cuGraphDestroy(graph));

  CUdevice device = 7;
  DRV(byName<PFN_cuCtxGetDevice_v2000>("cuCtxGetDevice", 12080)(&device));
  EXPECT(device == 0);
  device = 7;
  DRV(byName<PFN_cuCtxGetDevice_v13000>("cuCtxGetDevice", 13000)(&device, nullptr));
  EXPECT(device == 0);
  void *entry = nullptr;
  cudaDriverEntryPointQueryResult found;
  OK(cudaGetDriverEntryPointByVersion("cuMemAdvise", &entry, 8000, cudaEnableDefault, &found));
  EXPECT(entry == (void *)(PFN_cuMemAdvise_v8000)cuMemAdvise);
  OK(cudaGetDriverEntryPointByVersion("cuMemAdvise", &entry, 12020, cudaEnableDefault, &found));
  EXPECT(entry == (void *)cuMemAdvise_v2 && found == cudaDriverEntryPointSuccess);
}

// Stream 0 has a number of its own in each meaning.
static void defaultStreams() {
  unsigned long long legacy = 0, thread = 0, id = 0;
  DRV(cuStreamGetId(CU_STREAM_LEGACY, &legacy));
  DRV(cuStreamGetId(CU_STREAM_PER_THREAD, &thread));
  EXPECT(legacy != thread);
  using GetId = PFN_cuStreamGetId_v12000;
  const cuuint64_t perThread = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  DRV(byName<GetId>("cuStreamGetId", CUDA_VERSION, CU_GET_PROC_ADDRESS_LEGACY_STREAM)(0, &id));
  EXPECT(id == legacy);
  DRV(byName<GetId>("cuStreamGetId", CUDA_VERSION, perThread)(0, &id));
  EXPECT(id == thread);
  DRV(byName<GetId>("cuStreamGetId_ptsz", CUDA_VERSION)(0, &id));
  EXPECT(id == thread);
  // As the source is compiled.
#ifdef CUDA_API_PER_THREAD_DEFAULT_STREAM
  const unsigned long long expected = thread;
#else
  const unsigned long long expected = legacy;
#endif
  DRV(cuStreamGetId(0, &id));
  EXPECT(id == expected);
  DRV(byName<GetId>("cuStreamGetId", CUDA_VERSION)(0, &id));
  EXPECT(id == expected);
}

// The driver's library, which a program opens by itself.
static void openedLibrary() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  EXPECT(library);
  if (!library)
    return;
  const auto find = [&](const char *name) { return dlsym(library, name); };
  int count = 0;
  CUdeviceptr memory = 0;
  DRV(reinterpret_cast<PFN_cuDeviceGetCount>(find("cuDeviceGetCount"))(&count));
  DRV(reinterpret_cast<PFN_cuMemAlloc>(find("cuMemAlloc_v2"))(&memory, 64));
  DRV(reinterpret_cast<PFN_cuMemsetD32>(find("cuMemsetD32_v2"))(memory, 7, 16));
  unsigned value = 0;
  DRV(cuMemcpyDtoH(&value, memory + 60, 4));
  EXPECT(count >= 1 && value == 7);
  DRV(cuMemFree(memory));
  // By its plain name the first version, of four parameters.
  using GetProcAddress = CUresult (*)(const char *, void **, int, cuuint64_t);
  void *found = nullptr;
  DRV(reinterpret_cast<GetProcAddress>(find("cuGetProcAddress"))("cuMemAlloc", &found, 12000, 0));
  EXPECT(found == (void *)cuMemAlloc);
  EXPECT(!find("cuNoSuch"));
  using Refused = CUresult (*)(void *);
  DRV_GIVES(reinterpret_cast<Refused>(find("cuGreenCtxDestroy"))(nullptr),
            CUDA_ERROR_NOT_SUPPORTED);
}

int main() {
  CUcontext context;
  DRV(cuInit(0));
  DRV(cuCtxCreate(&context, 0, 0));
  names();
  versions();
  defaultStreams();
  openedLibrary();
  DRV(cuCtxDestroy(context));
  return finish();
}
