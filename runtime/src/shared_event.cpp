// See shared_event.h. Threads wait in futexes, which know no process; each tenth of a second they
// see whether the process that they wait for is still there.
#include "shared_event.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <linux/futex.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace npu::core {

struct SharedEvent::State {
  std::atomic<uint32_t> recorded{0}, reached{0}; // numbers of recordings; they may go round
  std::atomic<int32_t> recorder{0};              // the process of the latest
};
static_assert(std::atomic<uint32_t>::is_always_lock_free);

namespace {
// `a` is not after `b`.
bool upTo(uint32_t a, uint32_t b) { return int32_t(b - a) >= 0; }

bool isAlive(int process) { return kill(process, 0) == 0 || errno == EPERM; }
} // namespace

Status SharedEvent::map(int file, std::shared_ptr<SharedEvent> &event) {
  void *memory = mmap(nullptr, sizeof(State), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    const std::string why = std::strerror(errno);
    close(file);
    return {npuErrorMemoryAllocation, "mapping an event: " + why};
  }
  // Zeros are its beginning, and another process may be beyond that.
  event.reset(new SharedEvent(file, static_cast<State *>(memory)));
  return {};
}

Status SharedEvent::create(std::shared_ptr<SharedEvent> &event) {
  int file = -1;
  if (Status status = makeSharedFile(sizeof(State), file); !status)
    return status;
  return map(file, event);
}

Status SharedEvent::open(const SharedHandle &handle, std::shared_ptr<SharedEvent> &event) {
  int file = -1;
  if (Status status = openSharedFile(handle, SharedHandle::Kind::Event, file); !status)
    return status;
  return map(file, event);
}

SharedEvent::~SharedEvent() {
  munmap(state, sizeof(State));
  close(file);
}

SharedHandle SharedEvent::handle() const {
  return handleOf(SharedHandle::Kind::Event, file, 0, sizeof(State));
}

uint32_t SharedEvent::record() {
  state->recorder = getpid();
  return ++state->recorded;
}

void SharedEvent::reach(uint32_t recording) {
  uint32_t before = state->reached;
  while (!upTo(recording, before) && !state->reached.compare_exchange_weak(before, recording))
    ;
  syscall(SYS_futex, &state->reached, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

uint32_t SharedEvent::latest() const { return state->recorded; }

bool SharedEvent::isReached(uint32_t recording) const { return upTo(recording, state->reached); }

bool SharedEvent::wait(uint32_t recording) const {
  for (uint32_t now = state->reached; !upTo(recording, now); now = state->reached) {
    const timespec tenth{0, 100'000'000};
    const bool slept =
        syscall(SYS_futex, &state->reached, FUTEX_WAIT, now, &tenth, nullptr, 0) == -1 &&
        errno == ETIMEDOUT;
    if (slept && !isAlive(state->recorder) && !isReached(recording))
      return false;
  }
  return true;
}

} // namespace npu::core
