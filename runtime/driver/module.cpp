// Loading, looking up and unloading; see module.h.
#include "module.h"

#include "npu/image_text.h"

#include "src/memory.h"
#include "src/registration_tables.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>

namespace npu::driver_api {
namespace {

struct Modules {
  std::mutex mutex;
  // Under mutex.
  std::map<npudrv_module, std::unique_ptr<npudrv_mod_st>> alive;
  std::set<npudrv_function> functions;
};
Modules &modules() {
  static Modules &instance = *new Modules;
  return instance;
}

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }
Status unknownModule() {
  return Status(npuErrorInvalidResourceHandle, "no such module, or it has been unloaded");
}

Status load(npudrv_module *module, std::vector<uint8_t> bytes) {
  auto made = std::make_unique<npudrv_mod_st>();
  made->bytes = std::move(bytes);
  made->binary = std::make_shared<core::Binary>(made->bytes.data());
  std::shared_ptr<const KernelImage> image;
  if (Status status = made->binary->image(image); !status)
    return status;
  std::lock_guard<std::mutex> lock(modules().mutex);
  *module = made.get();
  modules().alive[made.get()] = std::move(made);
  return {};
}

Status loadData(npudrv_module *module, const void *data) {
  if (!module || !data)
    return nullArgument();
  std::vector<uint8_t> bytes;
  Status status = readImage(data, bytes);
  return status ? load(module, std::move(bytes)) : status;
}

Status loadFile(npudrv_module *module, const char *file) {
  if (!module || !file)
    return nullArgument();
  std::vector<uint8_t> bytes;
  Status status = readImageFile(file, bytes);
  return status ? load(module, std::move(bytes)) : status;
}

Status unload(npudrv_module module) {
  std::unique_ptr<npudrv_mod_st> gone;
  Status waited = done(npuDeviceSynchronize()); // kernels of the module may run
  {
    std::lock_guard<std::mutex> lock(modules().mutex);
    const auto found = modules().alive.find(module);
    if (found == modules().alive.end())
      return unknownModule();
    gone = std::move(found->second);
    modules().alive.erase(found);
    for (const auto &[name, function] : gone->functions)
      modules().functions.erase(function.get());
  }
  forgetReferences(module);
  core::removeBinary(gone->binary);
  gone->binary->releaseGlobals();
  return waited;
}

Status findFunction(npudrv_function *function, npudrv_module module, const char *name) {
  if (!function || !name)
    return nullArgument();
  std::lock_guard<std::mutex> lock(modules().mutex);
  if (!modules().alive.count(module))
    return unknownModule();
  std::unique_ptr<npudrv_func_st> &slot = module->functions[name];
  if (!slot) {
    std::shared_ptr<const KernelImage> image;
    Status status = module->binary->image(image);
    const std::string known = status ? nameInModule(image->kernels, name) : std::string();
    if (known.empty()) {
      module->functions.erase(name);
      return status ? Status(npuErrorSymbolNotFound,
                             std::string("the module has no kernel ") + name +
                                 "; its names are mangled unless they are extern \"C\"")
                    : status;
    }
    slot = std::make_unique<npudrv_func_st>();
    slot->module = module;
    slot->name = known;
    modules().functions.insert(slot.get());
    core::addFunction(module->binary, slot.get(), known.c_str());
  }
  *function = slot.get();
  return {};
}

Status findGlobal(npudrv_deviceptr *pointer, size_t *bytes, npudrv_module module,
                  const char *name) {
  if (!name || (!pointer && !bytes))
    return nullArgument();
  {
    std::lock_guard<std::mutex> lock(modules().mutex);
    if (!modules().alive.count(module))
      return unknownModule();
  }
  std::shared_ptr<const KernelImage> image;
  if (Status status = module->binary->image(image); !status)
    return status;
  const std::string known = nameInModule(image->globals, name);
  void *address = nullptr;
  size_t size = 0;
  if (Status status =
          module->binary->globalAddress(known.empty() ? std::string(name) : known, &address, &size);
      !status)
    return status;
  if (pointer)
    *pointer = number(address);
  if (bytes)
    *bytes = size;
  return {};
}

} // namespace

std::string markedStatic(const std::string &name) {
  if (name.size() > 2 && name[0] == '_' && name[1] == 'Z')
    return "_ZL" + name.substr(2);
  return "_ZL" + std::to_string(name.size()) + name;
}

