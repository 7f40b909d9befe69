// A name that may be CUDA's or the program's own is left to the person who knows.
// RUN: rm -rf %t && sh -c 'cu2npu -q %s -o %t; echo status $?' > %t.log 2>&1
// RUN: FileCheck %s --input-file %t.log
// CHECK: ambiguous.cu:[[@LINE+4]]:{{[0-9]+}}: error: 'atomicAdd' may be CUDA's or this program's own; {{.*}} [npu-ambiguous]
// CHECK: status 1
struct Pair {};
__device__ Pair atomicAdd(Pair *p, Pair v) { return v; }
template <class T> __device__ T add(T *p, T v) { return atomicAdd(p, v); }
