// Sources written for older toolkits name this header; nothing of it is left to configure.
#include "host_defines.h"
