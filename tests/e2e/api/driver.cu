// The driver API and run-time compilation: an image made here from source is loaded as a module,
// in both forms, and its kernels, variables and names are used by handle.
#include "expect.h"

#include <cuda.h>
#include <cudaTypedefs.h>
#include <nvrtc.h>

#include <cstring>
#include <string>
#include <vector>

#define DRV(call) EXPECT((call) == CUDA_SUCCESS)
#define DRV_GIVES(call, error) EXPECT((call) == (error))
#define RTC(call) EXPECT((call) == NVRTC_SUCCESS)

static const char kSource[] = R"(
#include "factor.h"
__constant__ int offset = 3;
__device__ float table[4] = {1, 2, 3, 4};
namespace deep { __device__ int counter; }
extern "C" __global__ void scale(float *x, float a, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = x[i] * a * FACTOR + offset + table[i & 3];
}
extern "C" __global__ void sums(const int *in, int *out) {
  extern __shared__ int part[];
  part[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  int sum = 0;
  for (int i = 0; i < blockDim.x; ++i) sum += part[i];
  out[threadIdx.x] = sum;
}
extern "C" __global__ void sample(cudaTextureObject_t bytes, cudaTextureObject_t raw, float *out) {
  out[threadIdx.x] = tex2D<float>(bytes, threadIdx.x + 0.5f, 1.5f);
  out[4 + threadIdx.x] = tex2D<unsigned char>(raw, threadIdx.x + 0.5f, 1.5f);
}
template <class T, int N> __global__ void fill(T *out, T value) {
  out[threadIdx.x] = value + T(N);
  deep::counter = N;
}
static __constant__ int hidden = 5;
static __global__ void readHidden(int *out) { *out = hidden; }
void *used() { return (void *)readHidden; } // so that the kernel is kept
)";

__global__ void ownKernel(int *out) { out[threadIdx.x] = int(threadIdx.x) + 5; }

// The program's own kernels by handle, and driver functions by name.
static void byHandle() {
  cudaFunction_t handle = nullptr;
  EXPECT(cudaGetFuncBySymbol(&handle, ownKernel) == cudaSuccess);
  EXPECT(cudaGetFuncBySymbol(&handle, &handle) == cudaErrorInvalidDeviceFunction);
  int *out;
  EXPECT(cudaMallocManaged(&out, 32 * sizeof(int)) == cudaSuccess);
  void *arguments[] = {&out};
  CUfunction function = handle;
  DRV(cuLaunchCooperativeKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, arguments));
  EXPECT(cudaDeviceSynchronize() == cudaSuccess);
  EXPECT(out[0] == 5 && out[31] == 36);
  EXPECT(cudaFree(out) == cudaSuccess);
  DRV_GIVES(cuLaunchCooperativeKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr),
            CUDA_ERROR_INVALID_HANDLE);

  void *entry = nullptr;
  cudaDriverEntryPointQueryResult found;
  EXPECT(cudaGetDriverEntryPoint("cuMemAlloc", &entry, cudaEnableDefault, &found) == cudaSuccess);
  EXPECT(entry == (void *)cuMemAlloc && found == cudaDriverEntryPointSuccess);
  EXPECT(cudaGetDriverEntryPointByVersion("cuNoSuch", &entry, 12000, cudaEnableDefault, &found) ==
         cudaSuccess);
  EXPECT(!entry && found == cudaDriverEntryPointSymbolNotFound);
  EXPECT(cudaGetDriverEntryPoint("cuNoSuch", &entry, cudaEnableDefault) == cudaErrorSymbolNotFound);
}

struct Compiled {
  std::string text;
  std::vector<char> image;
  std::string fill, counter;
};

