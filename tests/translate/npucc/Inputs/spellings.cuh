#pragma once
template <class T, int N> __global__ void filled(T *x, T value) { x[threadIdx.x + N] = value; }
template <class T> void fill(T *x, cudaStream_t stream) {
  filled<T, 0> < < <dim3(1), dim3(4), 0, stream> > > (x, T(1));
  filled<T, (8 >> 1)> <<<1, (16 >> 2)>> >(x, T(2));
}
