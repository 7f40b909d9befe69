// See shared_pages.h. While pages are copied into the file they are read-only, and a thread that
// writes to them is held in the handler of its fault; then the file's pages take their place in
// one step, and the write is done again, on them. A fault may be on its way for long, so the
// handler stays, and the process's other handlers are called by it.
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
#include <utility>

namespace npu::core {
namespace {

constexpr size_t kPage = 4096, kWhole = size_t(2) << 20;

std::atomic<uintptr_t> heldBegin{0}, heldEnd{0};
// How often pages have been held, counted before they are let go.
std::atomic<unsigned> holds{0};
// In the thread's own block, as a handler must not allocate: the last hold for whose sake a fault
// was ignored.
__attribute__((tls_model("initial-exec"))) thread_local unsigned ignoredFor = 0;

// Whether a write to read-only memory is to be tried again: the pages are held, or were when it
// faulted. Another fault comes again, and then is not this one's.
bool isOfHold(uintptr_t address) {
  bool held = false;
  while (address >= heldBegin && address < heldEnd) {
    held = true;
    usleep(100);
  }
  const unsigned latest = holds;
  if (!held && ignoredFor == latest)
    return false;
  ignoredFor = latest;
  return true;
}

// What was there when a handler was installed. A program may install its own above one of these, so
// each of these knows who comes after it.
constexpr int kHandlers = 8;
struct sigaction previous[kHandlers];
int handlers = 0; // installed so far, by sharePages() alone

template <int index> void onFault(int number, siginfo_t *information, void *context) {
  const int error = errno;
  const bool again = information->si_code == SEGV_ACCERR &&
                     isOfHold(reinterpret_cast<uintptr_t>(information->si_addr));
  errno = error;
  if (again)
    return;
  const struct sigaction &next = previous[index];
  if (next.sa_flags & SA_SIGINFO)
    return next.sa_sigaction(number, information, context);
  if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN)
    return next.sa_handler(number);
  if (next.sa_handler == SIG_IGN && information->si_code <= 0)
    return;
  signal(number, SIG_DFL); // the instruction faults again
  if (information->si_code <= 0)
    raise(number); // there is no instruction: it was sent
}

template <int... indices>
void (*handlerOf(int index, std::integer_sequence<int, indices...>))(int, siginfo_t *, void *) {
  void (*const all[])(int, siginfo_t *, void *) = {onFault<indices>...};
  return all[index];
}

bool isSame(const struct sigaction &a, const struct sigaction &b) {
  const bool information = a.sa_flags & SA_SIGINFO;
  return information == bool(b.sa_flags & SA_SIGINFO) &&
         (information ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler);
}

// Makes a handler of these the first to be called; false when the program has installed its own too
// often between.
bool handleFaults() {
  struct sigaction first {};
  sigaction(SIGSEGV, nullptr, &first);
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  int known = handlers; // the one that comes before `first`
  for (int index = 0; index < handlers; ++index) {
    action.sa_sigaction = handlerOf(index, std::make_integer_sequence<int, kHandlers>());
    if (isSame(first, action))
      return true;
    if (isSame(first, previous[index]))
      known = index;
  }
  if (known == kHandlers)
    return false;
  if (known == handlers) {
    previous[known] = first;
    ++handlers;
  }
  action.sa_sigaction = handlerOf(known, std::make_integer_sequence<int, kHandlers>());
  struct sigaction replaced {};
  if (sigaction(SIGSEGV, &action, &replaced) != 0)
    return false;
  if (!isSame(replaced, first)) // another thread's, installed just now
    previous[known] = replaced;
  return true;
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
  // As large blocks of the memory home: what reads a little behind meets zeros, also elsewhere.
  if (Status status = makeSharedFile((bytes + kWhole - 1) / kWhole * kWhole, file); !status)
    return status;
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (pages == MAP_FAILED) {
    close(file);
    return {npuErrorMemoryAllocation, std::string("mapping: ") + std::strerror(errno)};
  }
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  const char *problem = "the program has installed too many handlers of SIGSEGV";
  if (handleFaults()) {
    heldBegin = begin;
    heldEnd = begin + bytes;
    mprotect(first, bytes, PROT_READ);
    copyPages(static_cast<char *>(pages), static_cast<const char *>(first), bytes);
    const bool moved =
        mremap(pages, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, first) != MAP_FAILED;
    if (!moved)
      mprotect(first, bytes, PROT_READ | PROT_WRITE);
    ++holds;
    heldEnd = 0;
    if (moved)
      return {};
    problem = "the memory cannot be mapped again";
  }
  munmap(pages, bytes);
  close(file);
  return {npuErrorMemoryAllocation, problem};
}

bool unsharePages(void *first, size_t bytes, int file) {
  const bool moved =
      mmap(first, bytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
  close(file);
  return moved;
}

} // namespace npu::core
