// What the toolkit keeps in this file is in cuda_awbarrier.h.
#include "cuda_awbarrier.h"
