// OpenBLAS, found at run time: BLAS and LAPACK of the host by their Fortran and C names.
#pragma once

namespace npu::core {

// The routine's address; nullptr when the library or the routine is not there.
void *openblasRoutine(const char *name);

} // namespace npu::core
