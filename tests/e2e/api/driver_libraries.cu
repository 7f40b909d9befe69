// Libraries and kernels of the driver API, texture and surface references of modules, arrays with
// levels, and the copies that take them; names of types for run-time compilation.
#include "expect.h"

#include <cuda.h>
#define NVRTC_GET_TYPE_NAME 1
#include <nvrtc.h>

#include <cstring>
#include <string>
#include <vector>

#define DRV(call) EXPECT((call) == CUDA_SUCCESS)
#define DRV_GIVES(call, error) EXPECT((call) == (error))
#define RTC(call) EXPECT((call) == NVRTC_SUCCESS)

static const char kSource[] = R"(
__constant__ int offset = 3;
__managed__ int shared = 4;
extern "C" __global__ void addOffset(int *x, short n, int extra) {
  if (threadIdx.x < n) x[threadIdx.x] += offset + shared + extra;
}
template <class T> __global__ void zero(T *x) { x[threadIdx.x] = T(0); }
texture<unsigned char, 2, cudaReadModeElementType> image;
texture<float, 1, cudaReadModeElementType> line;
surface<void, 2> board;
extern "C" __global__ void readImage(int *out) { out[threadIdx.x] = tex2D(image, threadIdx.x, 1); }
extern "C" __global__ void readLine(float *out) { out[threadIdx.x] = tex1Dfetch(line, threadIdx.x); }
extern "C" __global__ void writeBoard() {
  surf2Dwrite((unsigned char)(threadIdx.x + 40), board, threadIdx.x, 0);
}
)";

struct Image {
  std::vector<char> bytes;
  std::string zero;
};

static Image compile() {
  Image image;
  nvrtcProgram program;
  std::string type;
  RTC(nvrtcGetTypeName<unsigned long long>(&type));
  EXPECT(type == "unsigned long long");
  RTC(nvrtcGetTypeName<const int &>(&type));
  EXPECT(type == "int const&");
  RTC(nvrtcGetTypeName<float>(&type));
  const std::string expression = "zero<" + type + ">";
  RTC(nvrtcCreateProgram(&program, kSource, "kernels.cu", 0, nullptr, nullptr));
  RTC(nvrtcAddNameExpression(program, expression.c_str()));
  EXPECT(nvrtcCompileProgram(program, 0, nullptr) == NVRTC_SUCCESS);
  size_t bytes = 0;
  RTC(nvrtcGetCUBINSize(program, &bytes));
  image.bytes.resize(bytes);
  RTC(nvrtcGetCUBIN(program, image.bytes.data()));
  const char *name = nullptr;
  RTC(nvrtcGetLoweredName(program, expression.c_str(), &name));
  image.zero = name ? name : "";
  RTC(nvrtcDestroyProgram(&program));
  return image;
}

