// A core for tests of the library layers: it keeps commands until somebody waits, so that a test
// sees what was put on a stream and that nothing is read too early. Tensor ops run on the
// reference.
#pragma once

#include "src/core.h"

#include <vector>

namespace npu::fake_core {

struct Queued {
  npuStream_t stream;
  Command command;
};

// Everything enqueued since the last reset(), done or not.
const std::vector<Queued> &history();
// The tensor ops among them.
std::vector<TensorOp> tensorOps();
// Forgets commands and memory.
void reset();
// What enqueue answers from now on; success after reset().
void failWith(Status status);
// What the next synchronize answers, once.
void failNextWait(Status status);

// Whether there is a device beside the host, which takes every op and computes it like the
// reference: so the tests of layers also test them as ops (NPU_TEST_ACCELERATED=1).
bool accelerates();

void *allocate(size_t bytes);

} // namespace npu::fake_core
