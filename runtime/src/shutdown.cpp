// The exit handler: it must run before the exit handlers of the backends' libraries, so it is
// registered after they are loaded.
#include "shutdown.h"

#include "report.h"
#include "timeline.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <pthread.h>

namespace npu::core {
namespace {

std::atomic<bool> forked{false};

void shutDown() {
  // The threads to be waited for are the parent's, and so is the report.
  if (forked)
    return;
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
