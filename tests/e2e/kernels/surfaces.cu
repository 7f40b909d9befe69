// Surfaces, references and copies of arrays: what kernels write where, what is out of bounds, and
// which errors calls give.
#include "check.h"

texture<float, cudaTextureType2D, cudaReadModeElementType> image;
static texture<uchar4, cudaTextureType2D, cudaReadModeNormalizedFloat> colours;
texture<int, cudaTextureType1D> numbers;
surface<void, cudaSurfaceType2D> canvas;

namespace {

#define EXPECT(condition)                                                                          \
  do {                                                                                             \
    ++checks;                                                                                      \
    if (!(condition) && ++failures < 20)                                                           \
      std::printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
  } while (0)

template <class T> T *managed(size_t count) {
  T *pointer = nullptr;
  CHECK_CUDA(cudaMallocManaged(&pointer, count * sizeof(T)));
  return pointer;
}

// Passed on by value and by reference, as libraries of kernels do.
template <class T, cudaTextureReadMode mode>
__device__ float4 average(texture<T, cudaTextureType2D, mode> reference, float x, float y) {
  float4 a = tex2D(reference, x, y), b = tex2D(reference, x + 1, y);
  return make_float4((a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2, (a.w + b.w) / 2);
}
__device__ float readImage(texture<float, cudaTextureType2D, cudaReadModeElementType> &reference,
                           float x, float y) {
  return tex2D(reference, x, y);
}

__global__ void useReferences(float *out, float4 *average4, int *fetched, int width) {
  int x = threadIdx.x, y = blockIdx.x;
  out[y * width + x] = readImage(image, x + 0.5f, y + 0.5f);
  average4[y * width + x] = average(colours, x + 0.5f, y + 0.5f);
  fetched[y * width + x] = tex1Dfetch(numbers, x);
  surf2Dwrite(out[y * width + x] * 2, canvas, x * 4, y);
}

__global__ void readImageOnly(float *out) {
  out[threadIdx.x] = tex2D(image, threadIdx.x + 0.5f, 0);
}

template <class T> __global__ void fill(cudaSurfaceObject_t surface, int width, T value) {
  int x = threadIdx.x, y = blockIdx.x;
  if (x < width)
    surf2Dwrite(value, surface, x * int(sizeof(T)), y);
}
__global__ void boundaries(cudaSurfaceObject_t surface, int *out) {
  int x = int(threadIdx.x) - 4, y = int(blockIdx.x) - 2;
  int *at = out + (blockIdx.x * blockDim.x + threadIdx.x) * 2;
  at[0] = surf2Dread<int>(surface, x * 4, y, cudaBoundaryModeZero);
  surf2Dread(&at[1], surface, x * 4, y, cudaBoundaryModeClamp);
}
__global__ void writeOutside(cudaSurfaceObject_t surface) {
  surf2Dwrite(77, surface, (int(threadIdx.x) - 4) * 4, int(blockIdx.x) - 2, cudaBoundaryModeZero);
}
__global__ void volume(cudaSurfaceObject_t solid, cudaSurfaceObject_t layers, float *out) {
  int x = threadIdx.x, y = threadIdx.y, z = blockIdx.x;
  surf3Dwrite(float(x + 10 * y + 100 * z), solid, x * 4, y, z);
  surf2DLayeredwrite(float(x - y - z), layers, x * 4, y, z);
  out[(z * blockDim.y + y) * blockDim.x + x] =
      surf3Dread<float>(solid, x * 4, y, z) + surf2DLayeredread<float>(layers, x * 4, y, z);
}
__global__ void trap(cudaSurfaceObject_t surface) { surf2Dwrite(1, surface, 4 * threadIdx.x, 0); }

cudaSurfaceObject_t surfaceOf(cudaArray_t array) {
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  cudaSurfaceObject_t surface = 0;
  CHECK_CUDA(cudaCreateSurfaceObject(&surface, &resource));
  return surface;
}
template <class T> cudaArray_t arrayOf(size_t width, size_t height) {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
  cudaArray_t array;
  CHECK_CUDA(cudaMallocArray(&array, &format, width, height, cudaArraySurfaceLoadStore));
  return array;
}

void references() {
  const int width = 40, height = 5;
  std::vector<float> values(width * height), written(width * height);
  std::vector<uchar4> pixels(width * height);
  int *list = managed<int>(30);
  for (int i = 0; i < width * height; ++i) {
    values[i] = float(i * i % 101);
    pixels[i] = make_uchar4((unsigned char)i, (unsigned char)(2 * i), (unsigned char)(255 - i), 0);
  }
  for (int i = 0; i < 30; ++i)
    list[i] = 1000 - i;
  cudaArray_t first = arrayOf<float>(width, height), second = arrayOf<uchar4>(width, height),
              target = arrayOf<float>(width, height);
  CHECK_CUDA(
      cudaMemcpyToArray(first, 0, 0, values.data(), values.size() * 4, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemcpy2DToArray(second, 0, 0, pixels.data(), width * 4, width * 4, height,
                                 cudaMemcpyHostToDevice));
  float *out = managed<float>(width * height);
  float4 *average4 = managed<float4>(width * height);
  int *fetched = managed<int>(width * height);

  // Nothing is bound: reads give zeros.
  readImageOnly<<<1, 32>>>(out);
  CHECK_CUDA(cudaDeviceSynchronize());
  EXPECT(out[0] == 0 && out[31] == 0);

  CHECK_CUDA(cudaBindTextureToArray(image, first));
  CHECK_CUDA(cudaBindTextureToArray(colours, second));
  size_t offset = 1;
  CHECK_CUDA(cudaBindTexture(&offset, numbers, list, 30 * sizeof(int)));
  EXPECT(offset == 0);
  CHECK_CUDA(cudaBindSurfaceToArray(canvas, target));
  useReferences<<<height, width>>>(out, average4, fetched, width);
  CHECK_CUDA(cudaMemcpyFromArray(written.data(), target, 0, 0, written.size() * 4,
                                 cudaMemcpyDeviceToHost));
  for (int i = 0; i < width * height; ++i) {
    const int x = i % width, next = x + 1 < width ? i + 1 : i;
    EXPECT(out[i] == values[i] && written[i] == 2 * values[i]);
    EXPECT(fetched[i] == (x < 30 ? 1000 - x : 0));
    EXPECT(std::fabs(average4[i].z - (pixels[i].z + pixels[next].z) / 510.0f) < 1e-6f);
  }

  // A launch keeps what was bound when it was made.
  float *several = managed<float>(64 * 32);
  float *rows[2] = {managed<float>(32), managed<float>(32)};
  for (int i = 0; i < 64; ++i)
    rows[i & 1][i / 2] = float(i);
  for (int i = 0; i < 64; ++i) {
    CHECK_CUDA(cudaBindTexture2D(nullptr, image, rows[i & 1], 32, 1, 128));
    readImageOnly<<<1, 32>>>(several + 32 * i);
  }
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 64 * 32; ++i)
    EXPECT(several[i] == rows[i / 32 & 1][i % 32]);
  const textureReference *found = nullptr;
  CHECK_CUDA(cudaGetTextureReference(&found, &image));
  EXPECT(found == &image);
  CHECK_CUDA(cudaUnbindTexture(image));
  EXPECT(cudaGetTextureAlignmentOffset(&offset, image) == cudaErrorInvalidTextureBinding);
  numbers.filterMode = cudaFilterModeLinear;
  cudaArray_t integers = arrayOf<int>(4, 4);
  EXPECT(cudaBindTextureToArray(numbers, integers) == cudaErrorInvalidFilterSetting);
  EXPECT(cudaBindTextureToArray(image, integers, cudaCreateChannelDesc<float>()) ==
         cudaErrorInvalidChannelDescriptor);
  (void)cudaGetLastError();
}

template <class T> void element(T value) {
  const int width = 37, height = 3;
  cudaArray_t array = arrayOf<T>(width, height);
  fill<T><<<height, 64>>>(surfaceOf(array), width, value);
  std::vector<T> got(width * height);
  CHECK_CUDA(cudaMemcpy2DFromArray(got.data(), width * sizeof(T), array, 0, 0, width * sizeof(T),
                                   height, cudaMemcpyDeviceToHost));
  for (const T &each : got)
    EXPECT(std::memcmp(&each, &value, sizeof(T)) == 0);
}

void edges() {
  const int width = 10, height = 4;
  cudaArray_t array = arrayOf<int>(width, height);
  std::vector<int> values(width * height);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = int(i) + 100;
  CHECK_CUDA(
      cudaMemcpyToArray(array, 0, 0, values.data(), values.size() * 4, cudaMemcpyHostToDevice));
  int *out = managed<int>(32 * 8 * 2);
  cudaSurfaceObject_t surface = surfaceOf(array);
  boundaries<<<8, 32>>>(surface, out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 32 * 8; ++i) {
    const int x = i % 32 - 4, y = i / 32 - 2;
    const bool isInside = x >= 0 && x < width && y >= 0 && y < height;
    const int nearX = x < 0       ? 0
                      : x < width ? x
                                  : width - 1,
              nearY = y < 0        ? 0
                      : y < height ? y
                                   : height - 1;
    EXPECT(out[2 * i] == (isInside ? values[y * width + x] : 0));
    EXPECT(out[2 * i + 1] == values[nearY * width + nearX]);
  }
  writeOutside<<<8, 32>>>(surface);
  CHECK_CUDA(
      cudaMemcpyFromArray(values.data(), array, 0, 0, values.size() * 4, cudaMemcpyDeviceToHost));
  for (int value : values)
    EXPECT(value == 77);
}

void volumes() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  const cudaExtent extent = make_cudaExtent(9, 5, 3);
  cudaArray_t solid, layers;
  CHECK_CUDA(cudaMalloc3DArray(&solid, &format, extent, cudaArraySurfaceLoadStore));
  CHECK_CUDA(
      cudaMalloc3DArray(&layers, &format, extent, cudaArraySurfaceLoadStore | cudaArrayLayered));
  float *out = managed<float>(9 * 5 * 3);
  volume<<<3, dim3(9, 5)>>>(surfaceOf(solid), surfaceOf(layers), out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int z = 0; z < 3; ++z)
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 9; ++x)
        EXPECT(out[(z * 5 + y) * 9 + x] == float(x + 10 * y + 100 * z + x - y - z));
  // A part of the array to pitched memory that starts at an offset.
  cudaPitchedPtr pitched;
  CHECK_CUDA(cudaMalloc3D(&pitched, make_cudaExtent(64, 4, 2)));
  CHECK_CUDA(cudaMemset3D(pitched, 0, make_cudaExtent(64, 4, 2)));
  cudaMemcpy3DParms copy = {};
  copy.srcArray = solid;
  copy.srcPos = make_cudaPos(2, 1, 1);
  copy.dstPtr = pitched;
  copy.dstPos = make_cudaPos(8, 1, 0); // bytes
  copy.extent = make_cudaExtent(5, 3, 2);
  copy.kind = cudaMemcpyDeviceToDevice;
  CHECK_CUDA(cudaMemcpy3D(&copy));
  std::vector<float> got(16 * 4 * 2);
  cudaMemcpy3DParms back = {};
  back.srcPtr = pitched;
  back.dstPtr = make_cudaPitchedPtr(got.data(), 64, 16, 4);
  back.extent = make_cudaExtent(64, 4, 2);
  back.kind = cudaMemcpyDeviceToHost;
  CHECK_CUDA(cudaMemcpy3DAsync(&back));
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int z = 0; z < 2; ++z)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 16; ++x) {
        const bool isCopied = y >= 1 && x >= 2 && x < 7;
        const float want = isCopied ? float(x + 10 * y + 100 * (z + 1)) : 0;
        EXPECT(got[(z * 4 + y) * 16 + x] == want);
      }
  copy.extent.width = 8;
  EXPECT(cudaMemcpy3D(&copy) == cudaErrorInvalidValue);
  copy.kind = cudaMemcpyHostToDevice;
  EXPECT(cudaMemcpy3D(&copy) == cudaErrorInvalidMemcpyDirection);
}

