// CUDA's surface types; surfaces themselves are not supported.
#include "driver_types.h"
