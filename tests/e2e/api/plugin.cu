// A library with device code that is loaded and unloaded again and again: its variables' memory
// goes with it, and its kernels end before it does. The library is this file, compiled with
// -DLIBRARY.
#include "expect.h"

#ifdef LIBRARY
__device__ char large[32 << 20];
__global__ void use(int *result) { *result = large[threadIdx.x]++ + 1; }
extern "C" void launch(int *result) { use<<<1, 1>>>(result); }
#else
#include <dlfcn.h>
#include <string>

int main(int, char **arguments) {
  int *result;
  size_t before = 0, after = 0, whole = 0;
  OK(cudaMallocManaged(&result, sizeof *result));
  OK(cudaMemGetInfo(&before, &whole));
  for (int i = 0; i < 4; ++i) {
    void *library = dlopen((std::string(arguments[0]) + ".so").c_str(), RTLD_NOW);
    EXPECT(library);
    if (!library)
      break;
    *result = 0;
    reinterpret_cast<void (*)(int *)>(dlsym(library, "launch"))(result);
    dlclose(library); // while the kernel may run
    OK(cudaDeviceSynchronize());
    EXPECT(*result == 1);
  }
  OK(cudaMemGetInfo(&after, &whole));
  EXPECT(after + (1 << 20) > before);
  OK(cudaFree(result));
  return finish();
}
#endif
