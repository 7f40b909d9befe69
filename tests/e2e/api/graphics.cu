// OpenGL buffers in kernels, on an OpenGL of the test's own: this file compiled with -DLIBRARY. A
// buffer is copied when it is mapped and when it is unmapped, unless its flags say that one way is
// enough, and the program's binding stays as it is.
#include <cstring>
#include <map>
#include <vector>

#ifdef LIBRARY
// The functions of OpenGL 1.5 that deal with buffers; numbers are the OpenGL registry's.
namespace {
std::map<unsigned, std::vector<char>> buffers;
unsigned bound = 0;
} // namespace
extern "C" {
int reads = 0, writes = 0;
void glGetIntegerv(unsigned name, int *value) {
  if (name == 0x8894)
    *value = int(bound);
}
unsigned char glIsBuffer(unsigned buffer) { return buffers.count(buffer) != 0; }
void glBindBuffer(unsigned, unsigned buffer) {
  bound = buffer;
  if (buffer)
    buffers[buffer];
}
void glGetBufferParameteriv(unsigned, unsigned name, int *value) {
  if (name == 0x8764)
    *value = int(buffers[bound].size());
}
void glBufferData(unsigned, long bytes, const void *data, unsigned) {
  buffers[bound].resize(size_t(bytes));
  if (data)
    std::memcpy(buffers[bound].data(), data, size_t(bytes));
}
void glGetBufferSubData(unsigned, long offset, long bytes, void *data) {
  ++reads;
  std::memcpy(data, buffers[bound].data() + offset, size_t(bytes));
}
void glBufferSubData(unsigned, long offset, long bytes, const void *data) {
  ++writes;
  std::memcpy(buffers[bound].data() + offset, data, size_t(bytes));
}
}
#else
#include "expect.h"

#include <cuda_gl_interop.h>

extern "C" {
extern int reads, writes;
void glBindBuffer(unsigned, unsigned);
void glBufferData(unsigned, long, const void *, unsigned);
void glGetBufferSubData(unsigned, long, long, void *);
}

__global__ void addOne(int *values) { values[threadIdx.x] += 1; }

constexpr int kCount = 64, kArrayBuffer = 0x8892;

void makeBuffer(unsigned buffer, int first) {
  int values[kCount];
  for (int i = 0; i < kCount; ++i)
    values[i] = first + i;
  glBindBuffer(kArrayBuffer, buffer);
  glBufferData(kArrayBuffer, sizeof values, values, 0x88E4);
}

bool bufferIs(unsigned buffer, int first) {
  int values[kCount] = {};
  glBindBuffer(kArrayBuffer, buffer);
  glGetBufferSubData(kArrayBuffer, 0, sizeof values, values);
  for (int i = 0; i < kCount; ++i)
    if (values[i] != first + i)
      return false;
  return true;
}

void resources() {
  cudaGraphicsResource_t resource = nullptr;
  struct cudaGraphicsResource *none = nullptr; // CUDA's samples write the tag
  int *pointer = nullptr;
  size_t bytes = 0;
  makeBuffer(1, 10);
  makeBuffer(2, 0); // stays bound
  GIVES(cudaGraphicsGLRegisterBuffer(&resource, 77, cudaGraphicsRegisterFlagsNone),
        cudaErrorInvalidValue);
  GIVES(cudaGraphicsGLRegisterBuffer(&resource, 1, 128), cudaErrorInvalidValue);
  OK(cudaGraphicsGLRegisterBuffer(&resource, 1, cudaGraphicsRegisterFlagsNone));
  GIVES(cudaGraphicsResourceGetMappedPointer((void **)&pointer, &bytes, resource),
        cudaErrorUnknown);
  GIVES(cudaGraphicsUnmapResources(1, &resource), cudaErrorUnknown);
  GIVES(cudaGraphicsMapResources(1, &none, 0), cudaErrorInvalidResourceHandle);
  cudaStream_t stream;
  OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  OK(cudaGraphicsMapResources(1, &resource, stream));
  GIVES(cudaGraphicsMapResources(1, &resource, stream), cudaErrorUnknown);
  GIVES(cudaGraphicsResourceSetMapFlags(resource, cudaGraphicsMapFlagsReadOnly), cudaErrorUnknown);
  OK(cudaGraphicsResourceGetMappedPointer((void **)&pointer, &bytes, resource));
  EXPECT(bytes == kCount * sizeof(int));
  addOne<<<1, kCount, 0, stream>>>(pointer);
  OK(cudaGraphicsUnmapResources(1, &resource, stream)); // waits for the kernel
  int value = -1;
  glGetBufferSubData(kArrayBuffer, 0, sizeof value, &value);
  EXPECT(value == 0); // the binding is buffer 2's
  EXPECT(bufferIs(1, 11));

  // Flags save a copy.
  const int readsBefore = reads, writesBefore = writes;
  OK(cudaGraphicsResourceSetMapFlags(resource, cudaGraphicsMapFlagsWriteDiscard));
  OK(cudaGraphicsMapResources(1, &resource));
  OK(cudaGraphicsUnmapResources(1, &resource));
  EXPECT(reads == readsBefore && writes == writesBefore + 1);
  OK(cudaGraphicsResourceSetMapFlags(resource, cudaGraphicsMapFlagsReadOnly));
  OK(cudaGraphicsMapResources(1, &resource));
  OK(cudaGraphicsUnmapResources(1, &resource));
  EXPECT(reads == readsBefore + 1 && writes == writesBefore + 1);

  OK(cudaGraphicsUnregisterResource(resource));
  GIVES(cudaGraphicsUnregisterResource(resource), cudaErrorInvalidResourceHandle);
  OK(cudaStreamDestroy(stream));
}

// CUDA's first interface names buffers.
void bufferObjects() {
  int *pointer = nullptr;
  makeBuffer(3, 100);
  OK(cudaGLSetGLDevice(0));
  GIVES(cudaGLMapBufferObject((void **)&pointer, 3), cudaErrorInvalidResourceHandle);
  OK(cudaGLRegisterBufferObject(3));
  OK(cudaGLMapBufferObject((void **)&pointer, 3));
  addOne<<<1, kCount>>>(pointer);
  OK(cudaGLUnmapBufferObject(3));
  EXPECT(bufferIs(3, 101));
  OK(cudaGLUnregisterBufferObject(3));
  unsigned count = 0;
  int device = -1;
  OK(cudaGLGetDevices(&count, &device, 1, cudaGLDeviceListAll));
  EXPECT(count == 1 && device == 0);
}

// Images are known and not supported: the program compiles, and the call says so.
void gaps() {
  cudaGraphicsResource_t resource;
  cudaArray_t array;
  cudaExternalMemoryHandleDesc description = {};
  cudaExternalMemory_t memory;
  GIVES(cudaGraphicsGLRegisterImage(&resource, 1, 0x0DE1, cudaGraphicsRegisterFlagsNone),
        cudaErrorNotSupported);
  GIVES(cudaGetLastError(), cudaErrorNotSupported);
  GIVES(cudaGraphicsSubResourceGetMappedArray(&array, nullptr, 0, 0), cudaErrorNotSupported);
  description.type = cudaExternalMemoryHandleTypeOpaqueFd;
  GIVES(cudaImportExternalMemory(&memory, &description), cudaErrorNotSupported);
}

int main() {
  resources();
  bufferObjects();
  gaps();
  return finish();
}
#endif
