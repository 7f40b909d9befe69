// See shared_pages.h. While pages are copied into the file they are read-only, and a thread that
// writes to them is held in the handler of its fault; then the file's pages take their place in
// one step, and the write is done again, on them.
#include "shared_pages.h"

#include "shared_file.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace npu::core {
namespace {

constexpr size_t kPage = 4096;

std::atomic<uintptr_t> heldBegin{0}, heldEnd{0};
struct sigaction previous;

void waitWhileHeld(int number, siginfo_t *information, void *context) {
  const auto at = reinterpret_cast<uintptr_t>(information->si_addr);
  bool held = false;
  while (at >= heldBegin && at < heldEnd) {
    held = true;
    usleep(100);
  }
  if (held)
    return; // the write is tried again
  if (previous.sa_flags & SA_SIGINFO)
    return previous.sa_sigaction(number, information, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(number);
  signal(number, SIG_DFL);
}

// Private memory without a file, all of it.
bool isOwnMemory(uintptr_t begin, uintptr_t end) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; begin < end && std::getline(maps, line);) {
    unsigned long first = 0, last = 0, inode = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %lu", &first, &last, access, &inode) != 4 ||
        begin < first || begin >= last)
      continue;
    if (std::strcmp(access, "rw-p") != 0 || inode)
      return false;
    begin = last;
  }
  return begin >= end;
}

// Pages of zeros take no memory in the file.
void copyPages(char *to, const char *from, size_t bytes) {
  static const char zeros[kPage] = {};
  for (size_t at = 0; at < bytes; at += kPage)
    if (std::memcmp(from + at, zeros, kPage) != 0)
      std::memcpy(to + at, from + at, kPage);
}

} // namespace

Status sharePages(void *first, size_t bytes, int &file) {
  const auto begin = reinterpret_cast<uintptr_t>(first);
  if (!isOwnMemory(begin, begin + bytes))
    return {npuErrorNotSupported, "only memory in the process itself can be shared"};
  if (Status status = makeSharedFile(bytes, file); !status)
    return status;
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (pages == MAP_FAILED) {
    close(file);
    return {npuErrorMemoryAllocation, std::string("mapping: ") + std::strerror(errno)};
  }
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  heldBegin = begin;
  heldEnd = begin + bytes;
  struct sigaction action {};
  action.sa_sigaction = waitWhileHeld;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previous);
  mprotect(first, bytes, PROT_READ);
  copyPages(static_cast<char *>(pages), static_cast<const char *>(first), bytes);
  const bool moved =
      mremap(pages, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, first) != MAP_FAILED;
  if (!moved)
    mprotect(first, bytes, PROT_READ | PROT_WRITE);
  heldEnd = 0;
  sigaction(SIGSEGV, &previous, nullptr);
  if (moved)
    return {};
  munmap(pages, bytes);
  close(file);
  return {npuErrorMemoryAllocation, "the memory cannot be mapped again"};
}

void unsharePages(void *first, size_t bytes, int file) {
  mmap(first, bytes, PROT_READ | PROT_WRITE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  close(file);
}

} // namespace npu::core
