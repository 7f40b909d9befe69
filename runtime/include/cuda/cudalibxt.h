// Declared with cufft.h.
#include "cufft.h"
