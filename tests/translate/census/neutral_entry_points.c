// Every row of the API tables under its neutral name.
#include "entry_points.h"
#include "npu/blas.h"
#include "npu/blas_lt.h"
#include "npu/blas_xt.h"
#include "npu/collectives.h"
#include "npu/dnn.h"
#include "npu/driver.h"
#include "npu/fft.h"
#include "npu/graphics.h"
#include "npu/random.h"
#include "npu/runtime.h"
#include "npu/runtime_compiler.h"
#include "npu/solver.h"
#include "npu/sparse.h"

#define NPU_ENTRY_POINTS kNeutralEntryPoints
#define ENTRY(cuda, neutral) {#cuda, (void (*)(void))neutral},
#include "entry_points.def"
