// Element types that arguments name.
#pragma once

#include "context.h"

namespace npu::solver {

// Calls `body` with a number of the type that all of `types` name.
template <class Body>
Outcome byType(npuDataType type, std::initializer_list<npuDataType> others, Body body) {
  for (npuDataType other : others)
    if (other != type)
      return unsupported("the element types differ");
  switch (type) {
  case NPU_R_32F:
    return body(float());
  case NPU_R_64F:
    return body(double());
  case NPU_C_32F:
    return body(C32());
  case NPU_C_64F:
    return body(C64());
  default:
    return unsupported("the element type is none of R_32F, R_64F, C_32F and C_64F");
  }
}
inline npuDataType realOf(npuDataType type) {
  return type == NPU_C_32F ? NPU_R_32F : type == NPU_C_64F ? NPU_R_64F : type;
}

} // namespace npu::solver
