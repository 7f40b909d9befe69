// The BLAS header brings half numbers and complex ones with it, as CUDA's does.
// RUN: rm -rf %t && cu2npu -q %s -o %t && npucc -fatbin %t/blas_header.cpp -o %t/image
// RUN: npucc -c %t/blas_header.cpp -o %t/object.o
#include <cublas_v2.h>
typedef __nv_bfloat16 floatX;
__global__ void widen(float *out, const floatX *in, const half *more, cuComplex *z) {
  out[threadIdx.x] = (float)in[threadIdx.x] + (float)more[threadIdx.x];
  z[threadIdx.x] = make_cuComplex(1, 2);
}
