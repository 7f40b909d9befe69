// Managed variables. Host and device share their memory, so the host's variable is the only copy:
// it is registered with the memory map and its address is what kernels get. The host compiler gives
// it no value (Clang's shadows have none), so registration, which precedes main(), does.
#include "registration.h"

#include "log.h"
#include "memory.h"
#include "stream.h"

#include <cstring>

namespace npu::core {

void Binary::adoptManaged(const std::string &name, void *address) {
  if (!KernelImage::hasManagedVariables(data))
    return; // and need not be parsed now
  std::lock_guard<std::mutex> lock(mutex);
  if (!parse())
    return; // said already, and the error of whoever launches
  for (const KernelImage::Global &global : parsedImage->globals) {
    if (global.name != name || !global.managed || managed.count(name))
      continue;
    const size_t bytes = global.bytes ? size_t(global.bytes) : 1;
    if (global.initial.empty())
      std::memset(address, 0, bytes);
    else
      std::memcpy(address, global.initial.data(), global.initial.size());
    if (Status status = adoptMemory(MemoryKind::Managed, address, bytes); !status)
      warnOnce("error: the managed variable " + name +
               " is not known as memory: " + status.message());
    managed[name] = address;
  }
}

void Binary::linkManaged() {
  if (!KernelImage::hasManagedVariables(data))
    return;
  std::lock_guard<std::mutex> lock(mutex);
  if (!parse())
    return;
  bool needed = false;
  for (const KernelImage::Global &global : parsedImage->globals)
    needed |= managed.count(global.name) && !global.relocations.empty();
  // The addresses of other variables: those exist from now on.
  if (needed)
    if (Status status = createGlobals(currentDevice()); !status)
      warnOnce("error: a managed variable's initial value: " + status.message());
  managedLinked = true;
}

void Binary::forgetManaged() {
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto &[name, address] : managed)
    disownMemory(address);
}

} // namespace npu::core
