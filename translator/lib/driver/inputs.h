// The files on the command line: what each is, and whether it can be read.
#pragma once

#include "driver/settings.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu::driver {

enum class InputKind {
  CudaSource,    // cuda_runtime.h is included first
  NeutralSource, // C++ that itself includes <npu/kernel.h>: has kernels, knows no CUDA name
  CxxSource,
  CSource,
  Object,
  Archive,
  SharedLibrary
};

struct Input {
  std::string path;
  InputKind kind;

  bool isSource() const { return kind <= InputKind::CSource; }
  bool hasDeviceCode() const { return kind <= InputKind::NeutralSource; }
};

// Classifies by extension and -x, and checks that each file is readable and of the kind it claims.
llvm::Expected<std::vector<Input>> classifyInputs(const Settings &settings);

// Whether the text has `#include <npu/kernel.h>` (or "npu/kernel.h") outside comments and string
// literals. Conditions are not evaluated.
bool includesKernelHeader(llvm::StringRef source);

} // namespace npu::driver
