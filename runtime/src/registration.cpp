// What a program's embedded images hold, and the tables from host addresses to kernels and
// variables. The functions that Clang's CUDA host code calls are in registration_abi.cpp.
#include "registration.h"

#include "registration_tables.h"

#include "devices.h"
#include "log.h"
#include "memory.h"
#include "services.h"
#include "shutdown.h"
#include "stream.h"
#include "texture.h"
#include "texture_reference.h"

#include <cstring>
#include <map>
#include <set>
#include <shared_mutex>
#include <unordered_map>

namespace npu::core {
namespace {

struct Variable {
  std::shared_ptr<Binary> binary;
  std::string name;
};

// Never destroyed: libraries unregister during static destruction.
struct Tables {
  std::shared_mutex mutex;
  // Under mutex, by host address.
  std::unordered_map<const void *, std::shared_ptr<Function>> functions;
  std::unordered_map<const void *, Variable> variables;
  // Under mutex: what kernels have launched.
  std::map<std::pair<const KernelImage *, uint64_t>, std::shared_ptr<Function>> children;
};
Tables &tables() {
  static Tables &instance = *new Tables;
  return instance;
}

} // namespace

Status Binary::parse() {
  if (parsed)
    return parseStatus;
  parsed = true;
  const uint64_t bytes = KernelImage::imageBytes(data);
  auto image = std::make_shared<KernelImage>();
  // Without a sound header nothing says how long the data is.
  if (data && bytes == 0)
    parseStatus = Status(npuErrorInvalidKernelImage,
                         "the embedded kernel image is invalid: its header is damaged or of "
                         "another tool; rebuild the program with npucc");
  else
    parseStatus = KernelImage::parse(data, size_t(bytes), *image);
  if (parseStatus)
    parsedImage = std::move(image);
  else
    warnOnce("error: " + parseStatus.message());
  return parseStatus;
}

Status Binary::image(std::shared_ptr<const KernelImage> &result) {
  std::lock_guard<std::mutex> lock(mutex);
  Status status = parse();
  result = parsedImage;
  return status;
}

// Everything but services, references and what is managed belongs to one device.
bool Binary::ownsGlobal(const KernelImage::Global &global) const {
  return !isService(global.name) && !references.count(global.name) && !managed.count(global.name);
}

void Binary::initialise(const KernelImage::Global &global, void *memory) {
  if (global.initial.empty())
    std::memset(memory, 0, global.bytes ? size_t(global.bytes) : 1);
  else
    std::memcpy(memory, global.initial.data(), global.initial.size());
}

void Binary::relocate(const KernelImage::Global &global, const std::vector<void *> &memory,
                      void *place) {
  for (const KernelImage::Relocation &relocation : global.relocations) {
    const uint64_t value = uint64_t(reinterpret_cast<uintptr_t>(memory[relocation.global])) +
                           uint64_t(relocation.addend);
    std::memcpy(static_cast<char *>(place) + relocation.offset, &value, sizeof value);
  }
}

// Managed variables of a module that is loaded at run time are here too: all devices share them.
Status Binary::allocateGlobal(const KernelImage::Global &global, void **memory) {
  if (global.managed && !addresses.empty()) {
    *memory = addresses.begin()->second[size_t(&global - parsedImage->globals.data())];
    return {};
  }
  // An empty type still has an address.
  const size_t bytes = global.bytes ? size_t(global.bytes) : 1;
  if (Status status = allocateVariable(global.managed ? MemoryKind::Managed : MemoryKind::Device,
                                       bytes, global.alignment, 0, memory);
      !status)
    return status;
  initialise(global, *memory);
  return {};
}

Status Binary::createGlobals(int device) {
  if (addresses.count(device))
    return {};
  if (Status status = parse(); !status)
    return status;
  const std::vector<KernelImage::Global> &globals = parsedImage->globals;
  const bool isFirst = addresses.empty();
  std::vector<void *> memory(globals.size(), nullptr);
  for (size_t i = 0; i < globals.size(); ++i) {
    const KernelImage::Global &global = globals[i];
    if (const auto found = managed.find(global.name); found != managed.end()) {
      memory[i] = found->second;
      continue;
    }
    if (isService(global.name))
      continue; // each launch asks for its own
    if (const auto found = references.find(global.name); found != references.end()) {
      if (Status status = bindToNothing(found->second, device); !status)
        return status;
      memory[i] = found->second.addresses[device];
      continue;
    }
    if (Status status = allocateGlobal(global, &memory[i]); !status) {
      for (size_t made = 0; made < i; ++made)
        if (memory[made] && ownsGlobal(globals[made]) && (isFirst || !globals[made].managed))
          (void)freeMemoryNow(memory[made], false);
      return status; // may succeed later, when there is memory
    }
  }
  for (size_t i = 0; i < globals.size(); ++i) {
    // Host code may have changed a managed one since linkManaged().
    if (managedLinked && managed.count(globals[i].name))
      continue;
    if (isFirst || !globals[i].managed)
      relocate(globals[i], memory, memory[i]);
  }
  addresses[device] = std::move(memory);
  return {};
}

Status Binary::globals(std::vector<void *> &result) {
  const int device = currentDevice();
  std::lock_guard<std::mutex> lock(mutex);
  Status status = createGlobals(device);
  if (status)
    result = addresses[device];
  return status;
}

void Binary::releaseGlobals() {
  std::lock_guard<std::mutex> lock(mutex);
  bool isFirst = true;
  for (const auto &[device, memory] : addresses) {
    for (size_t i = 0; i < memory.size(); ++i) {
      const KernelImage::Global &global = parsedImage->globals[i];
      if (memory[i] && ownsGlobal(global) && (isFirst || !global.managed))
        (void)freeMemoryNow(memory[i], false);
    }
    isFirst = false;
  }
  addresses.clear();
}

void Binary::resetGlobals(int device) {
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = addresses.find(device);
  if (found == addresses.end())
    return;
  const std::vector<KernelImage::Global> &globals = parsedImage->globals;
  for (size_t i = 0; i < globals.size(); ++i)
    if (ownsGlobal(globals[i]) && !globals[i].managed) {
      initialise(globals[i], found->second[i]);
      relocate(globals[i], found->second, found->second[i]);
    }
}

Status Binary::globalAddress(const std::string &name, void **address, size_t *bytes) {
  const int device = currentDevice();
  std::lock_guard<std::mutex> lock(mutex);
  if (Status status = createGlobals(device); !status)
    return status;
  for (size_t i = 0; i < parsedImage->globals.size(); ++i)
    if (parsedImage->globals[i].name == name) {
      *address = addresses[device][i];
      *bytes = size_t(parsedImage->globals[i].bytes);
      return {};
    }
  return Status(npuErrorInvalidSymbol,
                "the variable " + name + " is not in the program's device code");
}

void Binary::addReference(const std::string &name, bool isSurface) {
  std::lock_guard<std::mutex> lock(mutex);
  references[name].isSurface = isSurface;
}

Status Binary::bindToNothing(Binding &binding, int device) {
  if (binding.addresses.count(device))
    return {};
  uint64_t address = 0;
  Status status = binding.isSurface ? unboundSurface(address) : unboundTexture(address);
  if (status)
    binding.addresses[device] = reinterpret_cast<void *>(static_cast<uintptr_t>(address));
  return status;
}

void Binary::bindReference(const std::string &name, void *address) {
  const int device = currentDevice();
  std::lock_guard<std::mutex> lock(mutex);
  references[name].addresses[device] = address;
  const auto found = addresses.find(device);
  if (found == addresses.end())
    return;
  for (size_t i = 0; i < found->second.size(); ++i)
    if (parsedImage->globals[i].name == name)
      found->second[i] = address;
}

Status findFunction(const void *hostFunction, std::shared_ptr<Function> &function) {
  std::shared_lock<std::shared_mutex> lock(tables().mutex);
  const auto found = tables().functions.find(hostFunction);
  if (found == tables().functions.end())
    return Status(npuErrorInvalidDeviceFunction,
                  "this address is not a kernel of the program; was its source compiled by npucc?");
  function = found->second;
  return {};
}

// The binary whose image it is: a kernel of it has been launched, or nobody would ask.
static std::shared_ptr<Binary> findBinary(const KernelImage &image) {
  for (const auto &[host, function] : tables().functions) {
    std::lock_guard<std::mutex> lock(function->mutex);
    if (function->image.get() == &image)
      return function->binary;
  }
  return nullptr;
}

Status findFunction(const std::shared_ptr<const KernelImage> &image, uint64_t number,
                    std::shared_ptr<Function> &function) {
  std::unique_lock<std::shared_mutex> lock(tables().mutex);
  std::shared_ptr<Function> &known = tables().children[{image.get(), number}];
  if (known) {
    function = known;
    return {};
  }
  const std::shared_ptr<Binary> binary = findBinary(*image);
  for (const KernelImage::Kernel &kernel : image->kernels) {
    if (!binary || kernelNumber(kernel.name) != number)
      continue;
    // The host's own, with the attributes that it has set.
    for (const auto &[host, registered] : tables().functions)
      if (registered->binary == binary && registered->name == kernel.name)
        known = registered;
    if (!known) {
      known = std::make_shared<Function>();
      known->binary = binary;
      known->name = kernel.name;
    }
    function = known;
    return {};
  }
  tables().children.erase({image.get(), number});
  return Status(npuErrorInvalidDeviceFunction,
                "a kernel launched a kernel that is not in the program's device code");
}

Status resolveFunction(Function &function, std::shared_ptr<const KernelImage> &image,
                       uint32_t &kernel) {
  std::lock_guard<std::mutex> lock(function.mutex);
  if (!function.image) {
    std::shared_ptr<const KernelImage> found;
    if (Status status = function.binary->image(found); !status)
      return status;
    const std::vector<KernelImage::Kernel> &kernels = found->kernels;
    for (uint32_t i = 0; i < kernels.size() && !function.image; ++i)
      if (kernels[i].name == function.name) {
        function.kernel = i;
        function.image = found;
        exitAfterCompilers();
      }
    if (!function.image)
      return Status(npuErrorInvalidDeviceFunction,
                    "the kernel " + function.name + " is not in the program's device code");
  }
  image = function.image;
  kernel = function.kernel;
  return {};
}

Status findSymbol(const void *symbol, void **address, size_t *bytes) {
  Variable variable;
  {
    std::shared_lock<std::shared_mutex> lock(tables().mutex);
    const auto found = tables().variables.find(symbol);
    if (found == tables().variables.end())
      return Status(npuErrorInvalidSymbol, "this address is not a device variable of the program");
    variable = found->second;
  }
  return variable.binary->globalAddress(variable.name, address, bytes);
}

void addFunction(const std::shared_ptr<Binary> &binary, const void *host, const char *name) {
  auto function = std::make_shared<Function>();
  function->binary = binary;
  function->name = name;
  std::unique_lock<std::shared_mutex> lock(tables().mutex);
  tables().functions[host] = std::move(function);
}

void addVariable(const std::shared_ptr<Binary> &binary, const void *host, const char *name) {
  std::unique_lock<std::shared_mutex> lock(tables().mutex);
  tables().variables[host] = {binary, name};
}

void resetVariables(int device) {
  std::set<std::shared_ptr<Binary>> binaries;
  {
    std::shared_lock<std::shared_mutex> lock(tables().mutex);
    for (const auto &[host, variable] : tables().variables)
      binaries.insert(variable.binary);
    for (const auto &[host, function] : tables().functions)
      binaries.insert(function->binary);
  }
  for (const auto &binary : binaries)
    binary->resetGlobals(device);
}

void removeBinary(const std::shared_ptr<Binary> &binary) {
  std::unique_lock<std::shared_mutex> lock(tables().mutex);
  for (auto it = tables().functions.begin(); it != tables().functions.end();)
    it = it->second->binary == binary ? tables().functions.erase(it) : std::next(it);
  for (auto it = tables().variables.begin(); it != tables().variables.end();)
    it = it->second.binary == binary ? tables().variables.erase(it) : std::next(it);
  for (auto it = tables().children.begin(); it != tables().children.end();)
    it = it->second->binary == binary ? tables().children.erase(it) : std::next(it);
  removeReferences(*binary);
}

} // namespace npu::core
