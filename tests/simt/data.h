// What a kernel reads and writes, on the interpreter and on the engine.
#pragma once

#include "generator/kernel.h"

#include <cstdint>
#include <string>
#include <vector>

namespace simt {

using Bytes = std::vector<uint8_t>;

// The arrays that kernels read, in the order of the prelude's struct Inputs.
const std::vector<Bytes> &inputs();
// Where a kernel's pointer points in such an array.
uint64_t inputOffset(size_t array);

// The arrays that kernels write, in the order of structs Outputs and Sums, before the launch.
std::vector<Bytes> outputs(const Shape &shape);

// Struct Record, and the parameter n.
Bytes record();
Bytes count();

// The kernel's arguments in their form in memory, with these addresses of the arrays' first bytes.
std::vector<Bytes> arguments(const std::vector<uint64_t> &inputAddresses,
                             const std::vector<uint64_t> &outputAddresses);

// Empty: all bytes are equal. Else the first difference.
std::string difference(const std::vector<Bytes> &expected, const std::vector<Bytes> &got);

} // namespace simt
