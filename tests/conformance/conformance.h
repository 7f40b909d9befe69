// The contract of npu/device.h as tests that every backend runs. A backend takes part with one file
// in backends/ that registers how its device is made, what it promises to run, and which tests it
// skips and why. What it does not promise it must refuse with a reason, or get right all the same.
#pragma once

#include "npu/device.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace npu::conformance {

struct Skip {
  const char *test;   // "CopiesBoxes"
  const char *reason; // a sentence
};

// Two tensor formats, for instance of a product's factors and of its result.
struct FormatPair {
  Format source, result;
};

struct Backend {
  const char *name;
  Status (*make)(std::unique_ptr<Device> &);
  // What the device promises, so that one that refuses everything fails.
  bool fills = false, copies = false, launches = false, hostCalls = false;
  bool isMemoryHome = false;
  bool modelsCost = false; // of tensor ops: cycles, traffic, energy
  bool epilogues = false;  // products with a bias and an activation
  std::vector<FormatPair> products, elementwise;
  std::vector<Skip> skips;
};

inline void PrintTo(const Backend &backend, std::ostream *stream) { *stream << backend.name; }

// Called by each file of backends/ before main.
bool registerBackend(Backend backend);
const std::vector<Backend> &backends();

// Counts completions, so that one too many shows.
class Waiter {
public:
  Completion completion();
  // The status of the only completion, or of the first that failed; waits for `expected` of them.
  Status wait(int expected = 1);
  int completions();

private:
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0; // guarded by mutex
  Status failure;
};

class Conformance : public testing::TestWithParam<Backend> {
protected:
  void SetUp() override; // skips what the backend lists
  // One device per process, as in the runtime.
  static Device &device();
  static Status run(const Command &command);
};

// Memory that the device under test reaches: its own if it is a memory home, else the host's.
class Buffer {
public:
  Buffer(Device &device, size_t bytes);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  uint8_t *const data;
  const size_t size;

private:
  Device &device;
  bool isDevices = true;
};

// "" when `status` explains a refusal: an error code and one line that reads as a sentence.
std::string refusalFault(const Status &status);

// One command of every kind, writing to `memory` (at least 256 bytes); `called` is what the host
// call sets.
std::vector<std::pair<std::string, Command>> oneOfEveryKind(uint8_t *memory, bool &called);

// Two images: one with kernels "increment" and "reverseDynamic", and the same with noise for code.
std::shared_ptr<KernelImage> goodImage();
std::shared_ptr<KernelImage> corruptImage();
Launch launchOf(const std::shared_ptr<KernelImage> &image, const char *kernel, Extent3 grid,
                Extent3 block, std::vector<uint64_t> arguments);

} // namespace npu::conformance
