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
#define GROUP(title)
#define API(cuda, neutral, parameters, status)                                                     \
  typedef CUresult(CUDAAPI *npuPointerTo_##cuda) parameters;
#define GAP(cuda, reason)
#include "npu/api/driver.def"
#undef GROUP
#undef API
#undef GAP
#undef NPU_T
#undef NPU_C
#undef NPU_DRV

#define VERSION(symbol, version, row) typedef npuPointerTo_##row PFN_##symbol##_v##version;
#define LATEST(symbol, version, row)                                                               \
  typedef npuPointerTo_##row PFN_##symbol##_v##version;                                            \
  typedef npuPointerTo_##row PFN_##symbol;
#include "npu/api/driver_versions.def"
typedef npuPointerTo_cuProfilerStart PFN_cuProfilerStart_v4000, PFN_cuProfilerStart;
typedef npuPointerTo_cuProfilerStop PFN_cuProfilerStop_v4000, PFN_cuProfilerStop;

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
