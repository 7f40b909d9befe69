// Element formats and version parts that the library APIs (BLAS, DNN) share; C and C++.
#ifndef NPU_LIBRARY_TYPES_H
#define NPU_LIBRARY_TYPES_H

#define NPU_T(name) npu##name
#define NPU_DATA(name) NPU_##name
#define NPU_PROPERTY(name) NPU_##name
#define NPU_LIBRARY_PROPERTY(suffix) npuLibraryPropertyType##suffix
#include "npu/api/library_types.def"
#undef NPU_T
#undef NPU_DATA
#undef NPU_PROPERTY
#undef NPU_LIBRARY_PROPERTY

#endif
