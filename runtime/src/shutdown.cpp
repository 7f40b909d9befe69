// The exit handler: it must run before the exit handlers of the backends' libraries, so it is
// registered after they are loaded.
#include "shutdown.h"

#include "report.h"
#include "services.h"
#include "shadow.h"
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

std::atomic<bool> forked{false}, begun{false};

// Kernels that print and that nobody waited for get ten seconds to end: the first launch of one
// also compiles it.
void finishPrinting() {
  if (!printsExist())
    return;
  // A host call that exits would wait for itself.
  for (int waits = 0; waits < 10000 && !Timeline::insideHostCall() && !allIdle(); ++waits)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  flushPrints();
}

void shutDown() {
  // The threads to be waited for are the parent's, and so is the report.
  if (forked || begun.exchange(true))
    return;
  finishPrinting();
  Timeline::stopAll();
  writeShadowSummary();
  writeReport();
}

} // namespace

// Destructors of the static variables of a backend's compiler run in the order in which they were
// made, with the handlers that were registered: a compilation during exit must not find them gone.
void exitAfterCompilers() { std::atexit(shutDown); }

void shutDownAtExit() {
  static std::once_flag once;
  std::call_once(once, [] {
    exitAfterCompilers();
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
  });
}

bool inForkedChild() { return forked; }

bool exiting() { return begun; }

} // namespace npu::core
