// CUDA's profiler switches are part of the driver API here.
#include "cuda.h"