void writeLogs(unsigned count, const npudrv_jit_option *options, void **values) {
  for (unsigned i = 0; options && values && i < count; ++i) {
    if ((options[i] == NPUDRV_JIT_INFO_LOG_BUFFER || options[i] == NPUDRV_JIT_ERROR_LOG_BUFFER) &&
        values[i])
      *static_cast<char *>(values[i]) = '\0';
    if (options[i] == NPUDRV_JIT_INFO_LOG_BUFFER_SIZE_BYTES ||
        options[i] == NPUDRV_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      values[i] = nullptr;
  }
}

Status checkModule(npudrv_module module) {
  std::lock_guard<std::mutex> lock(modules().mutex);
  return modules().alive.count(module) ? Status() : unknownModule();
}

Status loadModule(npudrv_module *module, const void *data) { return loadData(module, data); }
Status loadModuleFile(npudrv_module *module, const char *file) { return loadFile(module, file); }
Status unloadModule(npudrv_module module) { return unload(module); }
Status moduleKernel(npudrv_function *function, npudrv_module module, const char *name) {
  return findFunction(function, module, name);
}
Status moduleGlobal(void **pointer, size_t *bytes, npudrv_module module, const char *name) {
  npudrv_deviceptr address = 0;
  Status status = findGlobal(&address, bytes, module, name);
  if (status && pointer)
    *pointer = reinterpret_cast<void *>(address);
  return status;
}
Status moduleKernelNames(npudrv_module module, std::vector<std::string> &names) {
  std::lock_guard<std::mutex> lock(modules().mutex);
  if (!modules().alive.count(module))
    return unknownModule();
  std::shared_ptr<const KernelImage> image;
  if (Status status = module->binary->image(image); !status)
    return status;
  std::set<uint32_t> variants; // stand for other kernels
  for (const KernelImage::Kernel &kernel : image->kernels)
    for (const KernelImage::Variant &variant : kernel.variants)
      variants.insert(variant.kernel);
  for (uint32_t i = 0; i < image->kernels.size(); ++i)
    if (!variants.count(i))
      names.push_back(image->kernels[i].name);
  return {};
}

Status countKernels(unsigned *count, npudrv_module module) {
  std::vector<std::string> names;
  if (!count)
    return nullArgument();
  Status status = moduleKernelNames(module, names);
  *count = unsigned(names.size());
  return status;
}
Status enumerateKernels(npudrv_function *functions, unsigned count, npudrv_module module) {
  std::vector<std::string> names;
  if (!functions)
    return nullArgument();
  Status status = moduleKernelNames(module, names);
  for (size_t i = 0; status && i < names.size() && i < count; ++i)
    status = moduleKernel(&functions[i], module, names[i].c_str());
  return status;
}

Status readImage(const void *data, std::vector<uint8_t> &bytes) {
  const auto *start = static_cast<const uint8_t *>(data);
  if (const uint64_t length = KernelImage::imageBytes(start)) {
    bytes.assign(start, start + length);
    return {};
  }
  // Text ends with a zero byte, as PTX does. Images of NVIDIA's have one early on.
  const std::string_view text(static_cast<const char *>(data));
  if (imageFromText(text, bytes))
    return {};
  if (isImageText(text))
    return Status(npuErrorInvalidKernelImage, "the image's text is cut short or damaged");
  const bool ptx = text.find(".version") != std::string_view::npos;
  return Status(ptx ? npuErrorInvalidPtx : npuErrorNoKernelImageForDevice,
                ptx ? "this is PTX for a GPU; make it from its source with npucc -ptx"
                    : "this is not a kernel image; make it with npucc -fatbin, -cubin or -ptx");
}

Status readImageFile(const char *file, std::vector<uint8_t> &bytes) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return Status(npuErrorFileNotFound, std::string("cannot read '") + file + "'");
  std::vector<char> contents((std::istreambuf_iterator<char>(stream)),
                             std::istreambuf_iterator<char>());
  if (contents.size() >= 24) {
    const uint64_t length =
        KernelImage::imageBytes(reinterpret_cast<const uint8_t *>(contents.data()));
    if (length > contents.size())
      return Status(npuErrorInvalidKernelImage, std::string(file) + " is cut short");
  }
  contents.resize(contents.size() + 24); // an end for text, and room for a header's check
  return readImage(contents.data(), bytes);
}

Status checkModuleFunction(npudrv_function function) {
  std::lock_guard<std::mutex> lock(modules().mutex);
  return modules().functions.count(function)
             ? Status()
             : Status(npuErrorInvalidResourceHandle, "no such function, or it has been unloaded");
}

Status checkFunction(npudrv_function function) {
  std::shared_ptr<core::Function> known;
  if (core::findFunction(function, known))
    return {};
  return Status(npuErrorInvalidResourceHandle, "no such function, or it has been unloaded");
}

} // namespace npu::driver_api

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvModuleLoad(npudrv_module *module, const char *file) {
  return call("cuModuleLoad", [&] { return loadFile(module, file); });
}

npudrv_result npudrvModuleLoadData(npudrv_module *module, const void *image) {
  return call("cuModuleLoadData", [&] { return loadData(module, image); });
}

npudrv_result npudrvModuleLoadDataEx(npudrv_module *module, const void *image, unsigned int count,
                                     npudrv_jit_option *options, void **values) {
  return call("cuModuleLoadDataEx", [&] {
    Status status = loadData(module, image);
    writeLogs(count, options, values);
    return status;
  });
}

npudrv_result npudrvModuleLoadFatBinary(npudrv_module *module, const void *image) {
  return call("cuModuleLoadFatBinary", [&] { return loadData(module, image); });
}

npudrv_result npudrvModuleUnload(npudrv_module module) {
  return call("cuModuleUnload", [&] { return unload(module); });
}

npudrv_result npudrvModuleGetFunction(npudrv_function *function, npudrv_module module,
                                      const char *name) {
  return call("cuModuleGetFunction", [&] { return findFunction(function, module, name); });
}

npudrv_result npudrvModuleGetGlobal(npudrv_deviceptr *pointer, size_t *bytes, npudrv_module module,
                                    const char *name) {
  return call("cuModuleGetGlobal", [&] { return findGlobal(pointer, bytes, module, name); });
}

npudrv_result npudrvModuleGetFunctionCount(unsigned int *count, npudrv_module module) {
  return call("cuModuleGetFunctionCount", [&] { return countKernels(count, module); });
}

npudrv_result npudrvModuleEnumerateFunctions(npudrv_function *functions, unsigned int count,
                                             npudrv_module module) {
  return call("cuModuleEnumerateFunctions",
              [&] { return enumerateKernels(functions, count, module); });
}

// Kernels are made ready when they are first launched.
npudrv_result npudrvModuleGetLoadingMode(npudrv_moduleLoadingMode *mode) {
  return call(
      "cuModuleGetLoadingMode",
      [&] {
        if (!mode)
          return nullArgument();
        *mode = NPUDRV_MODULE_LAZY_LOADING;
        return Status();
      },
      Needs::Init);
}

} // extern "C"