// Without a context, until something runs.
static void libraries(const Image &image) {
  CUlibrary library, its = nullptr;
  DRV(cuLibraryLoadData(&library, image.bytes.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
  unsigned count = 0;
  DRV(cuLibraryGetKernelCount(&count, library));
  EXPECT(count == 5);
  std::vector<CUkernel> kernels(count);
  DRV(cuLibraryEnumerateKernels(kernels.data(), count, library));
  CUkernel kernel, zero;
  DRV(cuLibraryGetKernel(&kernel, library, "addOffset"));
  DRV(cuLibraryGetKernel(&zero, library, image.zero.c_str()));
  DRV_GIVES(cuLibraryGetKernel(&zero, library, "nothing"), CUDA_ERROR_NOT_FOUND);

  CUcontext context;
  DRV(cuCtxCreate(&context, 0, 0));
  const char *name = nullptr;
  DRV(cuKernelGetName(&name, kernel));
  EXPECT(name && std::strcmp(name, "addOffset") == 0);
  DRV(cuKernelGetLibrary(&its, kernel));
  EXPECT(its == library);
  size_t offset = 0, bytes = 0;
  DRV(cuKernelGetParamInfo(kernel, 2, &offset, &bytes));
  EXPECT(offset == 12 && bytes == 4);
  DRV_GIVES(cuKernelGetParamInfo(kernel, 3, &offset, &bytes), CUDA_ERROR_INVALID_VALUE);
  int threads = 0, dynamic = 0;
  DRV(cuKernelGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernel, 0));
  DRV(cuKernelSetAttribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 100000, kernel, 0));
  DRV(cuKernelGetAttribute(&dynamic, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, kernel, 0));
  EXPECT(threads == 1024 && dynamic == 100000);
  DRV_GIVES(cuKernelGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernel, 99),
            CUDA_ERROR_INVALID_DEVICE);
  DRV(cuKernelSetCacheConfig(kernel, CU_FUNC_CACHE_PREFER_L1, 0));

  CUdeviceptr constant, managed, x;
  DRV(cuLibraryGetGlobal(&constant, &bytes, library, "offset"));
  EXPECT(bytes == 4);
  DRV(cuLibraryGetManaged(&managed, &bytes, library, "shared"));
  EXPECT(bytes == 4 && *(int *)managed == 4);
  *(int *)managed = 10;
  int hundred = 100, values[4] = {};
  DRV(cuMemcpyHtoD(constant, &hundred, sizeof hundred));
  CUfunction function;
  CUfunctionLoadingState state = CU_FUNCTION_LOADING_STATE_UNLOADED;
  DRV(cuKernelGetFunction(&function, kernel));
  DRV(cuFuncLoad(function));
  DRV(cuFuncIsLoaded(&state, function));
  EXPECT(state == CU_FUNCTION_LOADING_STATE_LOADED);
  DRV(cuMemAlloc(&x, sizeof values));
  DRV(cuMemsetD32(x, 1, 4));
  short n = 3;
  int extra = 1000;
  void *arguments[] = {&x, &n, &extra};
  // A kernel's handle is launched as it is.
  DRV(cuLaunchKernel((CUfunction)kernel, 1, 1, 1, 4, 1, 1, 0, nullptr, arguments, nullptr));
  DRV(cuMemcpyDtoH(values, x, sizeof values));
  EXPECT(values[0] == 1111 && values[2] == 1111 && values[3] == 1);
  void *zeroArguments[] = {&x};
  DRV(cuLaunchKernel((CUfunction)zero, 1, 1, 1, 2, 1, 1, 0, nullptr, zeroArguments, nullptr));
  DRV(cuMemcpyDtoH(values, x, sizeof values));
  EXPECT(values[1] == 0 && values[2] == 1111);
  DRV(cuMemFree(x));
  CUmodule module;
  DRV(cuLibraryGetModule(&module, library));
  count = 0;
  DRV(cuModuleGetFunctionCount(&count, module));
  EXPECT(count == 5);
  CUmoduleLoadingMode mode;
  DRV(cuModuleGetLoadingMode(&mode));
  EXPECT(mode == CU_MODULE_LAZY_LOADING);
  DRV(cuLibraryUnload(library));
  DRV_GIVES(cuKernelGetName(&name, kernel), CUDA_ERROR_INVALID_HANDLE);
  DRV(cuCtxDestroy(context));
}

static CUfunction functionOf(CUmodule module, const char *name) {
  CUfunction function = nullptr;
  DRV(cuModuleGetFunction(&function, module, name));
  return function;
}

template <class Value> static std::vector<Value> run(CUfunction function, int count) {
  CUdeviceptr out;
  std::vector<Value> values(count);
  DRV(cuMemAlloc(&out, count * sizeof(Value)));
  void *arguments[] = {&out};
  DRV(cuLaunchKernel(function, 1, 1, 1, count, 1, 1, 0, nullptr, arguments, nullptr));
  DRV(cuMemcpyDtoH(values.data(), out, count * sizeof(Value)));
  DRV(cuMemFree(out));
  return values;
}

