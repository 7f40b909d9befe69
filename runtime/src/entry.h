// The boundary that every API function goes through: tracing, the failed context, exceptions, and
// the thread's last error.
//
//   npuError_t npuMalloc(void **pointer, size_t bytes) {
//     return entry("npuMalloc", trace(pointer, bytes), [&] { return allocateMemory(...); });
//   }
#pragma once

#include "npu/runtime.h"
#include "npu/status.h"

#include "log.h"

#include <sstream>
#include <tuple>
#include <type_traits>

namespace npu::core {

// Arguments to be traced, by reference: they are formatted only when the log wants them.
template <class... Arguments>
std::tuple<const Arguments &...> trace(const Arguments &...arguments) {
  return std::tuple<const Arguments &...>(arguments...);
}

template <class Value> void formatArgument(std::ostream &out, const Value &value) {
  if constexpr (std::is_pointer_v<Value>)
    out << reinterpret_cast<const void *>(value);
  else if constexpr (std::is_enum_v<Value>)
    out << long(value);
  else if constexpr (std::is_arithmetic_v<Value>)
    out << value;
  else
    out << "{...}";
}
inline void formatArgument(std::ostream &out, const npuDim3 &value) {
  out << '(' << value.x << ", " << value.y << ", " << value.z << ')';
}
inline void formatArgument(std::ostream &out, const npuExtent &value) {
  out << '(' << value.width << ", " << value.height << ", " << value.depth << ')';
}

template <class... Arguments>
std::string formatArguments(const std::tuple<const Arguments &...> &arguments) {
  std::ostringstream out;
  std::apply(
      [&](const auto &...values) {
        [[maybe_unused]] const char *separator = "";
        ((out << separator, formatArgument(out, values), separator = ", "), ...);
      },
      arguments);
  return out.str();
}

enum class EntryRule {
  NeedsContext,   // fails at once when earlier asynchronous work failed
  Waits,          // says that earlier work failed when all has ended, callbacks as well
  WithoutContext, // works all the same
  WithoutDriver,  // and does not start the driver: what only tells versions
};

// Whether some call has started the driver, as all but those do. Any thread.
bool driverStarted();

// The Status to return instead of calling the body; success to go on.
Status beginEntry(EntryRule rule);
// Traces, keeps the thread's last error, gives the code. `arguments` is empty unless traced.
npuError_t endEntry(const char *name, const std::string &arguments, const Status &status);
// The Status of the exception that is being handled.
Status currentException() noexcept;

template <class... Arguments, class Body>
npuError_t entry(const char *name, const std::tuple<const Arguments &...> &arguments, Body body,
                 EntryRule rule = EntryRule::NeedsContext) noexcept {
  Status status;
  try {
    status = beginEntry(rule);
    if (status)
      status = body();
  } catch (...) {
    status = currentException();
  }
  try {
    return endEntry(name, logs(LogLevel::Trace) ? formatArguments(arguments) : std::string(),
                    status);
  } catch (...) {
    return status.code();
  }
}

// The thread's last error; npuErrorNotReady is an answer, not an error, and is never kept.
npuError_t lastError();
void clearLastError();
const char *errorName(npuError_t error);

} // namespace npu::core
