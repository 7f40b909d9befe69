// The outcome of an operation inside the runtime and its backends: an API error code and, when it
// is not success, one sentence saying what failed, where, and what to do. No exception crosses a
// library boundary; every function that can fail returns a Status.
#pragma once

#include "npu/types.h"

#include <string>
#include <utility>

namespace npu {

class [[nodiscard]] Status {
public:
  Status() = default; // success
  Status(npuError_t code, std::string message) : errorCode(code), text(std::move(message)) {}

  bool ok() const { return errorCode == npuSuccess; }
  explicit operator bool() const { return ok(); }
  npuError_t code() const { return errorCode; }
  // Empty when ok().
  const std::string &message() const { return text; }

private:
  npuError_t errorCode = npuSuccess;
  std::string text;
};

} // namespace npu
