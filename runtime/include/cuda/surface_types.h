// CUDA's texture and surface types, which are among the runtime's.
#include "driver_types.h"
