// cuRAND's spelling of npu/random.h.
#ifndef CURAND_H_
#define CURAND_H_

#include "npu/api/hold_macros.def"

#include "cuda_runtime.h"
#include "npu_gap.h"

#define CURAND_VERSION 10309
#define CURANDAPI

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_RAND(name) curand##name
#define NPU_RAND_E(name) CURAND_##name
#include "npu/api/random_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) curandStatus_t cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(curandStatus_t, cuda, NPU_ANYTHING, reason)
#include "npu/api/random.def"
#undef GROUP
#undef API
#undef GAP
#undef NPU_T
#undef NPU_RAND
#undef NPU_RAND_E

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
