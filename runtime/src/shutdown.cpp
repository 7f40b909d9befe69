// The exit handler: it must run before the exit handlers of the backends' libraries, so it is
// registered after they are loaded.
#include "shutdown.h"

#include "report.h"
#include "services.h"
#include "stream.h"
#include "timeline.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <thread>

namespace npu::core {
namespace {

std::atomic<bool> forked{false};

// Kernels that print and that nobody waited for get a moment to end.
void finishPrinting() {
  if (!printsExist())
    return;
  for (int waits = 0; waits < 2000 && !allIdle(); ++waits)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  flushPrints();
}

void shutDown() {
  // The threads to be waited for are the parent's, and so is the report.
  if (forked)
    return;
  finishPrinting();
  Timeline::stopAll();
  writeReport();
}

} // namespace

void shutDownAtExit() {
  static std::once_flag once;
  std::call_once(once, [] {
    std::atexit(shutDown);
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
  });
}

bool inForkedChild() { return forked; }

} // namespace npu::core
