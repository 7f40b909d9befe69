// The diagnostics for other tools: JSON of our own, and SARIF 2.1.0 (OASIS), which code review and
// continuous integration systems read.
#pragma once

#include "diagnostics.h"

#include <string>

namespace npu {

std::string diagnosticsJson(const Diagnostics &diagnostics);
std::string diagnosticsSarif(const Diagnostics &diagnostics);

} // namespace npu
