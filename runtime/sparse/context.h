// What every function of sparse linear algebra shares: handles, the outcome of a call, and the
// boundary that checks, logs and keeps exceptions inside the library.
#pragma once

#include "npu/sparse.h"

#include "src/command_failure.h"
#include "src/core.h"
#include "src/live_set.h"

#include <functional>
#include <string>

struct npusparseContext {
  npuStream_t stream = nullptr;
  npusparsePointerMode_t pointerMode = NPUSPARSE_POINTER_MODE_HOST;
};

namespace npu::sparse {

using Settings = npusparseContext;

// A status code with, when it is not success, one sentence for the log.
struct [[nodiscard]] Outcome {
  npusparseStatus_t code = NPUSPARSE_STATUS_SUCCESS;
  std::string why;
  bool ok() const { return code == NPUSPARSE_STATUS_SUCCESS; }
};
inline Outcome invalid(std::string why) { return {NPUSPARSE_STATUS_INVALID_VALUE, std::move(why)}; }
inline Outcome unsupported(std::string why) {
  return {NPUSPARSE_STATUS_NOT_SUPPORTED, std::move(why)};
}

// Runs `body` as the function `name`; a failure is logged (NPU_LOG=debug).
npusparseStatus_t entry(const char *name, const std::function<Outcome()> &body) noexcept;
// The same for functions of a handle: `body` gets a copy of its settings.
npusparseStatus_t entry(const char *name, npusparseHandle_t handle,
                        const std::function<Outcome(const Settings &)> &body) noexcept;

// Puts host work on the handle's stream. It may throw CommandFailure.
Outcome enqueue(const Settings &settings, std::function<void()> work);
// Does host work now, after everything that the stream holds: for results that the host asks for.
Outcome runNow(const Settings &settings, const std::function<void()> &work);
// Work whose result is host memory: done at the return, or by a launch of the graph that the stream
// is captured into.
Outcome enqueueForHost(const Settings &settings, std::function<void()> work);
// Ends a stream's work: indices that point outside their matrix.
[[noreturn]] void failOnIndices(const char *what);

// Checks of arguments; the first that fails is the outcome.
class Arguments {
public:
  Arguments &that(bool holds, const char *why) {
    if (result.ok() && !holds)
      result = invalid(why);
    return *this;
  }
  template <class T> Arguments &live(const char *name, const T *object) {
    return that(core::LiveSet<T>::instance().has(object), name);
  }
  // Device memory; nothing is asked of arguments that have no elements.
  Arguments &memory(const char *name, const void *data, int64_t elements, size_t elementBytes);
  bool ok() const { return result.ok(); }
  const Outcome &outcome() const { return result; }

private:
  Outcome result;
};

// Programs allocate the buffer that they are asked for and take a null pointer for a failure.
constexpr size_t kBufferBytes = 8;
inline Outcome giveBufferSize(size_t *bytes) {
  if (!bytes)
    return invalid("the buffer size's address is null");
  *bytes = kBufferBytes;
  return {};
}

} // namespace npu::sparse
