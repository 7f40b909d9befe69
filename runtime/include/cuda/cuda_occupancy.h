// The toolkit's occupancy calculator. Thrust includes it and uses nothing of it; the runtime's
// cudaOccupancy... functions answer from this device's limits, so none of its functions is
// declared.
#ifndef NPU_CUDA_OCCUPANCY_H
#define NPU_CUDA_OCCUPANCY_H

#include "cuda_runtime_api.h"

#endif
