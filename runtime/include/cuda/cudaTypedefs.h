// Types of pointers to the driver API's functions, for what cuGetProcAddress and
// cudaGetDriverEntryPoint find: PFN_<function>_v<version of CUDA>, and PFN_<function> for the last
// one up to CUDA_VERSION.
#ifndef NPU_CUDA_TYPEDEFS_H
#define NPU_CUDA_TYPEDEFS_H

#include "npu/api/hold_macros.def"

#include "cuda.h"

#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_DRV(name) CU##name
#define NPU_PFN(name) PFN_##name
#define NPU_ROW_PFN(name) npuPointerTo_##name
#include "npu/api/driver_pointers.def"
#undef NPU_T
#undef NPU_C
#undef NPU_DRV
#undef NPU_PFN
#undef NPU_ROW_PFN

// Never found: cudaGetDriverEntryPoint says so.
typedef CUresult(CUDAAPI *PFN_cuTensorMapEncodeTiled_v12000)(
    CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
    const cuuint64_t *sizes, const cuuint64_t *strides, const cuuint32_t *box,
    const cuuint32_t *elementStrides, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
    CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill);
typedef CUresult(CUDAAPI *PFN_cuTensorMapEncodeIm2col_v12000)(
    CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
    const cuuint64_t *sizes, const cuuint64_t *strides, const int *lowerCorner,
    const int *upperCorner, cuuint32_t channelsPerPixel, cuuint32_t pixelsPerColumn,
    const cuuint32_t *elementStrides, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
    CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill);
typedef CUresult(CUDAAPI *PFN_cuTensorMapReplaceAddress_v12000)(CUtensorMap *map, void *address);
#define PFN_cuTensorMapEncodeTiled PFN_cuTensorMapEncodeTiled_v12000
#define PFN_cuTensorMapEncodeIm2col PFN_cuTensorMapEncodeIm2col_v12000
#define PFN_cuTensorMapReplaceAddress PFN_cuTensorMapReplaceAddress_v12000

#include "npu/api/release_macros.def"

#endif
