// A part of cuDNN's header; the whole is in cudnn.h.
#include "cudnn.h"