void runs() {
  cudaArray_t from = arrayOf<short>(7, 6), to = arrayOf<short>(7, 6);
  std::vector<short> values(42), got(42);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = short(i * 3);
  // Bytes that begin and end in the middle of rows.
  CHECK_CUDA(cudaMemcpyToArray(from, 0, 0, values.data(), 84, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemcpyFromArray(got.data(), from, 6, 1, 46, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 23; ++i)
    EXPECT(got[i] == (i + 10) * 3);
  CHECK_CUDA(cudaMemcpyArrayToArray(to, 2, 0, from, 8, 2, 40, cudaMemcpyDeviceToDevice));
  CHECK_CUDA(cudaMemcpyFromArray(got.data(), to, 2, 0, 40, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 20; ++i)
    EXPECT(got[i] == (i + 18) * 3);
  EXPECT(cudaMemcpyToArray(to, 2, 5, values.data(), 14, cudaMemcpyHostToDevice) ==
         cudaErrorInvalidValue);
}

void errors() {
  cudaArray_t array;
  cudaChannelFormatDesc format = cudaCreateChannelDesc(32, 32, 32, 0, cudaChannelFormatKindFloat);
  EXPECT(cudaMallocArray(&array, &format, 4, 4) == cudaErrorInvalidChannelDescriptor);
  format = cudaCreateChannelDesc<float>();
  EXPECT(cudaMallocArray(&array, &format, 0, 4) == cudaErrorInvalidValue);
  CHECK_CUDA(cudaMallocArray(&array, &format, 12, 34));
  cudaChannelFormatDesc back;
  cudaExtent extent;
  unsigned flags = 9;
  CHECK_CUDA(cudaArrayGetInfo(&back, &extent, &flags, array));
  EXPECT(back.x == 32 && back.y == 0 && back.f == cudaChannelFormatKindFloat);
  EXPECT(extent.width == 12 && extent.height == 34 && extent.depth == 0 && flags == 0);
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = arrayOf<int>(4, 4);
  cudaTextureDesc description = {};
  description.filterMode = cudaFilterModeLinear;
  cudaTextureObject_t texture = 0;
  EXPECT(cudaCreateTextureObject(&texture, &resource, &description, nullptr) ==
         cudaErrorInvalidFilterSetting);
  description.readMode = cudaReadModeNormalizedFloat;
  EXPECT(cudaCreateTextureObject(&texture, &resource, &description, nullptr) ==
         cudaErrorInvalidNormSetting);
  EXPECT(cudaCreateTextureObject(nullptr, &resource, &description, nullptr) ==
         cudaErrorInvalidValue);
  description = {};
  cudaTextureObject_t other = 0;
  CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  CHECK_CUDA(cudaCreateTextureObject(&other, &resource, &description, nullptr));
  EXPECT(texture != other);
  cudaResourceDesc same = {};
  CHECK_CUDA(cudaGetTextureObjectResourceDesc(&same, texture));
  EXPECT(same.res.array.array == resource.res.array.array);
  CHECK_CUDA(cudaDestroyTextureObject(texture));
  EXPECT(cudaDestroyTextureObject(texture) == cudaErrorInvalidValue);
  CHECK_CUDA(cudaFreeArray(array));
  EXPECT(cudaFreeArray(array) == cudaErrorInvalidValue);
  CHECK_CUDA(cudaFreeArray(nullptr));
  float onHost[16];
  resource.resType = cudaResourceTypeLinear;
  resource.res.linear.devPtr = onHost;
  resource.res.linear.desc = format;
  resource.res.linear.sizeInBytes = sizeof onHost;
  EXPECT(cudaCreateTextureObject(&texture, &resource, &description, nullptr) ==
         cudaErrorInvalidValue);
  (void)cudaGetLastError();
}

} // namespace

int main() {
  references();
  element<unsigned char>(200);
  element<short>(-1234);
  element(make_uchar4(1, 2, 3, 4));
  element(make_float2(1.5f, -2.5f));
  element(make_int4(1, -2, 3, -4));
  edges();
  volumes();
  runs();
  errors();
  // The last: the context has failed then.
  trap<<<1, 32>>>(surfaceOf(arrayOf<int>(31, 1)));
  EXPECT(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
  std::printf("%d of %d checks failed\n", failures, checks);
  return failures != 0 || checks < 1000;
}
