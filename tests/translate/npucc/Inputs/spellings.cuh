#pragma once
template <class T, int N> __global__ void filled(T *x, T value) { x[threadIdx.x + N] = value; }
template <class T> void fill(T *x, cudaStream_t stream) {
  filled<T, 0> < < <dim3(1), dim3(4), 0, stream> > > (x, T(1));
  filled<T, (8 >> 1)> <<<1, (16 >> 2)>> >(x, T(2));
}

// No launch.
template <class T> struct Bits;
template <class T> int operator<< (int x, const Bits<T> &by);
template <class T> struct Bits {
  friend int operator<< <T>(int x, const Bits &by);
  friend int operator<< <>(int x, const Bits &by);
  T by;
};
template <class T> int operator<< (int x, const Bits<T> &bits) { return x << bits.by; }
