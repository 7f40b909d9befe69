// Fills and copies. Memory on both sides is the host's, so they are plain memory operations: small
// ones on the calling thread, large ones on two threads of this engine, which never block the
// caller.
//
// Thread rule: all members from any thread.
#pragma once

#include "npu/device.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace npu::opencl {

class CopyEngine {
public:
  CopyEngine() = default;
  ~CopyEngine(); // after all queued work

  static Status check(const Fill &fill);
  static Status check(const Copy &copy);
  void execute(const Fill &fill, Completion done);
  void execute(const Copy &copy, Completion done);

private:
  void post(std::function<void()> work);
  void run();

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> queue; // guarded by mutex
  std::vector<std::thread> threads;        // guarded by mutex; started at first use
  bool stopping = false;                   // guarded by mutex
};

} // namespace npu::opencl
