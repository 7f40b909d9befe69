// The runtime API's libraries of kernels: the driver API's modules. A kernel's handle is registered
// like a host function, so that launches and every other call take it.
#include "module.h"

#include "src/entry.h"

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npuError_t npuLibraryLoadData(npuLibrary_t *library, const void *code, npuJitOption *, void **,
                              unsigned int, npuLibraryOption *, void **, unsigned int) {
  return core::entry("npuLibraryLoadData", core::trace(library, code),
                     [&] { return loadModule(library, code); });
}

npuError_t npuLibraryLoadFromFile(npuLibrary_t *library, const char *file, npuJitOption *, void **,
                                  unsigned int, npuLibraryOption *, void **, unsigned int) {
  return core::entry("npuLibraryLoadFromFile", core::trace(library, file),
                     [&] { return loadModuleFile(library, file); });
}

npuError_t npuLibraryUnload(npuLibrary_t library) {
  return core::entry("npuLibraryUnload", core::trace(library),
                     [&] { return unloadModule(library); });
}

npuError_t npuLibraryGetKernel(npuKernel_t *kernel, npuLibrary_t library, const char *name) {
  return core::entry("npuLibraryGetKernel", core::trace(kernel, library, name),
                     [&] { return moduleKernel(kernel, library, name); });
}

npuError_t npuLibraryGetGlobal(void **pointer, size_t *bytes, npuLibrary_t library,
                               const char *name) {
  return core::entry("npuLibraryGetGlobal", core::trace(pointer, bytes, library, name),
                     [&] { return moduleGlobal(pointer, bytes, library, name); });
}

npuError_t npuLibraryGetManaged(void **pointer, size_t *bytes, npuLibrary_t library,
                                const char *name) {
  return core::entry("npuLibraryGetManaged", core::trace(pointer, bytes, library, name),
                     [&] { return moduleGlobal(pointer, bytes, library, name); });
}

npuError_t npuLibraryGetKernelCount(unsigned int *count, npuLibrary_t library) {
  return core::entry("npuLibraryGetKernelCount", core::trace(count, library),
                     [&] { return countKernels(count, library); });
}

npuError_t npuLibraryEnumerateKernels(npuKernel_t *kernels, unsigned int count,
                                      npuLibrary_t library) {
  return core::entry("npuLibraryEnumerateKernels", core::trace(kernels, count, library),
                     [&] { return enumerateKernels(kernels, count, library); });
}

npuError_t npuKernelSetAttributeForDevice(npuKernel_t kernel, npuFuncAttribute attribute, int value,
                                          int) {
  return npuFuncSetAttribute(kernel, attribute, value);
}

npuError_t npuGetKernel(npuKernel_t *kernel, const void *function) {
  return npuGetFuncBySymbol(kernel, function);
}

} // extern "C"
