// CUDA's spelling of npu/float6.h, which has both sizes.
#include "cuda_fp6.h"
