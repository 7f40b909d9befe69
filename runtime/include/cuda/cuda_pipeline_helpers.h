// Stands for cuda_pipeline.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_PIPELINE_HELPERS_H
#define NPU_CUDA_CUDA_PIPELINE_HELPERS_H

#include "cuda_pipeline.h"

#endif
