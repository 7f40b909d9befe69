// Factorisations anew of sparse matrices.
#ifndef CUSOLVERRF_H_
#define CUSOLVERRF_H_

#include "cusolver_common.h"

#endif
