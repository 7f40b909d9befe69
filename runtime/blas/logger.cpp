// Where BLAS log lines go. A callback is called without the logger's lock.
#include "logger.h"
#include "blas_context.h"
#include "src/log.h"

#include <cstdio>
#include <mutex>

namespace npu::blas {
namespace {

struct Logger {
  std::mutex mutex; // guards everything below
  bool on = false, toStdout = false, toStderr = false;
  FILE *file = nullptr;
  npublasLogCallback callback = nullptr;
};

Logger &logger() {
  static Logger *instance = new Logger; // never destroyed: see registry()
  return *instance;
}

void toLogger(const std::string &line) {
  Logger &log = logger();
  npublasLogCallback callback = nullptr;
  {
    std::lock_guard<std::mutex> lock(log.mutex);
    if (!log.on)
      return;
    if (log.toStdout)
      std::fprintf(stdout, "%s\n", line.c_str());
    if (log.toStderr)
      std::fprintf(stderr, "%s\n", line.c_str());
    if (log.file) {
      std::fprintf(log.file, "%s\n", line.c_str());
      std::fflush(log.file);
    }
    callback = log.callback;
  }
  if (callback)
    callback(line.c_str());
}

} // namespace

void logDebug(const std::string &line) { core::log(core::LogLevel::Debug, line); }

void logCall(const char *name, const char *statusName, const std::string &message) {
  const std::string line =
      std::string(name) + ": " + statusName + (message.empty() ? "" : ": " + message);
  core::log(message.empty() ? core::LogLevel::Trace : core::LogLevel::Debug, line);
  toLogger(line);
}

} // namespace npu::blas

using namespace npu::blas;

npublasStatus_t npublasLoggerConfigure(int logIsOn, int logToStdOut, int logToStdErr,
                                       const char *logFileName) {
  return blasEntry("cublasLoggerConfigure", [&]() -> Outcome {
    FILE *file = nullptr;
    if (logFileName && !(file = std::fopen(logFileName, "w")))
      return invalid(std::string("cannot write the log file ") + logFileName);
    Logger &log = logger();
    std::lock_guard<std::mutex> lock(log.mutex);
    if (log.file)
      std::fclose(log.file);
    log.file = file;
    log.on = logIsOn;
    log.toStdout = logToStdOut;
    log.toStderr = logToStdErr;
    return {};
  });
}

npublasStatus_t npublasSetLoggerCallback(npublasLogCallback userCallback) {
  return blasEntry("cublasSetLoggerCallback", [&]() -> Outcome {
    Logger &log = logger();
    std::lock_guard<std::mutex> lock(log.mutex);
    log.callback = userCallback;
    log.on = log.on || userCallback;
    return {};
  });
}

npublasStatus_t npublasGetLoggerCallback(npublasLogCallback *userCallback) {
  return blasEntry("cublasGetLoggerCallback", [&]() -> Outcome {
    if (!userCallback)
      return invalid("the callback's address is null");
    Logger &log = logger();
    std::lock_guard<std::mutex> lock(log.mutex);
    *userCallback = log.callback;
    return {};
  });
}
