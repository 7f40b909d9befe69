// Everything that cufftXt.h offers is declared with cufft.h.
#ifndef _CUFFTXT_H_
#define _CUFFTXT_H_

#include "cufft.h"

#endif
