// Loops over elements are compiled once for each generation of vector units that x86-64 names, and
// the processor decides at load time. The values are the same in each: the whole backend is
// compiled without contraction into fused multiply-adds (CMakeLists.txt).
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Everything that the function calls is compiled into its clones.
#define NPU_VECTOR_CLONES                                                                          \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), flatten))
#else // sanitizers are not ready when the choice is made
#define NPU_VECTOR_CLONES
#endif
