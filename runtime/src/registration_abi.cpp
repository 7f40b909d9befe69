// The functions that Clang's CUDA host code calls by name: registration before main(), and the
// launch configuration between `<<<...>>>` and the kernel's stub. Their signatures are Clang's
// (CGCUDANV.cpp). A null address for the image or a foreign one is kept and reported at first use.
#include "registration_tables.h"

#include "npu/runtime.h"

#include "shutdown.h"
#include "stream.h"
#include "texture_reference.h"

#include <vector>

namespace npu::core {
namespace {

// What the embedded section starts with (Clang's __cuda_fatbin_wrapper).
struct FatBinaryWrapper {
  int32_t magic, version;
  const void *data;
  void *reserved;
};
constexpr int32_t kWrapperMagic = 0x466243b1;

struct Handle {
  std::shared_ptr<Binary> binary;
};
Handle *of(void **handle) { return reinterpret_cast<Handle *>(handle); }

struct LaunchConfiguration {
  npuDim3 grid, block;
  size_t sharedBytes;
  void *stream;
};
// Arguments of a launch may launch themselves, so this is a stack.
thread_local std::vector<LaunchConfiguration> configurations;

// No exception may reach compiled start-up code: without tables the program's launches fail
// cleanly.
template <class Body> void guarded(const char *name, Body body) noexcept {
  try {
    body();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "npu: error: %s: %s\n", name, error.what());
  }
}

} // namespace

bool pushConfiguration(npuDim3 grid, npuDim3 block, size_t sharedBytes, void *stream) {
  try {
    configurations.push_back({grid, block, sharedBytes, stream});
  } catch (...) {
    return false;
  }
  return true;
}

npuError_t popConfiguration(npuDim3 &grid, npuDim3 &block, size_t &sharedBytes, void *&stream) {
  if (configurations.empty())
    return npuErrorMissingConfiguration;
  const LaunchConfiguration &top = configurations.back();
  grid = top.grid;
  block = top.block;
  sharedBytes = top.sharedBytes;
  stream = top.stream;
  configurations.pop_back();
  return npuSuccess;
}

} // namespace npu::core

using namespace npu;
using namespace npu::core;

extern "C" {

void **__cudaRegisterFatBinary(void *wrapper) {
  Handle *handle = nullptr;
  guarded("registering device code", [&] {
    const auto *description = static_cast<const FatBinaryWrapper *>(wrapper);
    const bool known = description && description->magic == kWrapperMagic;
    handle = new Handle{std::make_shared<Binary>(
        known ? static_cast<const uint8_t *>(description->data) : nullptr)};
  });
  return reinterpret_cast<void **>(handle);
}

void __cudaRegisterFatBinaryEnd(void **handle) {
  if (handle)
    guarded("registering managed variables", [&] { of(handle)->binary->linkManaged(); });
}

void __cudaUnregisterFatBinary(void **handle) {
  if (!handle)
    return;
  guarded("unregistering device code", [&] {
    const std::shared_ptr<Binary> binary = of(handle)->binary;
    binary->forgetManaged();
    removeBinary(binary);
    delete of(handle);
    // Kernels of a library that is being unloaded may run. Waiting for them here could be for ever:
    // the loader is locked, and a backend may have to load a kernel's code.
    if (!exiting() && !inForkedChild())
      keepWhileBusy({nullptr, [binary](void *) { binary->releaseGlobals(); }});
  });
}

int __cudaRegisterFunction(void **handle, const char *hostFunction, char *, const char *deviceName,
                           int, void *, void *, void *, void *, int *) {
  if (handle)
    guarded("registering a kernel",
            [&] { addFunction(of(handle)->binary, hostFunction, deviceName); });
  return 0;
}

void __cudaRegisterVar(void **handle, char *hostVariable, char *, const char *deviceName, int,
                       size_t, int, int) {
  if (handle)
    guarded("registering a variable", [&] {
      addVariable(of(handle)->binary, hostVariable, deviceName);
      of(handle)->binary->adoptManaged(deviceName, hostVariable);
    });
}

void __cudaRegisterTexture(void **handle, const void *hostVariable, const void **,
                           const char *deviceName, int, int isNormalized, int) {
  if (handle)
    guarded("registering a texture reference", [&] {
      addReference(of(handle)->binary, hostVariable, deviceName,
                   isNormalized ? ReferenceKind::NormalizedTexture : ReferenceKind::Texture);
    });
}

void __cudaRegisterSurface(void **handle, const void *hostVariable, const void **,
                           const char *deviceName, int, int) {
  if (handle)
    guarded("registering a surface reference", [&] {
      addReference(of(handle)->binary, hostVariable, deviceName, ReferenceKind::Surface);
    });
}

unsigned __cudaPushCallConfiguration(npuDim3 grid, npuDim3 block, size_t sharedBytes,
                                     void *stream) {
  // Non-zero makes the caller skip the launch.
  return pushConfiguration(grid, block, sharedBytes, stream) ? 0 : 1;
}

// The same under -default-stream per-thread, where stream 0 is the thread's own.
unsigned __cudaPushCallConfiguration_ptsz(npuDim3 grid, npuDim3 block, size_t sharedBytes,
                                          void *stream) {
  return __cudaPushCallConfiguration(grid, block, sharedBytes,
                                     stream ? stream : npuStreamPerThread);
}

npuError_t __cudaPopCallConfiguration(npuDim3 *grid, npuDim3 *block, size_t *sharedBytes,
                                      void *stream) {
  return popConfiguration(*grid, *block, *sharedBytes, *static_cast<void **>(stream));
}

// A kernel's stub names these symbols, whatever name the declaration in the source binds to.
npuError_t cudaLaunchKernel(const void *function, npuDim3 grid, npuDim3 block, void **arguments,
                            size_t sharedBytes, npuStream_t stream) {
  return npuLaunchKernel(function, grid, block, arguments, sharedBytes, stream);
}

// The same under -default-stream per-thread, where stream 0 is the thread's own.
npuError_t cudaLaunchKernel_ptsz(const void *function, npuDim3 grid, npuDim3 block,
                                 void **arguments, size_t sharedBytes, npuStream_t stream) {
  return npuLaunchKernel(function, grid, block, arguments, sharedBytes,
                         stream ? stream : npuStreamPerThread);
}

} // extern "C"
