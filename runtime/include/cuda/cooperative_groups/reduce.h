// CUDA's reductions over groups: the dialect's.
#include "../cooperative_groups.h"
#include "npu/cooperative_groups/reduce.h"
