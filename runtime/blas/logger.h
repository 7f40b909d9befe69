// The BLAS log: NPU_LOG for the process, and cuBLAS's own logger (file, stdout, stderr, callback).
#pragma once

#include <string>

namespace npu::blas {

// One finished call: traced when NPU_LOG=trace; a failure also at NPU_LOG=debug and to the logger.
void logCall(const char *name, const char *statusName, const std::string &message);

} // namespace npu::blas
