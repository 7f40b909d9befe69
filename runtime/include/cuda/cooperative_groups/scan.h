// CUDA's prefix sums over groups: the dialect's.
#include "../cooperative_groups.h"
#include "npu/cooperative_groups/scan.h"
