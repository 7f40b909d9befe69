// The sparse part of cuSOLVER.
#ifndef CUSOLVERSP_H_
#define CUSOLVERSP_H_

#include "cusolver_common.h"

#endif
