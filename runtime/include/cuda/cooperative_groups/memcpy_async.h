// CUDA's copies by groups: the dialect's.
#include "../cooperative_groups.h"
#include "npu/cooperative_groups/memcpy_async.h"
