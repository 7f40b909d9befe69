// The only file that names every backend. To add one: its folder, one line in kBackends, one file
// in tests/conformance/backends/.
#include "devices.h"

#include "log.h"
#include "shadow.h"
#include "shutdown.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>

namespace npu::core {
namespace {

struct Backend {
  const char *name;
  Status (*make)(std::unique_ptr<Device> &);
  bool servesKernels, servesTensorOps; // where its absence matters, and is then reported
  bool shadowed;                       // may be asked for its error
};
constexpr Backend kBackends[] = {
    {"npu", makeNpuDevice, false, true, true},
    {"opencl", makeOpenclDevice, true, false, false},
    {"host", makeHostDevice, false, true, false},
};

Team::Member makeMember(const Backend &backend) {
  Team::Member member;
  member.name = backend.name;
  member.servesKernels = backend.servesKernels;
  member.servesTensorOps = backend.servesTensorOps;
  try {
    member.failure = backend.make(member.device);
    if (member.failure && member.device && backend.shadowed)
      member.failure = addShadow(member.device);
  } catch (const std::exception &error) {
    member.failure = Status(npuErrorInitializationError, error.what());
  }
  if (!member.failure)
    member.device.reset();
  else if (!member.device)
    member.failure = Status(npuErrorInitializationError, "it returned no device");
  return member;
}

std::vector<Team::Member> makeMembers() {
  std::vector<Team::Member> members;
  std::istringstream names(options().backends);
  bool hasHost = false;
  for (std::string name; std::getline(names, name, ',');) {
    bool known = false;
    for (const Backend &backend : kBackends)
      if (name == backend.name) {
        known = true;
        hasHost |= name == "host";
        members.push_back(makeMember(backend));
      }
    if (!known)
      warnOnce("warning: NPU_BACKENDS names the unknown backend '" + name +
               "'; use npu, opencl, host");
  }
  // Copies and host calls need it.
  if (!hasHost)
    members.push_back(makeMember(kBackends[2]));
  return members;
}

std::mutex &teamMutex() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}
std::atomic<Team *> currentTeam{nullptr};

} // namespace

Team::Team(std::vector<Member> list) : members(std::move(list)) {
  for (const Member &member : members) {
    if (!member.device || home)
      continue;
    if (void *probe = member.device->allocate(256, 256)) {
      member.device->release(probe);
      home = member.device.get();
    }
  }
}

Team::Choice Team::choose(const Command &command) const {
  // Launches are frequent, and what the others said of one is rarely asked for.
  if (std::holds_alternative<Launch>(command) && !logs(LogLevel::Debug))
    for (const Member &member : members)
      if (member.device && member.servesKernels && member.device->accepts(command)) {
        Choice choice;
        choice.device = member.device.get();
        return choice;
      }
  const bool launches = std::holds_alternative<Launch>(command);
  const bool computes = std::holds_alternative<TensorOp>(command);
  Choice choice;
  npuError_t code = npuErrorNotSupported;
  for (const Member &member : members) {
    const Status answer = member.device ? member.device->accepts(command) : member.failure;
    if (answer) {
      choice.device = member.device.get();
      choice.reasons = choice.reasons.empty() ? member.name + " accepted"
                                              : member.name + " accepted; " + choice.reasons;
      return choice;
    }
    const bool matters = (launches && member.servesKernels) || (computes && member.servesTensorOps);
    if (matters)
      code = answer.code();
    if (!member.device && matters)
      warnOnce("warning: the " + member.name + " backend is not available: " + answer.message());
    if (!choice.reasons.empty())
      choice.reasons += "; ";
    choice.reasons += member.name + ": " + answer.message();
  }
  choice.refusal = Status(code, "no device accepts this command (" + choice.reasons + ")");
  return choice;
}

Status Team::load(Device &device, const std::shared_ptr<const KernelImage> &image) {
  const auto key = std::make_pair(&device, image.get());
  {
    std::shared_lock<std::shared_mutex> lock(mutex);
    const auto found = loaded.find(key);
    if (found != loaded.end() && !found->second.expired())
      return {};
  }
  if (Status status = device.load(image); !status)
    return status;
  std::unique_lock<std::shared_mutex> lock(mutex);
  loaded[key] = image;
  return {};
}

std::string Team::configuration(const std::string &name) const {
  for (const Member &member : members)
    if (member.name == name && member.device)
      return member.device->configuration();
  return "{}";
}

Team &Team::get() {
  if (Team *team = currentTeam.load(std::memory_order_acquire))
    return *team;
  std::lock_guard<std::mutex> lock(teamMutex());
  if (!currentTeam.load(std::memory_order_relaxed)) {
    // Never destroyed: work of other threads may be in flight while the process exits.
    auto *team = new Team(makeMembers());
    // After the backends started, so that it runs before their own exit handlers.
    shutDownAtExit();
    currentTeam.store(team, std::memory_order_release);
  }
  return *currentTeam.load(std::memory_order_relaxed);
}

void Team::replace(std::unique_ptr<Team> team) {
  static std::vector<Team *> &kept = *new std::vector<Team *>;
  std::lock_guard<std::mutex> lock(teamMutex());
  kept.push_back(currentTeam.load(std::memory_order_relaxed));
  currentTeam.store(team.release(), std::memory_order_release);
}

Status executeAndWait(Device &device, const Command &command, double &seconds) {
  struct Outcome {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false; // under mutex
    Status status;     // under mutex
  };
  const auto outcome = std::make_shared<Outcome>();
  const auto began = std::chrono::steady_clock::now();
  device.execute(command, [outcome](Status status) {
    std::lock_guard<std::mutex> lock(outcome->mutex);
    outcome->status = std::move(status);
    outcome->done = true;
    outcome->changed.notify_all();
  });
  std::unique_lock<std::mutex> lock(outcome->mutex);
  outcome->changed.wait(lock, [&] { return outcome->done; });
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return outcome->status;
}

} // namespace npu::core
