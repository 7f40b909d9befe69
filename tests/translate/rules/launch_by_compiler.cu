// Where only the compiler can say which kernel a launch means, the choice is left to it.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/launch_by_compiler.cpp
// RUN: npucc -std=c++17 %t/launch_by_compiler.cpp -o %t/program && %t/program | FileCheck %s --check-prefix RAN
// RUN: cu2npu -q %t/launch_by_compiler.cpp -o %t/again && diff %t/launch_by_compiler.cpp %t/again/launch_by_compiler.cpp
#include <stdio.h>
struct Pair {
  int a, b;
};
template <class T> __global__ void deduced(const T *x, float *y, Pair p, T extra = 7) {
  printf("deduced %d %d %d %d %d\n", int(sizeof(T)), int(x[1]), y == nullptr, p.b, int(extra));
}
template <int N, class T> __global__ void partial(T *x) { printf("partial %d %d\n", N, int(x[1])); }
template <class A, class B> __global__ void two(A a, B b) { printf("two %d\n", int(a + b)); }
__global__ void picked(int *x) { printf("int %d\n", *x); }
__global__ void picked(double *x) { printf("double %d\n", int(*x)); }
template <class F> __global__ void apply(F f) { f(); }
template <class... All> __global__ void any(All... all) { printf("any %d\n", int(sizeof...(all))); }
struct Policy {
  static __global__ void plain(int x, int y = 5) { printf("plain %d %d\n", x, y); }
  template <class T> static __global__ void made(T x) { printf("made %d\n", int(sizeof(x))); }
};
// CHECK: #define RUN(kernel, ...) NPU_LAUNCH((kernel), (1, 1), ##__VA_ARGS__)
#define RUN(kernel, ...) kernel<<<1, 1>>>(__VA_ARGS__)

template <class T, class Rules> void inTemplate(T *x, cudaStream_t stream) {
  dim3 grid(1);
  // CHECK: NPU_LAUNCH(deduced, (grid, 1, 0, stream), x, NULL, {1, 2});
  deduced<<<grid, 1, 0, stream>>>(x, NULL, {1, 2});
  // CHECK: NPU_LAUNCH(deduced<T>, (npu::dim3(1, 1), 1), x, 0, Pair{3, 4}, T(9));
  deduced<T><<<dim3(1, 1), 1, 0, 0>>>(x, 0, Pair{3, 4}, T(9));
  // CHECK: NPU_LAUNCH(partial<4>, (1, 1), x);
  partial<4><<<1, 1>>>(x);
  // CHECK: NPU_LAUNCH((two<T, T>), (1, 1), x[0], 1);
  two<T, T><<<1, 1>>>(x[0], 1);
  // CHECK: NPU_LAUNCH(picked, (1, 1), x);
  picked<<<1, 1>>>(x);
  // CHECK: NPU_LAUNCH(any,
  // CHECK-NEXT: (1, 1), x, 'c', 2.0);
  any
      <<<1, 1>>>(x, 'c', 2.0);
  // CHECK: NPU_LAUNCH(Rules::plain, (1, 1), 3);
  Rules::plain<<<1, 1>>>(3);
  // CHECK: NPU_LAUNCH(Rules::template made, (1, 1), *x);
  Rules::template made<<<1, 1>>>(*x);
  auto [first, second] = Pair{int(*x), 6};
  // CHECK: NPU_LAUNCH(two, (1, 1), first, x[1]);
  two<<<1, 1>>>(first, x[1]);
}

int main() {
  double *x;
  cudaMallocManaged(&x, 16);
  x[0] = 11, x[1] = 12;
  inTemplate<double, Policy>(x, nullptr);
  // CHECK: NPU_LAUNCH(apply, (1, 1), [] NPU_DEVICE { printf("lambda\n"); });
  apply<<<1, 1>>>([] __device__ { printf("lambda\n"); });
  int *n = (int *)x;
  RUN(picked, x);
  cudaDeviceSynchronize();
  *n = 21;
  RUN(picked, n);
  return cudaDeviceSynchronize();
}
// RAN: deduced 8 12 1 2 7
// RAN-NEXT: deduced 8 12 1 4 9
// RAN-NEXT: partial 4 12
// RAN-NEXT: two 12
// RAN-NEXT: double 11
// RAN-NEXT: any 3
// RAN-NEXT: plain 3 5
// RAN-NEXT: made 8
// RAN-NEXT: two 23
// RAN-NEXT: lambda
// RAN-NEXT: double 11
// RAN-NEXT: int 21
