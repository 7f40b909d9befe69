// What collectives do with elements.
#pragma once

#include "npu/collectives.h"

#include <vector>

namespace npu::collectives {

// 0: no such type.
size_t bytesOf(npucclDataType_t type);
bool isOperator(npucclRedOp_t op);

// Each of `outputs` gets the reduction of the first `count` elements of all `inputs`, in the
// inputs' order. An output that is an input is whole at the end, too. Integers wrap; the mean of
// integers is their sum divided towards zero.
void reduce(npucclDataType_t type, npucclRedOp_t op, const std::vector<const void *> &inputs,
            const std::vector<void *> &outputs, size_t count);

} // namespace npu::collectives
