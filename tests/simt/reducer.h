// Cuts a kernel with a wrong result down while its result stays wrong, and prints what is left.
#pragma once

#include "check.h"

namespace simt {

// False: its result is right. Each attempt is a process of its own.
bool reduce(Kernel kernel, Lowering lowering, unsigned optimize);

} // namespace simt
