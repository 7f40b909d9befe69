// Errors: names, texts, and the calling thread's last error.
#include "entry.h"

#include "timeline.h"

using namespace npu;
using namespace npu::core;

namespace npu::core {

// The enumerators themselves, through the table that declares them.
const char *errorName(npuError_t error) {
  switch (error) {
#define ERROR(name, text, cudaText)                                                                \
  case npu##name:                                                                                  \
    return "npu" #name;
#include "error_texts.def"
  default:
    return "unrecognized error code";
  }
}

} // namespace npu::core

extern "C" {

const char *npuGetErrorName(npuError_t error) { return errorName(error); }

const char *npuGetErrorString(npuError_t error) {
  switch (error) {
#define ERROR(name, text, cudaText)                                                                \
  case npu##name:                                                                                  \
    return text;
#include "error_texts.def"
  default:
    return "unrecognized error code";
  }
}

// What untouched CUDA programs print is CUDA's own: a text that a program or its tests compare must
// not change with the library. docs/decisions/0001.
const char *cudaGetErrorName(npuError_t error) {
  switch (error) {
#define ERROR(name, text, cudaText)                                                                \
  case npu##name:                                                                                  \
    return "cuda" #name;
#include "error_texts.def"
  default:
    return "unrecognized error code";
  }
}

const char *cudaGetErrorString(npuError_t error) {
  switch (error) {
#define ERROR(name, text, cudaText)                                                                \
  case npu##name:                                                                                  \
    return cudaText;
#include "error_texts.def"
  default:
    return "unrecognized error code";
  }
}

// A failed context stays the last error of every thread; other errors are cleared by being read.
npuError_t npuGetLastError(void) {
  const Status failed = contextFailure();
  const npuError_t error = failed ? lastError() : failed.code();
  clearLastError();
  if (logs(LogLevel::Trace))
    log(LogLevel::Trace, std::string("npuGetLastError() = ") + errorName(error));
  return error;
}

npuError_t npuPeekAtLastError(void) {
  const Status failed = contextFailure();
  return failed ? lastError() : failed.code();
}

} // extern "C"
