// Names of a library whose header nobody includes, in macros that nobody expands; other unknown names are
// still said to be unknown.
// RUN: rm -rf %t && not cu2npu -q %s -o %t 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: FileCheck %s --input-file %t/absent_library.cpp --match-full-lines --strict-whitespace
#define CHECK_BLAS(call)                                                                           \
  { cublasStatus_t status = (call); if (status != CUBLAS_STATUS_SUCCESS) abort(); }
//CHECK:  { npublasStatus_t status = (call); if (status != NPUBLAS_STATUS_SUCCESS) abort(); }
#define CHECK_RANDOM(call) (curandStatus_t(call) == CURAND_STATUS_SUCCESS)
//CHECK:#define CHECK_RANDOM(call) (npurandStatus_t(call) == NPURAND_STATUS_SUCCESS)
#define NOT_CUDA(call) cudaPleaseDo(call)
// UNKNOWN-NOT: cublas
// UNKNOWN: 'cudaPleaseDo' is not a CUDA name known here
// UNKNOWN-NOT: curand
__global__ void kernel() {}