static Compiled compile() {
  Compiled result;
  nvrtcProgram program;
  const char *header = "#define FACTOR SCALE\n", *headerName = "factor.h";
  RTC(nvrtcCreateProgram(&program, kSource, "kernels.cu", 1, &header, &headerName));
  RTC(nvrtcAddNameExpression(program, "fill<unsigned long long, 7>"));
  RTC(nvrtcAddNameExpression(program, "&deep::counter"));
  const char *name = nullptr;
  EXPECT(nvrtcGetLoweredName(program, "&deep::counter", &name) ==
         NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION);
  const char *options[] = {"--gpu-architecture=compute_80", "-DSCALE=2.0f", "--std=c++17"};
  RTC(nvrtcCompileProgram(program, 3, options));
  size_t bytes = 0;
  RTC(nvrtcGetPTXSize(program, &bytes));
  std::vector<char> text(bytes);
  RTC(nvrtcGetPTX(program, text.data()));
  result.text = text.data();
  RTC(nvrtcGetCUBINSize(program, &bytes));
  result.image.resize(bytes);
  RTC(nvrtcGetCUBIN(program, result.image.data()));
  RTC(nvrtcGetLoweredName(program, "fill<unsigned long long, 7>", &name));
  result.fill = name ? name : "";
  RTC(nvrtcGetLoweredName(program, "&deep::counter", &name));
  result.counter = name ? name : "";
  EXPECT(nvrtcGetLoweredName(program, "other", &name) == NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID);
  RTC(nvrtcDestroyProgram(&program));
  EXPECT(program == nullptr);
  return result;
}

static void compileErrors() {
  nvrtcProgram program;
  RTC(nvrtcCreateProgram(&program, "__global__ void k() { nonsense; }", "wrong.cu", 0, nullptr,
                         nullptr));
  EXPECT(nvrtcCompileProgram(program, 0, nullptr) == NVRTC_ERROR_COMPILATION);
  size_t bytes = 0;
  RTC(nvrtcGetProgramLogSize(program, &bytes));
  std::vector<char> log(bytes);
  RTC(nvrtcGetProgramLog(program, log.data()));
  EXPECT(std::strstr(log.data(), "wrong.cu:1:") && std::strstr(log.data(), "nonsense"));
  const char *unknown = "--no-such-option";
  EXPECT(nvrtcCompileProgram(program, 1, &unknown) == NVRTC_ERROR_INVALID_OPTION);
  EXPECT(nvrtcGetPTXSize(program, &bytes) == NVRTC_ERROR_INVALID_PROGRAM);
  RTC(nvrtcDestroyProgram(&program));
  EXPECT(std::strcmp(nvrtcGetErrorString(NVRTC_ERROR_COMPILATION), "NVRTC_ERROR_COMPILATION") == 0);
}

static void scaleBy(CUmodule module, bool packed) {
  CUfunction scale;
  DRV(cuModuleGetFunction(&scale, module, "scale"));
  const int n = 100;
  std::vector<float> x(n);
  for (int i = 0; i < n; ++i)
    x[i] = float(i);
  CUdeviceptr device;
  DRV(cuMemAlloc(&device, n * sizeof(float)));
  DRV(cuMemcpyHtoD(device, x.data(), n * sizeof(float)));
  float a = 5;
  int count = n;
  CUstream stream;
  DRV(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  if (packed) {
    struct {
      CUdeviceptr x;
      float a;
      int n;
    } arguments = {device, a, count};
    size_t bytes = sizeof arguments;
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &arguments, CU_LAUNCH_PARAM_BUFFER_SIZE,
                     &bytes, CU_LAUNCH_PARAM_END};
    DRV(cuLaunchKernel(scale, 4, 1, 1, 32, 1, 1, 0, stream, nullptr, extra));
  } else {
    void *arguments[] = {&device, &a, &count};
    DRV(cuLaunchKernel(scale, 4, 1, 1, 32, 1, 1, 0, stream, arguments, nullptr));
  }
  DRV(cuStreamSynchronize(stream));
  DRV(cuStreamDestroy(stream));
  std::vector<float> y(n);
  DRV(cuMemcpyDtoH(y.data(), device, n * sizeof(float)));
  bool right = true;
  for (int i = 0; i < n; ++i)
    right = right && y[i] == float(i) * 10 + 3 + float((i & 3) + 1);
  EXPECT(right);
  CUdeviceptr base;
  size_t bytes;
  DRV(cuMemGetAddressRange(&base, &bytes, device + 8));
  EXPECT(base == device && bytes == n * sizeof(float));
  DRV(cuMemFree(device));
}

