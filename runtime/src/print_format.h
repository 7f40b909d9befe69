// The text of one printf call of a kernel. Pure: no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace npu::core {

// Formats a record of npu/device_services.h (all of its words, in order) by C's rules, each
// argument read with the type that its conversion names. Conversions without an argument, and
// conversions that CUDA does not have (%n), are printed as they stand. A damaged record gives an
// empty text.
std::string formatPrint(const std::vector<uint64_t> &record);

} // namespace npu::core
