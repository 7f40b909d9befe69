// Launches keep the text of every part; only what a launch by name needs is added.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/launch.cpp
// RUN: %clangxx -x cuda --cuda-host-only -nocudainc -nocudalib -fsyntax-only -std=c++17 -w -I %npu_include %t/launch.cpp
// CHECK: #include <npu/kernel.h>
#include <stddef.h>
namespace app {
__global__ void plain(float *x, int n) {}
struct Owner {
  static __global__ void member(float *x);
};
} // namespace app
template <class T, int N> __global__ void typed(T *x) {}
template <class T> __global__ void deduced(T *x, int n) {}
__global__ void several(int *x) {}
__global__ void several(float *x) {}
__global__ void withDefault(float *x, int n = 3, cudaStream_t s = nullptr) {}
__global__ void deducedNot(float *x) {}
__global__ void none() {}
// CHECK: #define LAUNCH(kernel, ...) npu::launch(kernel, {1, 2}, ##__VA_ARGS__)
#define LAUNCH(kernel, ...) kernel<<<1, 2>>>(__VA_ARGS__)
// CHECK: #define CONFIGURED(kernel, argument)
// CHECK-NEXT: npu::launch(kernel, {npu::dim3(1, 2), 64}, argument) // trailing
#define CONFIGURED(kernel, argument) \
  kernel<<<dim3(1, 2), 64>>>(argument) // trailing

template <class T> void inTemplate(T *x, cudaStream_t stream) {
  // CHECK: npu::launch(typed<T, 4>, {1, sizeof(T)}, x);
  typed<T, 4><<<1, sizeof(T)>>>(x);
}

void good(float *x, int *y, int bytes, cudaStream_t stream) {
  dim3 grid(2), block(3);
  // CHECK: npu::launch(app::plain, {grid, block, bytes, stream}, x, 1 + 2);
  app::plain<<<grid, block, bytes, stream>>>(x, 1 + 2);
  // CHECK: npu::launch(app::plain, {grid, block}, x /* here */, 3);
  app::plain<<<grid, block, 0, 0>>>(x /* here */, 3);
  // CHECK: npu::launch(::app::plain, {1, 2, 0, stream}, NULL, 3);
  ::app::plain<<<1, 2, 0, stream>>>(NULL, 3);
  // CHECK: npu::launch(none, {1, 1});
  none<<<1, 1>>>();
  // CHECK: npu::launch(typed<float, 8>,
  // CHECK-NEXT: {1, 2 /*threads*/}, x);
  typed<float, 8>
      <<<1, 2 /*threads*/>>>(x);
  // CHECK: npu::launch(deduced<float>, {1, 2}, x, 5);
  deduced<<<1, 2>>>(x, 5);
  // CHECK: npu::launch(static_cast<void (*)(int *)>(several), {1, 2}, y);
  several<<<1, 2>>>(y);
  // CHECK: npu::launch(withDefault, {1, 2}, x, 3, nullptr);
  withDefault<<<1, 2>>>(x);
  void (*pointer)(float *, int) = app::plain;
  void (*table[])(float *, int) = {app::plain};
  // CHECK: npu::launch(pointer, {1, 2}, x, 1);
  pointer<<<1, 2>>>(x, 1);
  // CHECK: npu::launch((*pointer), {1, 2}, x, 1);
  (*pointer)<<<1, 2>>>(x, 1);
  // CHECK: npu::launch(table[0], {1, 2}, x, 1);
  table[0]<<<1, 2>>>(x, 1);
  LAUNCH(none);
  CONFIGURED(deducedNot, x);
  inTemplate(x, stream);
}
