// NVTX 3 installs its header in a folder.
#include "../nvToolsExtCuda.h"
