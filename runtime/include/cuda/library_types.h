// CUDA-compatible spelling of npu/library_types.h: cudaDataType and libraryPropertyType.
#ifndef __LIBRARY_TYPES_H__
#define __LIBRARY_TYPES_H__

#define NPU_T(name) cuda##name
#define NPU_DATA(name) CUDA_##name
#define NPU_PROPERTY(name) name
#define NPU_LIBRARY_PROPERTY(suffix) libraryPropertyType##suffix
#include "npu/api/library_types.def"
#undef NPU_T
#undef NPU_DATA
#undef NPU_PROPERTY
#undef NPU_LIBRARY_PROPERTY

#endif
