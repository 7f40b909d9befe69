// Kernels run on threads of the OpenCL implementation, and nothing can be unwound there: a thread
// that faults cannot go on, and its work-group would never end. So the process ends, but with a
// reason. CUDA's own error (700, an illegal address) is final for a process too.
//
// Whose fault it is tells the file that the code at the program counter comes from: PoCL loads
// kernels from its cache folder. A thread in kernel code holds no lock of the C library, so the
// handler may allocate and format; standard output is flushed only when nobody holds it.
#include "opencl/opencl_fault.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <ucontext.h>
#include <unistd.h>

namespace npu::opencl {

namespace {

struct sigaction previousSegmentation, previousBus;

// The file mapped at `address`, or an empty text.
std::string fileAt(uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2 || address < begin ||
        address >= end)
      continue;
    size_t path = line.find('/');
    return path == std::string::npos ? "" : line.substr(path);
  }
  return "";
}

// <cache>/<program>/<kernel>/<local size>-goffs0.../<kernel>.so
bool isKernelFile(const std::string &file) {
  return file.size() > 3 && file.compare(file.size() - 3, 3, ".so") == 0 &&
         file.find("-goffs") != std::string::npos;
}

// The kernel's file when the fault is in its code, or in the C library called from it.
std::string kernelFileOf(const ucontext_t &context) {
#if defined(__x86_64__)
  std::string file = fileAt(uintptr_t(context.uc_mcontext.gregs[REG_RIP]));
  if (isKernelFile(file))
    return file;
  if (file.find("/libc") == std::string::npos)
    return "";
  const auto *stack = reinterpret_cast<const uintptr_t *>(context.uc_mcontext.gregs[REG_RSP]);
  for (int word = 0; word < 16; ++word)
    if (std::string caller = fileAt(stack[word]); isKernelFile(caller))
      return caller;
#else
  (void)context;
#endif
  return "";
}

std::string kernelName(const std::string &file) {
  size_t slash = file.rfind('/');
  std::string name = file.substr(slash + 1, file.size() - slash - 1 - strlen(".so"));
  name = name.substr(0, name.find('.')); // a variant's suffix
  int status = 0;
  char *readable = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  return status == 0 ? readable : name;
}

void onFault(int number, siginfo_t *information, void *data) {
  const auto &context = *static_cast<const ucontext_t *>(data);
  // Once: a second thread that faults meanwhile waits for the end of the process.
  static std::mutex once;
  std::string file = kernelFileOf(context);
  if (!file.empty()) {
    once.lock();
    std::ostringstream text;
    text << "npu: error: kernel " << kernelName(file) << " used memory that it must not use, at ";
    if (information->si_code > 0 && information->si_code != SI_KERNEL)
      text << "address " << information->si_addr << (information->si_addr ? "" : " (null)");
    else
      text << "an address that no memory can have, or that is not aligned";
    text << "; the process ends (npuErrorIllegalAddress)\n";
    if (ftrylockfile(stdout) == 0)
      fflush_unlocked(stdout);
    std::string line = text.str();
    ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
    (void)ignored;
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

} // namespace npu::opencl
