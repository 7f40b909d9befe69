// Definitions of API functions by their list of parameters (npu/api/blas_parameters.def).
//   BLAS_SIZED(Ssymv, SYMV, (symv<float>), (handle, uplo, n, ...), float)
// defines npublasSsymv and npublasSsymv_64, which call symv<float>("cublasSsymv...", handle, uplo,
// n, ...).
#pragma once

#include "npu/blas.h"

#include "npu/api/blas_parameters.def"

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name

#define BLAS_UNPACK(...) __VA_ARGS__
#define BLAS_PLAIN(name, list, function, arguments, ...)                                           \
  npublasStatus_t npublas##name NPU_BLAS_##list(__VA_ARGS__) {                                     \
    return function("cublas" #name, BLAS_UNPACK arguments);                                        \
  }
#define BLAS_SIZED(name, list, function, arguments, ...)                                           \
  npublasStatus_t npublas##name NPU_BLAS_##list(int, __VA_ARGS__) {                                \
    return function("cublas" #name, BLAS_UNPACK arguments);                                        \
  }                                                                                                \
  npublasStatus_t npublas##name##_64 NPU_BLAS_##list(int64_t, __VA_ARGS__) {                       \
    return function("cublas" #name "_64", BLAS_UNPACK arguments);                                  \
  }
