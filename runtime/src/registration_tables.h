// The writing side of the registration tables; only registration_abi.cpp uses it.
#pragma once

#include "registration.h"

namespace npu::core {

void addFunction(const std::shared_ptr<Binary> &binary, const void *host, const char *name);
void addVariable(const std::shared_ptr<Binary> &binary, const void *host, const char *name);
void removeBinary(const std::shared_ptr<Binary> &binary);

} // namespace npu::core
