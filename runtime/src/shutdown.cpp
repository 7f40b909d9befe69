// The exit handler: it must run before the exit handlers of the backends' libraries, so it is
// registered after they are loaded.
#include "shutdown.h"

#include "report.h"
#include "timeline.h"

#include <cstdlib>
#include <mutex>

namespace npu::core {
namespace {

void shutDown() {
  Timeline::stopAll();
  writeReport();
}

} // namespace

void shutDownAtExit() {
  static std::once_flag once;
  std::call_once(once, [] { std::atexit(shutDown); });
}

} // namespace npu::core
