// CUDA's profiler switches are part of the runtime API here.
#include "cuda_runtime_api.h"
