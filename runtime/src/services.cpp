// Which service is which, and the record of each launch: failures of threads, and the clock.
#include "services.h"

#include "npu/device_services.h"
#include "npu/runtime.h"

#include "devices.h"
#include "launch.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

namespace npu::core {
namespace {

using services::LaunchRecord;

struct Row {
  const char *name;
  Status (*provide)(Launch &, void **);
};
constexpr Row kRows[] = {
#define SERVICE(name, provider) {#name, provider},
#include "services.def"
};

// Records are made in slabs of device memory and used again.
struct Records {
  std::mutex mutex;
  std::vector<LaunchRecord *> free; // under mutex
};
Records &records() {
  static Records &instance = *new Records;
  return instance;
}
constexpr size_t kSlabRecords = 64;

Status takeRecord(std::shared_ptr<LaunchRecord> &record) {
  std::lock_guard<std::mutex> lock(records().mutex);
  std::vector<LaunchRecord *> &free = records().free;
  if (free.empty()) {
    Device *home = Team::get().memoryHome();
    void *slab = home ? home->allocate(kSlabRecords * sizeof(LaunchRecord), 256) : nullptr;
    if (!slab)
      return Status(npuErrorMemoryAllocation, "no memory for the record of a launch");
    for (size_t i = 0; i < kSlabRecords; ++i)
      free.push_back(static_cast<LaunchRecord *>(slab) + i);
  }
  LaunchRecord *taken = free.back();
  free.pop_back();
  record.reset(taken, [](LaunchRecord *used) {
    std::lock_guard<std::mutex> again(records().mutex);
    records().free.push_back(used);
  });
  return {};
}

uint64_t ticksNow() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_ia32_rdtsc();
#else
  return 0; // clock64() has no counter that the host knows; the time then stands still in a kernel
#endif
}
uint64_t nanosecondsNow() {
  return uint64_t(std::chrono::duration_cast<std::chrono::nanoseconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count());
}

// Measured once, over a few milliseconds.
double nanosecondsPerTick() {
  static const double measured = [] {
    const auto begin = std::chrono::steady_clock::now();
    const uint64_t ticks = ticksNow();
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
    const uint64_t elapsed = ticksNow() - ticks;
    const double nanoseconds =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
    return elapsed ? nanoseconds / double(elapsed) : 0.0;
  }();
  return measured;
}

// The launch's error when one of its threads has failed.
Status failureOf(const LaunchRecord &record, const std::string &kernel) {
  std::ostringstream address;
  address << reinterpret_cast<const void *>(uintptr_t(record.value));
  switch (__atomic_load_n(&record.failure, __ATOMIC_ACQUIRE)) {
  case services::kNoFailure:
    return {};
  case services::kAssertion:
    return Status(npuErrorAssert, "an assertion failed in kernel " + kernel);
  case services::kInvalidFree:
    return Status(npuErrorLaunchFailure,
                  "kernel " + kernel + " called free() for " + address.str() +
                      ", which is not allocated by malloc() in a kernel, or was freed before");
  case services::kBadCall:
    return Status(npuErrorLaunchFailure,
                  "kernel " + kernel + " called a function through the pointer " + address.str() +
                      ", which is no function of this device code with the call's type");
  case services::kTooManyChildren:
    return Status(npuErrorLaunchPendingCountExceeded,
                  "kernel " + kernel +
                      " launched more kernels in one grid than there is room for; let fewer "
                      "threads launch larger grids");
  case services::kStuckBarrier:
    return Status(npuErrorLaunchFailure,
                  "kernel " + kernel +
                      " is stuck: all of a block's warps that are left wait at a "
                      "barrier for threads that do not come to it");
  case services::kSplitWarp:
    return Status(npuErrorLaunchFailure,
                  "kernel " + kernel +
                      ": threads of one warp wait at different barriers; let whole warps take the "
                      "same way around barriers");
  default:
    return Status(npuErrorLaunchFailure, "kernel " + kernel + " ended itself with a trap");
  }
}

} // namespace

bool isService(const std::string &globalName) {
  return globalName.compare(0, sizeof services::kPrefix - 1, services::kPrefix) == 0;
}

Status provideService(const std::string &globalName, Launch &launch, void **address) {
  const std::string name = globalName.substr(sizeof services::kPrefix - 1);
  for (const Row &row : kRows)
    if (name == row.name)
      return row.provide(launch, address);
  return Status(npuErrorInvalidKernelImage,
                "kernel " + launch.image->kernels[launch.kernel].sourceName +
                    " needs the service '" + name +
                    "', which this runtime does not have; use the runtime of its compiler");
}

Status provideLaunchRecord(Launch &launch, void **address) {
  static std::atomic<uint64_t> launches{0};
  std::shared_ptr<LaunchRecord> record;
  if (Status status = takeRecord(record); !status)
    return status;
  *record = {};
  record->multiprocessors = kMultiprocessors;
  record->warpsPerMultiprocessor = kThreadsPerMultiprocessor / kWarpThreads;
  record->grid = ++launches;
  record->nanosecondsPerTick = nanosecondsPerTick();
  record->tickOrigin = ticksNow();
  record->nanosecondOrigin = nanosecondsNow();
  *address = record.get();
  launch.afterwards = [record, kernel = launch.image->kernels[launch.kernel].sourceName] {
    return failureOf(*record, kernel);
  };
  return {};
}

} // namespace npu::core
