// Types of pointers to the driver API's functions, for what npudrvGetProcAddress and
// npuGetDriverEntryPoint find: NPUPFN_<function>_v<version>, by the names that one asks for. C and
// C++.
#ifndef NPU_DRIVER_POINTERS_H
#define NPU_DRIVER_POINTERS_H

#include "npu/api/hold_macros.def"

#include "npu/driver.h"

#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#define NPU_DRV(name) npudrv_##name
#define NPU_PFN(name) NPUPFN_##name
#define NPU_ROW_PFN(name) npuPointerTo_##name
#include "npu/api/driver_pointers.def"
#undef NPU_T
#undef NPU_C
#undef NPU_DRV
#undef NPU_PFN
#undef NPU_ROW_PFN

#include "npu/api/release_macros.def"

#endif
