// CUDA's texture types; textures themselves are not supported.
#include "driver_types.h"
