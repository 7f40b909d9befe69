// libcu++'s standard library becomes the host's, and compiles.
// RUN: rm -rf %t && cu2npu -q %s -o %t
// RUN: FileCheck %s --input-file %t/standard.cpp
// RUN: npucc -c -std=c++17 %t/standard.cpp -o %t/standard.o
// CHECK: #include <npu/standard.h>
// CHECK: npu::concurrency::std::tuple<T, int> pair
// CHECK: npu::concurrency::std::get<0>(pair) + thrust::cuda::one
// CHECK: ::npu::concurrency::barrier<::npu::concurrency::thread_scope_block> barrier;
#include <cuda/std/limits>
#include <cuda/std/tuple>
#include <cuda/std/type_traits>
#include <cuda/barrier>
namespace thrust {
namespace cuda {
constexpr int one = 1;
}
} // namespace thrust
template <class T> __global__ void least(T *out) {
  cuda::std::tuple<T, int> pair(cuda::std::numeric_limits<T>::lowest(), 3);
  if (cuda::std::is_same<T, float>::value)
    out[threadIdx.x] = cuda::std::get<0>(pair) + thrust::cuda::one;
  __shared__ ::cuda::barrier<::cuda::thread_scope_block> barrier;
  if (threadIdx.x == 0)
    init(&barrier, blockDim.x);
}
template __global__ void least<float>(float *);
