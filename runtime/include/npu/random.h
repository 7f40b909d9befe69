// Random numbers in bulk, to device memory in the order of a stream, or to host memory at once.
// C and C++. Generators: XORWOW (default), MRG32k3a, Philox4x32-10, MT19937, and Sobol sequences of
// 32 and 64 bits, plain and scrambled. What a generator gives depends on its type, seed and offset
// alone. A generator may be used by one thread at a time.
#ifndef NPU_RANDOM_H
#define NPU_RANDOM_H

#include "npu/api/hold_macros.def"

#include "npu/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_RAND(name) npurand##name
#define NPU_RAND_E(name) NPURAND_##name
#include "npu/api/random_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npurandStatus_t neutral parameters;
#define GAP(cuda, reason)
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
