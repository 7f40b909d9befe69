// Modules of the driver API: an image that the program loads, with handles for its kernels. A
// handle is registered like a host function, so every call of the runtime takes it. Any thread.
#pragma once

#include "driver_call.h"

#include "src/registration.h"

#include <map>
#include <memory>
#include <vector>

struct npudrv_func_st {
  npudrv_module module = nullptr;
  std::string name;
  // Of the old launch in parts.
  npuDim3 block = {1, 1, 1};
  unsigned sharedBytes = 0;
  std::vector<uint8_t> arguments;
};

struct npudrv_mod_st {
  std::vector<uint8_t> bytes;
  std::shared_ptr<npu::core::Binary> binary;
  std::map<std::string, std::unique_ptr<npudrv_func_st>> functions; // under the modules' mutex
};

namespace npu::driver_api {

// Modules for the runtime API's libraries (library.cpp), which are the same.
Status loadModule(npudrv_module *module, const void *data);
Status loadModuleFile(npudrv_module *module, const char *file);
Status unloadModule(npudrv_module module);
Status moduleKernel(npudrv_function *function, npudrv_module module, const char *name);
Status moduleGlobal(void **pointer, size_t *bytes, npudrv_module module, const char *name);
Status moduleKernelNames(npudrv_module module, std::vector<std::string> &names);
Status countKernels(unsigned *count, npudrv_module module);
Status enumerateKernels(npudrv_function *functions, unsigned count, npudrv_module module);
Status checkModule(npudrv_module module);
// `name` as the image has it, empty when it has none. Static kernels and variables at a file's
// scope have their plain names in CUDA's modules; Clang marks them with an L.
std::string markedStatic(const std::string &name);
template <class Rows> std::string nameInModule(const Rows &rows, const std::string &name) {
  for (const std::string &spelling : {name, markedStatic(name)})
    for (const auto &row : rows)
      if (row.name == spelling)
        return spelling;
  return {};
}
// The texture and surface references of a module that is unloaded.
void forgetReferences(npudrv_module module);
// The logs that a program asked for are empty: everything was said when the image was made.
void writeLogs(unsigned count, const npudrv_jit_option *options, void **values);

// The image in `data`, which may be text; its length is in it. `bytes` gets a copy.
Status readImage(const void *data, std::vector<uint8_t> &bytes);
Status readImageFile(const char *file, std::vector<uint8_t> &bytes);
// A function that has not been unloaded: a module's, or a kernel of the program itself, whose
// handle is its host function's address.
Status checkFunction(npudrv_function function);
// A module's only.
Status checkModuleFunction(npudrv_function function);

} // namespace npu::driver_api
