// How the CUDA headers declare what is known and not supported: a program that can do without
// compiles, is warned where it calls, and gets the library's "not supported" from the call. The
// functions are in runtime/src/gaps.cpp; each ignores what it is given, so that parameters need not
// be known.
#ifndef NPU_CUDA_GAP_H
#define NPU_CUDA_GAP_H

#define NPU_GAP(type, cuda, parameters, reason)                                                    \
  type cuda parameters __asm__("npuGap_" #cuda)                                                    \
      __attribute__((warning("not supported, and returns an error: " reason " [npu-gap]")));

// A parameter list that takes anything.
#ifdef __cplusplus
#define NPU_ANYTHING (...)
#else
#define NPU_ANYTHING ()
#endif

#endif
