// Kernels run on threads of the OpenCL implementation, where no exception can be thrown. A thread
// that faults goes on behind the block that it was running, and the launch fails when it is
// complete: as in CUDA, where the error (700, an illegal address) is final for the context.
//
// Whose fault it is tells the file that the code at the program counter comes from: PoCL loads
// kernels from its cache folder. A thread in kernel code holds no lock of the C library, so the
// handler may allocate and format; standard output is flushed only when nobody holds it.
#include "opencl/opencl_fault.h"

#include "npu/recovery.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <fstream>
#include <mutex>
#include <pthread.h>
#include <sstream>
#include <string>
#include <ucontext.h>
#include <unistd.h>

namespace npu::opencl {

namespace {

struct sigaction previousSegmentation, previousBus;

std::atomic<bool> faulted{false}; // since takeFault()
struct Fault {
  std::mutex mutex;
  std::string text; // under mutex; of the first since takeFault()
};
Fault &fault() {
  static Fault &instance = *new Fault;
  return instance;
}
// The code of the kernel that has faulted last: each of its blocks may.
std::atomic<uintptr_t> faultyBegin{0}, faultyEnd{0};

struct Mapping {
  uintptr_t begin = 0, end = 0;
  std::string file;
};

// What is mapped at `address`; no file for nothing, or for memory alone.
Mapping mappingAt(uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2 || address < begin ||
        address >= end)
      continue;
    size_t path = line.find('/');
    return {begin, end, path == std::string::npos ? "" : line.substr(path)};
  }
  return {};
}

// <cache>/<program>/<kernel>/<local size>-goffs0.../<kernel>.so
bool isKernelFile(const std::string &file) {
  return file.size() > 3 && file.compare(file.size() - 3, 3, ".so") == 0 &&
         file.find("-goffs") != std::string::npos;
}

// The kernel's code when the fault is there, or in the C library called from it.
Mapping kernelOf(const ucontext_t &context) {
#if defined(__x86_64__)
  Mapping mapping = mappingAt(uintptr_t(context.uc_mcontext.gregs[REG_RIP]));
  if (isKernelFile(mapping.file))
    return mapping;
  if (mapping.file.find("/libc") == std::string::npos)
    return {};
  const auto *stack = reinterpret_cast<const uintptr_t *>(context.uc_mcontext.gregs[REG_RSP]);
  for (int word = 0; word < 16; ++word)
    if (Mapping caller = mappingAt(stack[word]); isKernelFile(caller.file))
      return caller;
#else
  (void)context;
#endif
  return {};
}

// The innermost place of this thread to go on at; nullptr: none. Reads all of the stack, also what
// a sanitizer has put between variables.
__attribute__((no_sanitize("address"))) const recovery::Place *
placeToGoOn(const ucontext_t &context) {
#if defined(__x86_64__)
  pthread_attr_t attributes;
  void *lowest = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0)
    return nullptr;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  const auto first = uintptr_t(context.uc_mcontext.gregs[REG_RSP]) & ~uintptr_t(7);
  if (first < uintptr_t(lowest) || first >= uintptr_t(lowest) + size)
    return nullptr; // the stack itself is at its end, or is not this thread's
  const auto *end = reinterpret_cast<const uint64_t *>(uintptr_t(lowest) + size);
  for (const auto *word = reinterpret_cast<const uint64_t *>(first) + recovery::kFirstMark;
       word + 1 < end; ++word)
    if (word[0] == recovery::kMarks[0] && word[1] == recovery::kMarks[1])
      return reinterpret_cast<const recovery::Place *>(word - recovery::kFirstMark);
#else
  (void)context;
#endif
  return nullptr;
}

// False: there is no such place.
bool goOnBehindBlock(ucontext_t &context) {
#if defined(__x86_64__)
  const recovery::Place *place = placeToGoOn(context);
  if (!place)
    return false;
  context.uc_mcontext.gregs[REG_RBP] = greg_t(place->framePointer);
  context.uc_mcontext.gregs[REG_RSP] = greg_t(place->stackPointer);
  context.uc_mcontext.gregs[REG_RIP] = greg_t(place->instruction);
  return true;
#else
  (void)context;
  return false;
#endif
}

bool isInFaultyKernel(const ucontext_t &context) {
#if defined(__x86_64__)
  const auto at = uintptr_t(context.uc_mcontext.gregs[REG_RIP]);
  return at >= faultyBegin && at < faultyEnd;
#else
  (void)context;
  return false;
#endif
}

std::string kernelName(const std::string &file) {
  size_t slash = file.rfind('/');
  std::string name = file.substr(slash + 1, file.size() - slash - 1 - strlen(".so"));
  name = name.substr(0, name.find('.')); // a variant's suffix
  int status = 0;
  char *readable = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  return status == 0 ? readable : name;
}

std::string describe(const std::string &file, const siginfo_t &information) {
  std::ostringstream text;
  text << "kernel " << kernelName(file) << " used memory that it must not use, at ";
  if (information.si_code > 0 && information.si_code != SI_KERNEL)
    text << "address " << information.si_addr << (information.si_addr ? "" : " (null)");
  else
    text << "an address that no memory can have, or that is not aligned";
  return text.str();
}

void onFault(int number, siginfo_t *information, void *data) {
  auto &context = *static_cast<ucontext_t *>(data);
  if (faulted && isInFaultyKernel(context) && goOnBehindBlock(context))
    return;
  if (const Mapping kernel = kernelOf(context); !kernel.file.empty()) {
    std::lock_guard<std::mutex> lock(fault().mutex);
    if (goOnBehindBlock(context)) {
      if (!faulted)
        fault().text = describe(kernel.file, *information);
      faultyBegin = kernel.begin;
      faultyEnd = kernel.end;
      faulted = true;
      return;
    }
    const std::string line = "npu: error: " + describe(kernel.file, *information) +
                             "; its blocks cannot be ended alone, so the process ends "
                             "(npuErrorIllegalAddress)\n";
    ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
    (void)ignored;
    if (ftrylockfile(stdout) == 0)
      fflush_unlocked(stdout);
    _exit(1);
  }
  const struct sigaction &previous = number == SIGBUS ? previousBus : previousSegmentation;
  if (previous.sa_flags & SA_SIGINFO)
    return previous.sa_sigaction(number, information, data);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(number);
  signal(number, SIG_DFL); // the instruction faults again
}

} // namespace

void watchFaults() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    struct sigaction action {};
    action.sa_sigaction = onFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previousSegmentation);
    sigaction(SIGBUS, &action, &previousBus);
  });
}

Status takeFault() {
  if (!faulted)
    return {};
  std::lock_guard<std::mutex> lock(fault().mutex);
  if (!faulted.exchange(false))
    return {};
  return {npuErrorIllegalAddress, fault().text};
}

} // namespace npu::opencl
