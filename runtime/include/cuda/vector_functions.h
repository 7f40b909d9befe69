// CUDA's make_float4() and its like.
#include "vector_types.h"
