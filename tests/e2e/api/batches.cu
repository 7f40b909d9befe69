// Copies in batches, and libraries of kernels (the program's argument is an image, made by npucc).
#include "expect.h"

#include <cstring>
#include <vector>

__device__ float scale = 2;
extern "C" __global__ void scaled(float *data, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    data[i] *= scale;
}

static void batches(cudaStream_t stream) {
  constexpr int kCount = 3;
  char from[kCount][8] = {"one", "two", "three"}, back[kCount][8] = {};
  void *device[kCount], *host[kCount];
  size_t sizes[kCount];
  for (int i = 0; i < kCount; ++i) {
    OK(cudaMalloc(&device[i], 8));
    host[i] = from[i];
    sizes[i] = std::strlen(from[i]) + 1;
  }
  cudaMemcpyAttributes attributes[2] = {};
  attributes[0].srcAccessOrder = cudaMemcpySrcAccessOrderDuringApiCall;
  attributes[1].srcAccessOrder = cudaMemcpySrcAccessOrderStream;
  size_t first[2] = {0, 2}, failed = 0;
  OK(cudaMemcpyBatchAsync(device, host, sizes, kCount, attributes, first, 2, &failed, stream));
  EXPECT(failed == SIZE_MAX);
  for (int i = 0; i < kCount; ++i)
    host[i] = back[i];
  OK(cudaMemcpyBatchAsync(host, device, sizes, kCount, attributes + 1, first, 1, stream));
  OK(cudaStreamSynchronize(stream));
  for (int i = 0; i < kCount; ++i)
    EXPECT(std::strcmp(from[i], back[i]) == 0);
  first[1] = 0;
  GIVES(cudaMemcpyBatchAsync(device, host, sizes, kCount, attributes, first, 2, stream),
        cudaErrorInvalidValue);
  GIVES(cudaMemcpyBatchAsync(device, host, sizes, kCount, attributes, first, 1, nullptr),
        cudaErrorInvalidValue);

  // A box out of rows that are longer, into an array and back.
  cudaArray_t array;
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<int>();
  OK(cudaMallocArray(&array, &format, 4, 2));
  int numbers[2][6] = {{0, 1, 2, 3, 4, 5}, {10, 11, 12, 13, 14, 15}}, result[2][3] = {};
  cudaMemcpy3DBatchOp operations[2] = {};
  operations[0].src.type = operations[1].dst.type = cudaMemcpyOperandTypePointer;
  operations[0].dst.type = operations[1].src.type = cudaMemcpyOperandTypeArray;
  operations[0].src.op.ptr.ptr = numbers;
  operations[0].src.op.ptr.rowLength = 6;
  operations[0].dst.op.array.array = operations[1].src.op.array.array = array;
  operations[0].dst.op.array.offset.x = operations[1].src.op.array.offset.x = 1;
  operations[1].dst.op.ptr.ptr = result;
  for (cudaMemcpy3DBatchOp &operation : operations) {
    operation.extent = make_cudaExtent(3, 2, 1);
    operation.srcAccessOrder = cudaMemcpySrcAccessOrderStream;
  }
  OK(cudaMemcpy3DBatchAsync(2, operations, 0, stream));
  OK(cudaStreamSynchronize(stream));
  EXPECT(result[0][0] == 0 && result[0][2] == 2 && result[1][0] == 10 && result[1][2] == 12);
  OK(cudaFreeArray(array));
  for (void *pointer : device)
    OK(cudaFree(pointer));
  cudaGetLastError();
}

static void libraries(const char *file, cudaStream_t stream) {
  cudaLibrary_t library;
  GIVES(cudaLibraryLoadFromFile(&library, "/nowhere", nullptr, nullptr, 0, nullptr, nullptr, 0),
        cudaErrorFileNotFound);
  OK(cudaLibraryLoadFromFile(&library, file, nullptr, nullptr, 0, nullptr, nullptr, 0));
  unsigned count = 0;
  OK(cudaLibraryGetKernelCount(&count, library));
  EXPECT(count == 1);
  cudaKernel_t kernel, same, own;
  GIVES(cudaLibraryGetKernel(&kernel, library, "absent"), cudaErrorSymbolNotFound);
  OK(cudaLibraryGetKernel(&kernel, library, "scaled"));
  OK(cudaLibraryEnumerateKernels(&same, 1, library));
  EXPECT(same == kernel);
  void *variable;
  size_t bytes;
  OK(cudaLibraryGetGlobal(&variable, &bytes, library, "scale"));
  EXPECT(bytes == sizeof(float));
  const float three = 3;
  OK(cudaMemcpy(variable, &three, sizeof three, cudaMemcpyHostToDevice));
  float *data;
  int n = 5;
  OK(cudaMallocManaged(&data, n * sizeof(float)));
  for (int i = 0; i < n; ++i)
    data[i] = float(i);
  void *arguments[] = {&data, &n};
  OK(cudaLaunchKernel(kernel, dim3(1), dim3(32), arguments, 0, stream));
  OK(cudaGetKernel(&own, scaled)); // the program's, whose variable is its own
  OK(cudaLaunchKernel((const void *)own, dim3(1), dim3(32), arguments, 0, stream));
  OK(cudaStreamSynchronize(stream));
  for (int i = 0; i < n; ++i)
    EXPECT(data[i] == 6.0f * i);
  cudaFuncAttributes attributes;
  OK(cudaFuncGetAttributes(&attributes, kernel));
  EXPECT(attributes.maxThreadsPerBlock > 0);
  OK(cudaKernelSetAttributeForDevice(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 50,
                                     0));
  OK(cudaLibraryUnload(library));
  EXPECT(cudaLibraryUnload(library) != cudaSuccess);
  EXPECT(cudaLaunchKernel(kernel, dim3(1), dim3(32), arguments, 0, stream) != cudaSuccess);
  OK(cudaFree(data));
  cudaGetLastError();
}

int main(int, char **arguments) {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  batches(stream);
  libraries(arguments[1], stream);
  OK(cudaStreamDestroy(stream));
  return finish();
}
