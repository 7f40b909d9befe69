// The team of backends that a program sees as one device. Created at first use, then constant: any
// thread may use it without a lock.
#pragma once

#include "npu/device.h"

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace npu::core {

class Team {
public:
  // A backend that did not start keeps its reason, which is then its refusal of every command.
  struct Member {
    std::string name;
    std::unique_ptr<Device> device; // null: `failure` says why
    Status failure;
    bool servesKernels = false, servesTensorOps = false;
  };
  // `device` is null when nobody accepts. `reasons`: why this device and what the others said.
  struct Choice {
    Device *device = nullptr;
    std::string reasons;
    Status refusal;
  };

  // Members in the order in which they are asked. The first that allocates is the memory home.
  explicit Team(std::vector<Member> members);

  Choice choose(const Command &command) const;
  // Device::load, once for each device and image.
  Status load(Device &device, const std::shared_ptr<const KernelImage> &image);
  Device *memoryHome() const { return home; }
  // The named member's configuration() or "{}".
  std::string configuration(const std::string &name) const;

  static Team &get();
  // For tests: the next get() returns `team`; the previous one is kept alive for work in flight.
  static void replace(std::unique_ptr<Team> team);

private:
  std::vector<Member> members;
  Device *home = nullptr;
  std::shared_mutex mutex;
  // Under mutex. A weak pointer, since an address may be used again for another image.
  std::map<std::pair<Device *, const KernelImage *>, std::weak_ptr<const KernelImage>> loaded;
};

// Runs a command to its end. `seconds` gets how long that took.
Status executeAndWait(Device &device, const Command &command, double &seconds);

} // namespace npu::core
