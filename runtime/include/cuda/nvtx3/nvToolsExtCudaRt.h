// NVTX 3 installs its header in a folder.
#include "../nvToolsExtCudaRt.h"
