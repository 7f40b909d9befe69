// Checks in processes of their own, so that a kernel that crashes or hangs is a verdict like
// others.
#pragma once

#include "check.h"

#include <functional>

namespace simt {

struct Outcome {
  Verdicts verdicts;
  std::string death; // empty: it ended well
};

// Runs `work` in a child process, for so many seconds at most.
class Worker {
public:
  Worker(const std::function<Verdicts()> &work, unsigned seconds);
  Worker(Worker &&other) = default;
  Outcome finish();        // waits
  static int waitForAny(); // the process of a worker that has ended and is to be finished
  int process() const { return child; }

private:
  int child = -1;
  int output = -1;
  std::string folder;
};

} // namespace simt
