// The parts of the standard library that kernels use: the host's own, whose constant functions work
// on both sides of a program. Also as npu::concurrency::std.
#ifndef NPU_STANDARD_H
#define NPU_STANDARD_H

#include "npu/concurrency.h"

#include <array>
#include <cassert>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#endif
