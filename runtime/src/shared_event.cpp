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
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace npu::core {

// A recording has the slot of its number, which it leaves to a later one when it has been reached.
struct SharedEvent::Slot {
  std::atomic<uint64_t> owner{0};   // the latest recording here, and in the low half its process
  std::atomic<uint32_t> reached{0}; // the latest reached here
};
constexpr uint32_t kSlots = 1024; // a stream holds as many commands
struct SharedEvent::State {
  std::atomic<uint32_t> recorded{0}; // the latest; numbers may go round
  Slot slots[kSlots];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

namespace {
// `a` is not after `b`.
bool upTo(uint32_t a, uint32_t b) { return int32_t(b - a) >= 0; }

// A process that has ended and that its parent has not asked about is no longer alive.
bool isAlive(int process) {
  if (process == getpid())
    return true;
  const int file = int(syscall(SYS_pidfd_open, process, 0));
  if (file < 0)
    return errno != ESRCH && (kill(process, 0) == 0 || errno == EPERM);
  pollfd ended{file, POLLIN, 0};
  const bool alive = poll(&ended, 1, 0) == 0;
  close(file);
  return alive;
}
} // namespace

SharedEvent::Slot &SharedEvent::slotOf(uint32_t recording) const {
  return state->slots[recording % kSlots];
}

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
  const uint32_t recording = ++state->recorded;
  (void)wait(recording - kSlots); // what is lost needs no slot
  slotOf(recording).owner = uint64_t(recording) << 32 | uint32_t(getpid());
  return recording;
}

void SharedEvent::reach(uint32_t recording) {
  std::atomic<uint32_t> &reached = slotOf(recording).reached;
  reached = recording;
  syscall(SYS_futex, &reached, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

uint32_t SharedEvent::latest() const { return state->recorded; }

bool SharedEvent::isReached(uint32_t recording) const {
  return upTo(recording, slotOf(recording).reached);
}

bool SharedEvent::isLost(uint32_t recording) const {
  const uint64_t owner = slotOf(recording).owner;
  return uint32_t(owner >> 32) == recording && !isAlive(int32_t(owner)) && !isReached(recording);
}

bool SharedEvent::wait(uint32_t recording) const {
  std::atomic<uint32_t> &reached = slotOf(recording).reached;
  for (uint32_t now = reached; !upTo(recording, now); now = reached) {
    const timespec tenth{0, 100'000'000};
    const bool slept = syscall(SYS_futex, &reached, FUTEX_WAIT, now, &tenth, nullptr, 0) == -1 &&
                       errno == ETIMEDOUT;
    if (slept && isLost(recording))
      return false;
  }
  return true;
}

} // namespace npu::core
