// CUDA's name for the header behind cuda_pipeline.h.
#include "cuda_pipeline.h"
