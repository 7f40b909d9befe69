// long double, which has 80 bits in 16 bytes on the host and is a double in device code: a value
// that one side leaves for the other would be another one there, and what lies behind it elsewhere.
#pragma once

#include "clang/AST/ASTConsumer.h"

#include <memory>

namespace npu {

// Makes kernels with parameters that are, hold or point to long doubles, and such variables of
// device code, errors. Within device code they may be used. Goes before what emits code.
std::unique_ptr<clang::ASTConsumer> refuseSharedLongDoubles();

} // namespace npu
