// A C++ program without kernels: moves a value to device memory and back.
#include <npu/runtime.h>

#include <cstdio>

int main() {
  int sent = 42, received = 0;
  void *memory = nullptr;
  npuError_t error = npuMalloc(&memory, sizeof(int));
  if (error == npuSuccess)
    error = npuMemcpy(memory, &sent, sizeof(int), npuMemcpyHostToDevice);
  if (error == npuSuccess)
    error = npuMemcpy(&received, memory, sizeof(int), npuMemcpyDeviceToHost);
  if (error == npuSuccess)
    error = npuFree(memory);
  std::printf("plain: %d, %s\n", received, npuGetErrorString(error));
  return error == npuSuccess && received == sent ? 0 : 1;
}
