// Dense solvers of matrices that lie on several devices.
#ifndef CUSOLVERMG_H_
#define CUSOLVERMG_H_

#include "cusolver_common.h"

#endif
