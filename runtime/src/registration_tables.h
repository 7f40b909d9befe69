// The writing side of the registration tables, and the configurations of launches that wait for
// their function. Only what implements launches in parts uses it.
#pragma once

#include "registration.h"

#include "npu/vector_types.h"

namespace npu::core {

void addFunction(const std::shared_ptr<Binary> &binary, const void *host, const char *name);
void addVariable(const std::shared_ptr<Binary> &binary, const void *host, const char *name);
void removeBinary(const std::shared_ptr<Binary> &binary);

// The calling thread's stack of configurations; false: out of host memory.
bool pushConfiguration(npuDim3 grid, npuDim3 block, size_t sharedBytes, void *stream);
// npuErrorMissingConfiguration when there is none.
npuError_t popConfiguration(npuDim3 &grid, npuDim3 &block, size_t &sharedBytes, void *&stream);

} // namespace npu::core
