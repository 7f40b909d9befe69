// See progress.h.
#include "progress.h"
#include "problem.h"

#include <cstdio>
#include <cstdlib>

namespace npu::backend {

Status Progress::fromEnvironment(Progress &progress) {
  const char *text = std::getenv("NPU_PROGRESS");
  if (!text || !*text)
    return {};
  char *end;
  double value = std::strtod(text, &end);
  if (*end || !(value >= 0.1 && value <= 3600))
    return {npuErrorInvalidValue,
            std::string("NPU_PROGRESS must be a number of seconds from 0.1 to 3600, not \"") +
                text + "\""};
  progress.seconds = value;
  return {};
}

void Progress::begin(const TensorOp &op) {
  if (wanted())
    present = problemText(op);
}

void Progress::step(size_t done, size_t total) {
  Clock::time_point now = Clock::now();
  if (std::chrono::duration<double>(now - last).count() < seconds)
    return;
  last = now;
  std::fprintf(stderr, "npu: %.0f s: %llu ops done, %.3g modelled cycles; now %s: %.0f %%\n",
               std::chrono::duration<double>(now - started).count(), (unsigned long long)ops,
               double(cycles), present.c_str(), 100.0 * double(done) / double(total));
}

void Progress::end(uint64_t cyclesOfOp) {
  ++ops;
  cycles += cyclesOfOp;
}

} // namespace npu::backend
