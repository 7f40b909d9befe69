// The driver API's libraries of kernels, which are modules that need no context, and kernels, which
// are functions.
#include "module.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status checkDevice(npudrv_device device) {
  int value = 0;
  return done(npuDeviceGetAttribute(&value, npuDevAttrWarpSize, device));
}

Status globalOf(npudrv_deviceptr *pointer, size_t *bytes, npudrv_library library,
                const char *name) {
  void *start = nullptr;
  if (!name || (!pointer && !bytes))
    return nullResult();
  Status status = moduleGlobal(&start, bytes, library, name);
  if (status && pointer)
    *pointer = number(start);
  return status;
}

} // namespace

extern "C" {

npudrv_result npudrvLibraryLoadData(npudrv_library *library, const void *image,
                                    npudrv_jit_option *jitOptions, void **jitValues,
                                    unsigned int jitCount, npudrv_libraryOption *, void **,
                                    unsigned int) {
  return call(
      "cuLibraryLoadData",
      [&] {
        Status status = loadModule(library, image);
        writeLogs(jitCount, jitOptions, jitValues);
        return status;
      },
      Needs::Init);
}

npudrv_result npudrvLibraryLoadFromFile(npudrv_library *library, const char *file,
                                        npudrv_jit_option *jitOptions, void **jitValues,
                                        unsigned int jitCount, npudrv_libraryOption *, void **,
                                        unsigned int) {
  return call(
      "cuLibraryLoadFromFile",
      [&] {
        Status status = loadModuleFile(library, file);
        writeLogs(jitCount, jitOptions, jitValues);
        return status;
      },
      Needs::Init);
}

npudrv_result npudrvLibraryUnload(npudrv_library library) {
  return call(
      "cuLibraryUnload", [&] { return unloadModule(library); }, Needs::Init);
}

npudrv_result npudrvLibraryGetKernel(npudrv_kernel *kernel, npudrv_library library,
                                     const char *name) {
  return call(
      "cuLibraryGetKernel", [&] { return moduleKernel(kernel, library, name); }, Needs::Init);
}

npudrv_result npudrvLibraryGetModule(npudrv_module *module, npudrv_library library) {
  return call("cuLibraryGetModule", [&] {
    if (!module)
      return nullResult();
    *module = library;
    return checkModule(library);
  });
}

npudrv_result npudrvLibraryGetGlobal(npudrv_deviceptr *pointer, size_t *bytes,
                                     npudrv_library library, const char *name) {
  return call("cuLibraryGetGlobal", [&] { return globalOf(pointer, bytes, library, name); });
}

npudrv_result npudrvLibraryGetManaged(npudrv_deviceptr *pointer, size_t *bytes,
                                      npudrv_library library, const char *name) {
  return call("cuLibraryGetManaged", [&] { return globalOf(pointer, bytes, library, name); });
}

npudrv_result npudrvLibraryGetKernelCount(unsigned int *count, npudrv_library library) {
  return call(
      "cuLibraryGetKernelCount", [&] { return countKernels(count, library); }, Needs::Init);
}

npudrv_result npudrvLibraryEnumerateKernels(npudrv_kernel *kernels, unsigned int count,
                                            npudrv_library library) {
  return call(
      "cuLibraryEnumerateKernels", [&] { return enumerateKernels(kernels, count, library); },
      Needs::Init);
}

npudrv_result npudrvKernelGetFunction(npudrv_function *function, npudrv_kernel kernel) {
  return call("cuKernelGetFunction", [&] {
    if (!function)
      return nullResult();
    *function = kernel;
    return checkFunction(kernel);
  });
}

npudrv_result npudrvKernelGetLibrary(npudrv_library *library, npudrv_kernel kernel) {
  return npudrvFuncGetModule(library, kernel);
}

npudrv_result npudrvKernelGetName(const char **name, npudrv_kernel kernel) {
  return npudrvFuncGetName(name, kernel);
}

npudrv_result npudrvKernelGetParamInfo(npudrv_kernel kernel, size_t index, size_t *offset,
                                       size_t *bytes) {
  return npudrvFuncGetParamInfo(kernel, index, offset, bytes);
}

// There are no differences between devices.
npudrv_result npudrvKernelGetAttribute(int *value, npudrv_function_attribute attribute,
                                       npudrv_kernel kernel, npudrv_device device) {
  const npudrv_result known = call("cuKernelGetAttribute", [&] { return checkDevice(device); });
  return known == NPU_SUCCESS ? npudrvFuncGetAttribute(value, attribute, kernel) : known;
}

npudrv_result npudrvKernelSetAttribute(npudrv_function_attribute attribute, int value,
                                       npudrv_kernel kernel, npudrv_device device) {
  const npudrv_result known = call("cuKernelSetAttribute", [&] { return checkDevice(device); });
  return known == NPU_SUCCESS ? npudrvFuncSetAttribute(kernel, attribute, value) : known;
}

npudrv_result npudrvKernelSetCacheConfig(npudrv_kernel kernel, npudrv_func_cache preference,
                                         npudrv_device device) {
  const npudrv_result known = call("cuKernelSetCacheConfig", [&] { return checkDevice(device); });
  return known == NPU_SUCCESS ? npudrvFuncSetCacheConfig(kernel, preference) : known;
}

} // extern "C"
