// Device code of the program and its libraries: what compiled host code registers at start-up.
// Everything in here may be called from any thread.
#pragma once

#include "npu/kernel_image.h"
#include "npu/status.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace npu::core {

// One embedded image. Parsed at first use, so that a program that never launches pays nothing and a
// damaged image is the error of whoever uses it.
class Binary {
public:
  explicit Binary(const uint8_t *data) : data(data) {}

  // The parsed image, known to the backends.
  Status image(std::shared_ptr<const KernelImage> &result);
  // Where each of the image's globals lives on the current device: allocated and initialised at
  // first use there. Null for services (services.h).
  Status globals(std::vector<void *> &addresses);
  // Gives the globals' memory back; nothing uses the image any more.
  void releaseGlobals();
  // The device's globals have their initial values again; those that are managed keep theirs.
  void resetGlobals(int device);
  Status globalAddress(const std::string &name, void **address, size_t *bytes);
  // If the variable is managed: its one copy is the host's at `address`, which gets its initial
  // value now, before any host code can read it.
  void adoptManaged(const std::string &name, void *address);
  // After the last of them: pointers to other variables in initial values.
  void linkManaged();
  // The copies are about to go with their library.
  void forgetManaged();
  // A texture or surface reference: its address is that of what is bound to it on the current
  // device. Launches from now on see it. Unbound ones get a descriptor of their own with the other
  // globals.
  void addReference(const std::string &name, bool isSurface);
  void bindReference(const std::string &name, void *address);

private:
  struct Binding {
    bool isSurface = false;
    std::map<int, void *> addresses; // by device, where it has been bound
  };
  static Status bindToNothing(Binding &binding, int device);
  Status parse();
  Status createGlobals(int device);
  Status allocateGlobal(const KernelImage::Global &global, void **memory);
  bool ownsGlobal(const KernelImage::Global &global) const;
  static void initialise(const KernelImage::Global &global, void *memory);
  void relocate(const KernelImage::Global &global, const std::vector<void *> &memory, void *place);

  const uint8_t *const data;
  std::mutex mutex;
  // All below: under `mutex`.
  bool parsed = false;
  Status parseStatus;
  std::shared_ptr<const KernelImage> parsedImage;
  std::map<int, std::vector<void *>> addresses; // by device
  std::map<std::string, void *> managed;
  bool managedLinked = false;
  std::map<std::string, Binding> references;
};

// A kernel as the host code knows it. Lives as long as the process, so that launches need no lock.
struct Function {
  std::shared_ptr<Binary> binary;
  std::string name; // as in the image
  // npuFuncSetAttribute; -1: not set.
  std::atomic<int> maxDynamicSharedBytes{-1}, sharedCarveout{-1};
  std::atomic<bool> largeClusters{false};
  // Filled by the first successful look-up.
  std::mutex mutex;
  std::shared_ptr<const KernelImage> image; // under mutex
  uint32_t kernel = 0;                      // under mutex
};

Status findFunction(const void *hostFunction, std::shared_ptr<Function> &function);
// A kernel of `image` by its kernelNumber(): one that a kernel of that image launches.
Status findFunction(const std::shared_ptr<const KernelImage> &image, uint64_t number,
                    std::shared_ptr<Function> &function);
// `function`'s image and its index there.
Status resolveFunction(Function &function, std::shared_ptr<const KernelImage> &image,
                       uint32_t &kernel);
// The memory of a __device__, __constant__ or __managed__ variable on the current device, by its
// host shadow.
Status findSymbol(const void *symbol, void **address, size_t *bytes);
// The variables of all binaries have their initial values again on this device.
void resetVariables(int device);

} // namespace npu::core
