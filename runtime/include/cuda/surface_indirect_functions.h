// Sources written for older toolkits name this header; what it offered is in cuda_runtime.h.
#include "cuda_runtime.h"