static void useModule(const Compiled &compiled, const void *image) {
  CUmodule module;
  DRV(cuModuleLoadData(&module, image));
  scaleBy(module, false);
  scaleBy(module, true);
  CUfunction missing, fill, sums;
  DRV_GIVES(cuModuleGetFunction(&missing, module, "nothing"), CUDA_ERROR_NOT_FOUND);
  DRV(cuModuleGetFunction(&fill, module, compiled.fill.c_str()));
  unsigned long long *out = nullptr, value = 1ull << 40;
  DRV(cuMemAllocManaged((CUdeviceptr *)&out, 32 * sizeof *out, CU_MEM_ATTACH_GLOBAL));
  void *arguments[] = {&out, &value};
  DRV(cuLaunchKernel(fill, 1, 1, 1, 32, 1, 1, 0, nullptr, arguments, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(out[31] == (1ull << 40) + 7);
  CUdeviceptr counter;
  size_t bytes = 0;
  DRV(cuModuleGetGlobal(&counter, &bytes, module, compiled.counter.c_str()));
  int seven = 0;
  DRV(cuMemcpyDtoH(&seven, counter, sizeof seven));
  EXPECT(bytes == sizeof(int) && seven == 7);
  DRV_GIVES(cuModuleGetGlobal(&counter, &bytes, module, "nothing"), CUDA_ERROR_NOT_FOUND);

  // What is static is known by its plain name, as in CUDA's modules.
  CUdeviceptr hidden;
  DRV(cuModuleGetGlobal(&hidden, &bytes, module, "hidden"));
  int nine = 9;
  DRV(cuMemcpyHtoD(hidden, &nine, sizeof nine));
  CUfunction readHidden;
  DRV(cuModuleGetFunction(&readHidden, module, "_Z10readHiddenPi"));
  int *read = nullptr;
  DRV(cuMemAllocManaged((CUdeviceptr *)&read, sizeof *read, CU_MEM_ATTACH_GLOBAL));
  void *readArguments[] = {&read};
  DRV(cuLaunchKernel(readHidden, 1, 1, 1, 1, 1, 1, 0, nullptr, readArguments, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(*read == 9);
  DRV(cuMemFree((CUdeviceptr)read));

  // Dynamic shared memory, in one call and in CUDA's old parts; the runtime takes the handle too.
  DRV(cuModuleGetFunction(&sums, module, "sums"));
  int *in = nullptr, *result = nullptr;
  OK(cudaMallocManaged(&in, 64 * sizeof(int)));
  OK(cudaMallocManaged(&result, 64 * sizeof(int)));
  for (int i = 0; i < 64; ++i)
    in[i] = i;
  void *pointers[] = {&in, &result};
  DRV(cuLaunchKernel(sums, 1, 1, 1, 64, 1, 1, 64 * sizeof(int), nullptr, pointers, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(result[63] == 2016);
  DRV(cuFuncSetBlockShape(sums, 32, 1, 1));
  DRV(cuFuncSetSharedSize(sums, 32 * sizeof(int)));
  DRV(cuParamSetv(sums, 0, &in, sizeof in));
  DRV(cuParamSetv(sums, 8, &result, sizeof result));
  DRV(cuParamSetSize(sums, 16));
  DRV(cuLaunchGrid(sums, 1, 1));
  DRV(cuCtxSynchronize());
  EXPECT(result[0] == 496 && result[63] == 2016);

  // With attributes.
  CUlaunchAttribute attribute = {};
  attribute.id = CU_LAUNCH_ATTRIBUTE_PRIORITY;
  CUlaunchConfig configuration = {};
  configuration.gridDimX = configuration.gridDimY = configuration.gridDimZ = 1;
  configuration.blockDimX = 16;
  configuration.blockDimY = configuration.blockDimZ = 1;
  configuration.sharedMemBytes = 16 * sizeof(int);
  configuration.attrs = &attribute;
  configuration.numAttrs = 1;
  DRV(cuLaunchKernelEx(&configuration, sums, pointers, nullptr));
  DRV(cuCtxSynchronize());
  EXPECT(result[0] == 120 && result[15] == 120);
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim.x = 2;
  attribute.value.clusterDim.y = attribute.value.clusterDim.z = 1;
  DRV_GIVES(cuLaunchKernelEx(&configuration, sums, pointers, nullptr),
            CUDA_ERROR_INVALID_CLUSTER_SIZE);
  void *found = nullptr;
  cudaDriverEntryPointQueryResult query;
  OK(cudaGetDriverEntryPoint("cuDeviceGetCount", &found, cudaEnableDefault, &query));
  int devices = 0;
  EXPECT(query == cudaDriverEntryPointSuccess &&
         reinterpret_cast<PFN_cuDeviceGetCount>(found)(&devices) == CUDA_SUCCESS && devices > 0);
  DRV_GIVES(cuLaunchKernelEx(nullptr, sums, pointers, nullptr), CUDA_ERROR_INVALID_VALUE);

  int threads = 0, blocks = 0, blockSize = 0;
  DRV(cuFuncGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, sums));
  EXPECT(threads == 1024);
  DRV(cuOccupancyMaxPotentialBlockSize(&blocks, &blockSize, sums, nullptr, 0, 0));
  EXPECT(blocks > 0 && blockSize % 32 == 0);
  OK(cudaFree(in));
  OK(cudaFree(result));
  DRV(cuMemFree((CUdeviceptr)out));
  DRV(cuModuleUnload(module));
  DRV_GIVES(cuLaunchKernel(sums, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr),
            CUDA_ERROR_INVALID_HANDLE);
  DRV_GIVES(cuModuleUnload(module), CUDA_ERROR_INVALID_HANDLE);
}

static void linkImages(const Compiled &compiled) {
  CUlinkState link;
  DRV(cuLinkCreate(0, nullptr, nullptr, &link));
  DRV(cuLinkAddData(link, CU_JIT_INPUT_PTX, (void *)compiled.text.c_str(), compiled.text.size() + 1,
                    "kernels", 0, nullptr, nullptr));
  DRV_GIVES(cuLinkAddData(link, CU_JIT_INPUT_CUBIN, (void *)compiled.image.data(),
                          compiled.image.size(), "again", 0, nullptr, nullptr),
            CUDA_ERROR_INVALID_IMAGE);
  void *whole = nullptr;
  size_t bytes = 0;
  DRV(cuLinkComplete(link, &whole, &bytes));
  CUmodule module;
  DRV(cuModuleLoadData(&module, whole));
  DRV(cuLinkDestroy(link));
  scaleBy(module, false);
  DRV(cuModuleUnload(module));
}

static void badImages() {
  CUmodule module;
  DRV_GIVES(cuModuleLoadData(&module, ".version 7.0\n.target sm_70\n"), CUDA_ERROR_INVALID_PTX);
  DRV_GIVES(cuModuleLoadData(&module, "\x7f"
                                      "ELF\0\0\0\0 and so on, not an image of this kind"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  DRV_GIVES(cuModuleLoad(&module, "/nonexistent.cubin"), CUDA_ERROR_FILE_NOT_FOUND);
  EXPECT(cudaGetLastError() == cudaSuccess); // the driver's errors are not the runtime's
}

static void contexts() {
  CUcontext outer = nullptr, inner = nullptr, current = nullptr, popped = nullptr;
  DRV(cuCtxGetCurrent(&outer));
  EXPECT(outer != nullptr);
  DRV(cuCtxCreate(&inner, CU_CTX_SCHED_AUTO, 0));
  DRV(cuCtxGetCurrent(&current));
  EXPECT(current == inner);
  DRV(cuCtxPopCurrent(&popped));
  DRV(cuCtxGetCurrent(&current));
  EXPECT(popped == inner && current == outer);
  DRV(cuCtxDestroy(inner));
  DRV_GIVES(cuCtxPushCurrent(inner), CUDA_ERROR_INVALID_CONTEXT);
}

static void fillsAndCopies() {
  CUdeviceptr a, b;
  size_t pitch = 0;
  DRV(cuMemAllocPitch(&a, &pitch, 40, 5, 4));
  DRV(cuMemAlloc(&b, 200));
  DRV(cuMemsetD2D32(a, pitch, 0x01020304u, 10, 5));
  DRV(cuMemsetD16(b, 0xabcd, 100));
  DRV_GIVES(cuMemsetD32(b + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);
  unsigned host[5][10] = {};
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = a;
  copy.srcPitch = pitch;
  copy.srcXInBytes = 4;
  copy.srcY = 1;
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  copy.dstHost = host;
  copy.dstPitch = 40;
  copy.WidthInBytes = 36;
  copy.Height = 4;
  DRV(cuMemcpy2D(&copy));
  EXPECT(host[3][8] == 0x01020304u && host[3][9] == 0 && host[4][0] == 0);
  unsigned short words[100];
  DRV(cuMemcpyDtoH(words, b, 200));
  EXPECT(words[0] == 0xabcd && words[99] == 0xabcd);
  CUarray array;
  CUDA_ARRAY_DESCRIPTOR description = {16, 4, CU_AD_FORMAT_FLOAT, 1}, back = {};
  DRV(cuArrayCreate(&array, &description));
  DRV(cuArrayGetDescriptor(&back, array));
  EXPECT(back.Width == 16 && back.Height == 4 && back.Format == CU_AD_FORMAT_FLOAT);
  float values[64], again[64] = {};
  for (int i = 0; i < 64; ++i)
    values[i] = float(i);
  CUDA_MEMCPY2D in = {};
  in.srcMemoryType = CU_MEMORYTYPE_HOST;
  in.srcHost = values;
  in.srcPitch = 64;
  in.dstMemoryType = CU_MEMORYTYPE_ARRAY;
  in.dstArray = array;
  in.WidthInBytes = 64;
  in.Height = 4;
  DRV(cuMemcpy2D(&in));
  CUDA_MEMCPY3D out = {};
  out.srcMemoryType = CU_MEMORYTYPE_ARRAY;
  out.srcArray = array;
  out.dstMemoryType = CU_MEMORYTYPE_HOST;
  out.dstHost = again;
  out.dstPitch = 64;
  out.dstHeight = 4;
  out.WidthInBytes = 64;
  out.Height = 4;
  out.Depth = 1;
  DRV(cuMemcpy3D(&out));
  EXPECT(std::memcmp(values, again, sizeof values) == 0);
  out.Height = 5;
  DRV_GIVES(cuMemcpy3D(&out), CUDA_ERROR_INVALID_VALUE);
  DRV(cuArrayDestroy(array));
  DRV(cuMemFree(a));
  DRV(cuMemFree(b));
}

// 8-bit integers are read as fractions unless the flags say otherwise.
static void textures(CUmodule module) {
  CUarray array;
  CUDA_ARRAY_DESCRIPTOR description = {4, 2, CU_AD_FORMAT_UNSIGNED_INT8, 1};
  DRV(cuArrayCreate(&array, &description));
  const unsigned char bytes[8] = {0, 0, 0, 0, 0, 51, 102, 255};
  CUDA_MEMCPY2D in = {};
  in.srcMemoryType = CU_MEMORYTYPE_HOST;
  in.srcHost = bytes;
  in.srcPitch = 4;
  in.dstMemoryType = CU_MEMORYTYPE_ARRAY;
  in.dstArray = array;
  in.WidthInBytes = 4;
  in.Height = 2;
  DRV(cuMemcpy2D(&in));
  CUDA_RESOURCE_DESC resource = {};
  resource.resType = CU_RESOURCE_TYPE_ARRAY;
  resource.res.array.hArray = array;
  CUDA_TEXTURE_DESC texture = {};
  for (CUaddress_mode &mode : texture.addressMode)
    mode = CU_TR_ADDRESS_MODE_CLAMP;
  CUtexObject fractions, raw;
  DRV(cuTexObjectCreate(&fractions, &resource, &texture, nullptr));
  texture.flags = CU_TRSF_READ_AS_INTEGER;
  DRV(cuTexObjectCreate(&raw, &resource, &texture, nullptr));
  CUfunction sample;
  DRV(cuModuleGetFunction(&sample, module, "sample"));
  CUdeviceptr out;
  DRV(cuMemAlloc(&out, 8 * sizeof(float)));
  void *arguments[] = {&fractions, &raw, &out};
  DRV(cuLaunchKernel(sample, 1, 1, 1, 4, 1, 1, 0, nullptr, arguments, nullptr));
  float read[8];
  DRV(cuMemcpyDtoH(read, out, sizeof read));
  EXPECT(read[1] == 51 / 255.0f && read[3] == 1.0f && read[5] == 51.0f && read[7] == 255.0f);
  DRV(cuTexObjectDestroy(fractions));
  DRV(cuTexObjectDestroy(raw));
  DRV(cuArrayDestroy(array));
  DRV(cuMemFree(out));
}

// One allocation at two addresses.
static void virtualMemory(CUmodule module) {
  CUmemAllocationProp properties = {};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  size_t step = 0;
  DRV(cuMemGetAllocationGranularity(&step, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  CUmemGenericAllocationHandle handle;
  DRV(cuMemCreate(&handle, step, &properties, 0));
  CUdeviceptr place;
  DRV(cuMemAddressReserve(&place, 2 * step, 0, 0, 0));
  DRV(cuMemMap(place, step, 0, handle, 0));
  DRV(cuMemMap(place + step, step, 0, handle, 0));
  DRV_GIVES(cuMemMap(place, step, 0, handle, 0), CUDA_ERROR_INVALID_VALUE);
  CUmemAccessDesc access = {};
  access.location = properties.location;
  access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  DRV(cuMemSetAccess(place, 2 * step, &access, 1));
  DRV(cuMemRelease(handle));
  DRV(cuMemsetD32(place, 7, step / 4));
  CUfunction sums;
  DRV(cuModuleGetFunction(&sums, module, "sums"));
  CUdeviceptr in = place + step, out = place + 4096;
  void *arguments[] = {&in, &out};
  DRV(cuLaunchKernel(sums, 1, 1, 1, 32, 1, 1, 128, nullptr, arguments, nullptr));
  int first[2];
  DRV(cuMemcpyDtoH(first, place + step + 4096, sizeof first));
  EXPECT(first[0] == 224 && first[1] == 224);
  DRV(cuMemUnmap(place, 2 * step));
  DRV_GIVES(cuMemcpyDtoH(first, place, sizeof first), CUDA_ERROR_INVALID_VALUE);
  DRV(cuMemAddressFree(place, 2 * step));
}

// A range that grows: mappings side by side are one piece of memory.
static void growingMemory() {
  CUmemAllocationProp properties = {};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  CUmemAccessDesc access = {properties.location, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
  size_t step = 0;
  DRV(cuMemGetAllocationGranularity(&step, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  CUdeviceptr place, other;
  DRV(cuMemAddressReserve(&place, 4 * step, 0, 0, 0));
  for (size_t i = 0; i < 3; ++i) {
    CUmemGenericAllocationHandle handle;
    DRV(cuMemCreate(&handle, step, &properties, 0));
    DRV(cuMemMap(place + i * step, step, 0, handle, 0));
    DRV(cuMemSetAccess(place + i * step, step, &access, 1));
    DRV(cuMemRelease(handle));
  }
  DRV(cuMemAlloc(&other, 3 * step));
  DRV(cuMemsetD32(place, 9, 3 * step / 4));
  DRV(cuMemcpyDtoD(other, place, 3 * step));
  int last = 0;
  DRV(cuMemcpyDtoH(&last, other + 3 * step - sizeof last, sizeof last));
  EXPECT(last == 9);
  DRV_GIVES(cuMemUnmap(place, step / 2), CUDA_ERROR_INVALID_VALUE);
  DRV(cuMemUnmap(place + step, step));
  DRV_GIVES(cuMemcpyDtoD(other, place, 2 * step), CUDA_ERROR_INVALID_VALUE);
  DRV(cuMemcpyDtoD(other, place, step));
  DRV(cuMemcpyDtoD(other, place + 2 * step, step));
  DRV(cuMemUnmap(place, step));
  DRV(cuMemUnmap(place + 2 * step, step));
  DRV(cuMemAddressFree(place, 4 * step));
  DRV(cuMemFree(other));
}

// Graphs are the runtime's, whose functions make the nodes.
static void graphs() {
  CUdeviceptr memory;
  DRV(cuMemAlloc(&memory, 16));
  CUgraph graph;
  DRV(cuGraphCreate(&graph, 0));
  cudaMemsetParams fill = {};
  fill.dst = (void *)memory, fill.value = 7, fill.elementSize = 1, fill.width = 16;
  fill.height = 1;
  CUgraphNode node, found[2];
  EXPECT(cudaGraphAddMemsetNode(&node, graph, nullptr, 0, &fill) == cudaSuccess);
  size_t count = 2, roots = 2;
  DRV(cuGraphGetNodes(graph, found, &count));
  EXPECT(count == 1 && found[0] == node);
  DRV(cuGraphGetRootNodes(graph, found, &roots));
  EXPECT(roots == 1 && found[0] == node);
  CUgraphExec exec;
  DRV(cuGraphInstantiateWithFlags(&exec, graph, 0));
  DRV(cuGraphLaunch(exec, nullptr));
  char bytes[16] = {};
  DRV(cuMemcpyDtoH(bytes, memory, 16));
  EXPECT(bytes[0] == 7 && bytes[15] == 7);
  DRV(cuGraphExecDestroy(exec));
  DRV(cuGraphDestroy(graph));
  DRV_GIVES(cuGraphCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  DRV(cuMemFree(memory));
}

// By device, as to CUDA 12, and by location.
static void advice() {
  CUdeviceptr memory;
  DRV(cuMemAllocManaged(&memory, 4096, CU_MEM_ATTACH_GLOBAL));
  CUdevice device = 7;
  DRV(cuMemAdvise(memory, 4096, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, CU_DEVICE_CPU));
  const auto preferred = [&] {
    DRV(cuMemRangeGetAttribute(&device, sizeof device, CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION,
                               memory, 4096));
    return device;
  };
  EXPECT(preferred() == CU_DEVICE_CPU);
  CUmemLocation location{CU_MEM_LOCATION_TYPE_DEVICE, 0};
  DRV(cuMemAdvise(memory, 4096, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, location));
  EXPECT(preferred() == 0);
  DRV(cuMemPrefetchAsync(memory, 4096, location, 0, nullptr));
  DRV(cuMemPrefetchAsync(memory, 4096, CU_DEVICE_CPU, nullptr));
  int mostly = 7;
  void *data[] = {&mostly, &device};
  size_t sizes[] = {sizeof mostly, sizeof device};
  CUmem_range_attribute attributes[] = {CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                        CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION};
  DRV(cuMemRangeGetAttributes(data, sizes, attributes, 2, memory, 4096));
  EXPECT(mostly == 0 && device == CU_DEVICE_CPU);
  DRV(cuMemFree(memory));
}

int main() {
  CUdevice device;
  DRV_GIVES(cuDeviceGet(&device, 0), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT(cudaRuntimeGetVersion(&device) == cudaSuccess);
  DRV_GIVES(cuDeviceGet(&device, 0), CUDA_ERROR_NOT_INITIALIZED);
  // The runtime's calls start the driver and have the primary context.
  EXPECT(cudaFree(nullptr) == cudaSuccess);
  device = CU_DEVICE_INVALID;
  DRV(cuCtxGetDevice(&device));
  EXPECT(device == 0 && device != CU_DEVICE_CPU);
  DRV(cuInit(0));
  int count = 0, major = 0, minor = 0, threads = 0;
  DRV(cuDeviceGetCount(&count));
  DRV(cuDeviceGet(&device, 0));
  DRV_GIVES(cuDeviceGet(&device, count), CUDA_ERROR_INVALID_DEVICE);
  char name[64];
  DRV(cuDeviceGetName(name, sizeof name, 0));
  DRV(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0));
  DRV(cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0));
  DRV(cuDeviceGetAttribute(&threads, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0));
  EXPECT(count >= 1 && name[0] && major == 8 && minor == 0 && threads == 1024);
  const char *text = nullptr;
  DRV(cuGetErrorName(CUDA_ERROR_NOT_FOUND, &text));
  EXPECT(std::strcmp(text, "CUDA_ERROR_NOT_FOUND") == 0);
  DRV_GIVES(cuGetErrorString((CUresult)12345, &text), CUDA_ERROR_INVALID_VALUE);

  CUcontext context;
  DRV(cuCtxCreate(&context, 0, 0));
  contexts();
  advice();
  fillsAndCopies();
  graphs();
  compileErrors();
  const Compiled compiled = compile();
  EXPECT(compiled.text.find(".visible .entry scale") != std::string::npos);
  useModule(compiled, compiled.image.data());
  useModule(compiled, compiled.text.c_str());
  linkImages(compiled);
  badImages();
  CUmodule module;
  DRV(cuModuleLoadData(&module, compiled.image.data()));
  virtualMemory(module);
  growingMemory();
  textures(module);
  byHandle();
  void *entry = nullptr;
  DRV(cuGetProcAddress("cuMemAlloc_v2", &entry, 12080, 0, nullptr));
  EXPECT(entry == (void *)cuMemAlloc);
  // Under the destroyed context is the primary one, of the first call of the runtime.
  DRV(cuCtxDestroy(context));
  CUcontext left = nullptr, primary = nullptr;
  DRV(cuCtxGetCurrent(&left));
  DRV(cuDevicePrimaryCtxRetain(&primary, 0));
  EXPECT(left == primary && left != context);
  DRV(cuDevicePrimaryCtxRelease(0));
  DRV(cuCtxSynchronize());
  return finish();
}