static void references(const Image &image) {
  CUmodule module;
  DRV(cuModuleLoadData(&module, image.bytes.data()));
  CUtexref texture, line, missing;
  CUsurfref board;
  DRV(cuModuleGetTexRef(&texture, module, "image"));
  DRV(cuModuleGetTexRef(&line, module, "line"));
  DRV(cuModuleGetSurfRef(&board, module, "board"));
  DRV_GIVES(cuModuleGetTexRef(&missing, module, "nothing"), CUDA_ERROR_NOT_FOUND);
  EXPECT(run<int>(functionOf(module, "readImage"), 4)[0] == 0); // nothing is bound
  CUarray array, bound = nullptr;
  CUDA_ARRAY3D_DESCRIPTOR description = {
      4, 2, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, CUDA_ARRAY3D_SURFACE_LDST};
  DRV(cuArray3DCreate(&array, &description));
  const unsigned char pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  CUDA_MEMCPY2D in = {};
  in.srcMemoryType = CU_MEMORYTYPE_HOST;
  in.srcHost = pixels;
  in.srcPitch = 4;
  in.dstMemoryType = CU_MEMORYTYPE_ARRAY;
  in.dstArray = array;
  in.WidthInBytes = 4;
  in.Height = 2;
  DRV(cuMemcpy2D(&in));
  DRV(cuTexRefSetFlags(texture, CU_TRSF_READ_AS_INTEGER));
  DRV(cuTexRefSetAddressMode(texture, 0, CU_TR_ADDRESS_MODE_CLAMP));
  DRV(cuTexRefSetFilterMode(texture, CU_TR_FILTER_MODE_POINT));
  DRV(cuTexRefSetArray(texture, array, CU_TRSA_OVERRIDE_FORMAT));
  const std::vector<int> read = run<int>(functionOf(module, "readImage"), 4);
  EXPECT(read[0] == 5 && read[3] == 8);
  CUarray_format format;
  int components = 0;
  unsigned flags = 0;
  DRV(cuTexRefGetArray(&bound, texture));
  DRV(cuTexRefGetFormat(&format, &components, texture));
  DRV(cuTexRefGetFlags(&flags, texture));
  EXPECT(bound == array && format == CU_AD_FORMAT_UNSIGNED_INT8 && components == 1 &&
         flags == CU_TRSF_READ_AS_INTEGER);
  CUdeviceptr memory, told = 0;
  DRV_GIVES(cuTexRefGetAddress(&told, texture), CUDA_ERROR_INVALID_VALUE);

  const float values[4] = {1.5f, 2.5f, 3.5f, 4.5f};
  DRV(cuMemAlloc(&memory, sizeof values));
  DRV(cuMemcpyHtoD(memory, values, sizeof values));
  size_t offset = 7;
  DRV(cuTexRefSetFormat(line, CU_AD_FORMAT_FLOAT, 1));
  DRV(cuTexRefSetAddress(&offset, line, memory, sizeof values));
  DRV(cuTexRefGetAddress(&told, line));
  EXPECT(offset == 0 && told == memory);
  EXPECT(run<float>(functionOf(module, "readLine"), 4)[2] == 3.5f);

  DRV(cuSurfRefSetArray(board, array, 0));
  DRV(cuLaunchKernel(functionOf(module, "writeBoard"), 1, 1, 1, 4, 1, 1, 0, nullptr, nullptr,
                     nullptr));
  unsigned char row[4];
  DRV(cuMemcpyAtoH(row, array, 0, sizeof row));
  EXPECT(row[0] == 40 && row[3] == 43);
  DRV(cuModuleUnload(module));
  DRV_GIVES(cuTexRefGetFlags(&flags, texture), CUDA_ERROR_INVALID_VALUE);
  DRV(cuArrayDestroy(array));
  DRV(cuMemFree(memory));
}

