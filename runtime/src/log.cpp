// Environment options and the log. The tables here are never destroyed: threads of devices may
// still log while the process exits.
#include "log.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>

namespace npu::core {
namespace {

std::string environment(const char *name, const char *fallback) {
  const char *value = std::getenv(name);
  return value && *value ? value : fallback;
}

void writeLine(const std::string &line) {
  // One write, so that lines of several threads stay whole.
  const std::string text = "npu: " + line + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

LogLevel parseLevel(const std::string &text) {
  if (text == "off")
    return LogLevel::Off;
  if (text == "debug")
    return LogLevel::Debug;
  if (text == "trace")
    return LogLevel::Trace;
  if (text != "warning")
    writeLine("warning: NPU_LOG=" + text + " is unknown; use off, warning, debug or trace");
  return LogLevel::Warning;
}

} // namespace

const Options &options() {
  static const Options *const values = [] {
    auto *result = new Options;
#define OPTION(identifier, variable, fallback, accepted, summary)                                  \
  result->identifier = environment(#variable, fallback);
#include "options.def"
    return result;
  }();
  return *values;
}

bool logs(LogLevel level) {
  static const LogLevel chosen = parseLevel(options().log);
  return level <= chosen;
}

void log(LogLevel level, const std::string &line) {
  if (logs(level))
    writeLine(line);
}

void warnOnce(const std::string &line) {
  static std::mutex &mutex = *new std::mutex;
  static std::set<std::string> &written = *new std::set<std::string>;
  if (!logs(LogLevel::Warning))
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!written.insert(line).second)
      return;
  }
  writeLine(line);
}

} // namespace npu::core