static void arrays() {
  CUarray a, b, level;
  CUDA_ARRAY_DESCRIPTOR description = {8, 0, CU_AD_FORMAT_UNSIGNED_INT16, 1};
  DRV(cuArrayCreate(&a, &description));
  DRV(cuArrayCreate(&b, &description));
  CUstream stream;
  DRV(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  unsigned short in[8] = {0, 1, 2, 3, 4, 5, 6, 7}, out[8] = {};
  DRV(cuMemcpyHtoAAsync(a, 0, in, sizeof in, stream));
  DRV(cuStreamSynchronize(stream));
  DRV(cuMemcpyHtoA(b, 0, out, sizeof out));
  DRV(cuMemcpyAtoA(b, 4, a, 6, 6));
  DRV(cuMemcpyAtoHAsync(out, b, 0, sizeof out, stream));
  DRV(cuStreamSynchronize(stream));
  EXPECT(out[1] == 0 && out[2] == 3 && out[4] == 5 && out[5] == 0);
  CUdeviceptr rows;
  DRV(cuMemAlloc(&rows, 64));
  DRV(cuMemsetD8(rows, 0, 64));
  CUDA_MEMCPY3D_PEER peer = {};
  peer.srcMemoryType = CU_MEMORYTYPE_ARRAY;
  peer.srcArray = a;
  peer.srcXInBytes = 2;
  DRV(cuCtxGetCurrent(&peer.srcContext));
  peer.dstContext = peer.srcContext;
  peer.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  peer.dstDevice = rows;
  peer.WidthInBytes = 4;
  peer.Height = peer.Depth = 1;
  DRV(cuMemcpy3DPeer(&peer));
  peer.dstXInBytes = 4;
  DRV(cuMemcpy3DPeerAsync(&peer, stream));
  DRV(cuStreamSynchronize(stream));
  DRV(cuMemcpyDtoH(out, rows, sizeof out));
  EXPECT(out[0] == 1 && out[1] == 2 && out[2] == 1 && out[4] == 0);
  peer.srcLOD = 1;
  DRV_GIVES(cuMemcpy3DPeer(&peer), CUDA_ERROR_INVALID_VALUE);

  CUmipmappedArray mipmaps;
  CUDA_ARRAY3D_DESCRIPTOR levels = {8, 8, 0, CU_AD_FORMAT_FLOAT, 1, 0}, half = {};
  DRV(cuMipmappedArrayCreate(&mipmaps, &levels, 3));
  DRV(cuMipmappedArrayGetLevel(&level, mipmaps, 1));
  DRV(cuArray3DGetDescriptor(&half, level));
  EXPECT(half.Width == 4 && half.Height == 4 && half.Format == CU_AD_FORMAT_FLOAT);
  DRV_GIVES(cuMipmappedArrayGetLevel(&level, mipmaps, 3), CUDA_ERROR_INVALID_VALUE);

  // An object tells what it was made of.
  CUDA_RESOURCE_DESC resource = {}, sameResource = {};
  CUDA_TEXTURE_DESC texture = {}, sameTexture = {};
  resource.resType = CU_RESOURCE_TYPE_LINEAR;
  resource.res.linear.devPtr = rows;
  resource.res.linear.format = CU_AD_FORMAT_UNSIGNED_INT32;
  resource.res.linear.numChannels = 2;
  resource.res.linear.sizeInBytes = 64;
  texture.flags = CU_TRSF_READ_AS_INTEGER;
  CUtexObject object;
  DRV(cuTexObjectCreate(&object, &resource, &texture, nullptr));
  DRV(cuTexObjectGetResourceDesc(&sameResource, object));
  DRV(cuTexObjectGetTextureDesc(&sameTexture, object));
  EXPECT(sameResource.res.linear.devPtr == rows && sameResource.res.linear.numChannels == 2 &&
         sameResource.res.linear.format == CU_AD_FORMAT_UNSIGNED_INT32 &&
         sameTexture.flags == CU_TRSF_READ_AS_INTEGER);
  CUDA_RESOURCE_VIEW_DESC view;
  DRV_GIVES(cuTexObjectGetResourceViewDesc(&view, object), CUDA_ERROR_INVALID_VALUE);
  DRV(cuTexObjectDestroy(object));

  // Several copies in one call, with and without a place for the one that failed.
  CUdeviceptr dsts[2] = {rows, rows + 32}, srcs[2] = {rows + 2, rows};
  size_t sizes[2] = {2, 4}, index = 0, failed = 7;
  CUmemcpyAttributes attributes = {};
  attributes.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM;
  DRV(cuMemcpyBatchAsync(dsts, srcs, sizes, 2, &attributes, &index, 1, stream));
  DRV(cuStreamSynchronize(stream));
  DRV(cuMemcpyDtoH(out, rows + 32, 4));
  EXPECT(out[0] == 2 && out[1] == 2);
  srcs[1] = 0;
  DRV_GIVES(cuMemcpyBatchAsync(dsts, srcs, sizes, 2, &attributes, &index, 1, &failed, stream),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT(failed == 1);
  int sync = 1;
  DRV(cuPointerSetAttribute(&sync, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, rows));
  sync = 0;
  DRV(cuPointerGetAttribute(&sync, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, rows));
  EXPECT(sync == 1);
  DRV(cuMipmappedArrayDestroy(mipmaps));
  DRV(cuArrayDestroy(a));
  DRV(cuArrayDestroy(b));
  DRV(cuMemFree(rows));
  DRV(cuStreamDestroy(stream));
}

int main() {
  DRV(cuInit(0));
  const Image image = compile();
  libraries(image);
  CUcontext context;
  DRV(cuCtxCreate(&context, 0, 0));
  references(image);
  arrays();
  DRV(cuCtxDestroy(context));
  return finish();
}
