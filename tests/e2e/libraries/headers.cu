// Headers of CUDA's that programs include besides cuda_runtime.h: each is there and does what it is
// for, in kernels and on the host. Compiled as C++14, 17 and 20.
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda/access_property>
#include <cuda/annotated_ptr>
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/bit>
#include <cuda/cmath>
#include <cuda/functional>
#include <cuda/latch>
#include <cuda/numeric>
#include <cuda/pipeline>
#include <cuda/ptx>
#include <cuda/semaphore>
#include <cuda/std/array>
#include <cuda/std/barrier>
#include <cuda/std/bit>
#include <cuda/std/bitset>
#include <cuda/std/cfloat>
#include <cuda/std/chrono>
#include <cuda/std/complex>
#include <cuda/std/cstdint>
#include <cuda/std/ctime>
#include <cuda/std/functional>
#include <cuda/std/latch>
#include <cuda/std/limits>
#include <cuda/std/mdspan>
#include <cuda/std/memory>
#include <cuda/std/numeric>
#include <cuda/std/optional>
#include <cuda/std/ranges>
#include <cuda/std/semaphore>
#include <cuda/std/source_location>
#include <cuda/std/span>
#include <cuda/std/tuple>
#include <cuda/std/type_traits>
#include <cuda/std/utility>
#include <cuda/std/variant>
#include <cuda/stream_ref>
#include <cuda/type_traits>
#include <cuda/utility>
#include <cuda/version>
#include <cudaProfiler.h>
#include <cuda_awbarrier.h>
#include <cuda_fp8.hpp>
#include <cuda_occupancy.h>
#include <cuda_profiler_api.h>
#include <cuda_texture_types.h>
#include <cudart_platform.h>
#include <curand_normal.h>
#include <curand_uniform.h>
#include <device_functions.h>
#include <driver_functions.h>
#include <math_functions.h>
#include <nvToolsExtCuda.h>
#include <nvToolsExtCudaRt.h>
#include <nvml.h>
#include <nvtx3/nvtx3.hpp>
#include <sm_20_atomic_functions.hpp>
#include <sm_60_atomic_functions.hpp>
#include <texture_fetch_functions.h>
#include <vector_functions.hpp>

#include "../api/expect.h"

#include <cstring>

constexpr int kThreads = 64;

// Each warp counts down for the others, and waits for them.
__global__ void latches(cuda::latch<cuda::thread_scope_device> *done, int *sum, int *seen) {
  atomicAdd(sum, 1);
  __threadfence();
  done->count_down();
  done->wait();
  seen[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(sum, 0);
}
__global__ void semaphores(cuda::binary_semaphore<cuda::thread_scope_device> *lock,
                           volatile int *count) {
  lock->acquire();
  *count = *count + 1;
  __threadfence();
  lock->release();
}

__global__ void oldBarriers(int *out) {
  using nvcuda::experimental::awbarrier;
  __shared__ awbarrier barrier;
  __shared__ __mbarrier_t plain;
  __shared__ int values[kThreads];
  if (threadIdx.x == 0) {
    init(&barrier, blockDim.x);
    __mbarrier_init(&plain, blockDim.x);
  }
  __syncthreads();
  values[threadIdx.x] = threadIdx.x;
  awbarrier::arrival_token token = barrier.arrive();
  barrier.wait(token);
  const int other = values[kThreads - 1 - threadIdx.x];
  __mbarrier_token_t arrived = __mbarrier_arrive(&plain);
  while (!__mbarrier_test_wait(&plain, arrived)) {
  }
  values[threadIdx.x] = other + 1;
  barrier.arrive_and_wait();
  out[threadIdx.x] = values[kThreads - 1 - threadIdx.x];
}

__global__ void pointers(const int *in, int *out) {
  cuda::annotated_ptr<const int, cuda::access_property::persisting> from{in};
  cuda::annotated_ptr<int, cuda::access_property::streaming> to{out};
  cuda::apply_access_property(in, sizeof(int), cuda::access_property::persisting{});
  to[threadIdx.x] = from[threadIdx.x] + int(cuda::ptx::get_sreg_tid_x()) +
                    int(cuda::ptx::get_sreg_laneid()) + cuda::ceil_div(7, 2);
}

#if __cplusplus >= 201703L
using Matrix = cuda::std::mdspan<float, cuda::std::dextents<int, 2>>;
using Fixed = cuda::std::mdspan<float, cuda::std::extents<int, 4, cuda::std::dynamic_extent>,
                                cuda::std::layout_left>;
static __host__ __device__ float trace(Matrix m) {
  float sum = 0;
  for (int i = 0; i < m.extent(0) && i < m.extent(1); ++i)
    sum += m(i, i);
  return sum;
}
__global__ void views(float *data, float *out) {
  Matrix m(data, 4, 6);
  if (threadIdx.x < 24)
    m(threadIdx.x / 6, threadIdx.x % 6) = threadIdx.x;
  __syncthreads();
  if (threadIdx.x)
    return;
  out[0] = trace(m);
  Fixed columns(data, 6);
  out[1] = columns(3, 5) + columns.stride(1) + m.stride(0);
  cuda::std::optional<int> maybe = 3;
  cuda::std::array<int, 2> at = {1, 2};
  out[2] = *maybe + m[at];
}
#endif

__global__ void parts(float *out) {
  cuda::std::tuple<int, float> pair(1, 2.5f);
  cuda::std::complex<float> i(0, 1);
  out[0] = cuda::std::get<1>(pair) + (i * i).real() + cuda::std::numeric_limits<int8_t>::max();
  out[1] = cuda::std::plus<float>()(1, 2) + float(cuda::std::is_same<int, int>::value) + FLT_RADIX;
  cuda::std::uint32_t bits = 5;
  out[2] = float(cuda::std::popcount(bits));
}

static void onHost() {
  NVTX3_FUNC_RANGE();
  nvtx3::scoped_range inner("inner", nvtx3::rgb{1, 2, 3}, nvtx3::payload{4});
  nvtx3::mark("mark");
  nvtxNameCudaDevice(0, "device");
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  nvtxNameCudaStreamA(stream, "stream");
  cuda::stream_ref ref(stream);
  ref.wait();
  EXPECT(ref.ready() && ref.get() == stream);
  OK(cudaStreamDestroy(stream));
  const cudaExtent extent = make_cudaExtent(1, 2, 3);
  EXPECT(extent.depth == 3 && make_float4(1, 2, 3, 4).w == 4);

  unsigned count = 0, number = 7, power = 1;
  nvmlDevice_t device, none;
  EXPECT(nvmlInit() == NVML_SUCCESS && nvmlDeviceGetCount(&count) == NVML_SUCCESS && count >= 1);
  EXPECT(nvmlDeviceGetHandleByIndex(count, &none) == NVML_ERROR_INVALID_ARGUMENT);
  EXPECT(nvmlDeviceGetHandleByIndex(0, &device) == NVML_SUCCESS);
  char name[NVML_DEVICE_NAME_BUFFER_SIZE], little[2];
  cudaDeviceProp properties;
  OK(cudaGetDeviceProperties(&properties, 0));
  EXPECT(nvmlDeviceGetName(device, name, sizeof name) == NVML_SUCCESS);
  EXPECT(std::strcmp(name, properties.name) == 0);
  EXPECT(nvmlDeviceGetName(device, little, 2) == NVML_ERROR_INSUFFICIENT_SIZE);
  nvmlMemory_t memory;
  EXPECT(nvmlDeviceGetMemoryInfo(device, &memory) == NVML_SUCCESS &&
         memory.total == properties.totalGlobalMem && memory.free + memory.used == memory.total);
  nvmlUtilization_t used;
  EXPECT(nvmlDeviceGetUtilizationRates(device, &used) == NVML_SUCCESS && used.gpu == 0);
  EXPECT(nvmlDeviceGetPowerUsage(device, &power) == NVML_SUCCESS && power == 0);
  EXPECT(nvmlDeviceGetTemperature(device, NVML_TEMPERATURE_GPU, &number) == NVML_SUCCESS);
  EXPECT(nvmlDeviceSetPowerManagementLimit(device, 1) == NVML_ERROR_NOT_SUPPORTED);
  EXPECT(nvmlDeviceGetIndex(nvmlDevice_t(size_t(99)), &number) == NVML_ERROR_INVALID_ARGUMENT);
  EXPECT(std::strcmp(nvmlErrorString(NVML_SUCCESS), "Success") == 0);
  EXPECT(nvmlShutdown() == NVML_SUCCESS);
}

int main() {
  int *numbers;
  float *floats;
  OK(cudaMallocManaged(&numbers, 4 * kThreads * sizeof(int)));
  OK(cudaMallocManaged(&floats, 64 * sizeof(float)));
  cuda::latch<cuda::thread_scope_device> *latch;
  OK(cudaMallocManaged(&latch, sizeof *latch));
  new (latch) cuda::latch<cuda::thread_scope_device>(2 * kThreads);
  numbers[0] = 0;
  latches<<<2, kThreads>>>(latch, numbers, numbers + 1);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 2 * kThreads; ++i)
    EXPECT(numbers[i + 1] == 2 * kThreads);
  cuda::binary_semaphore<cuda::thread_scope_device> *lock;
  OK(cudaMallocManaged(&lock, sizeof *lock));
  new (lock) cuda::binary_semaphore<cuda::thread_scope_device>(1);
  numbers[0] = 0;
  semaphores<<<2, kThreads>>>(lock, numbers);
  OK(cudaDeviceSynchronize());
  EXPECT(numbers[0] == 2 * kThreads && lock->try_acquire() && !lock->try_acquire());

  oldBarriers<<<1, kThreads>>>(numbers);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < kThreads; ++i)
    EXPECT(numbers[i] == i + 1);
  for (int i = 0; i < kThreads; ++i)
    numbers[i] = 100 * i;
  pointers<<<1, kThreads>>>(numbers, numbers + kThreads);
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < kThreads; ++i)
    EXPECT(numbers[kThreads + i] == 101 * i + i % 32 + 4);
#if __cplusplus >= 201703L
  views<<<1, kThreads>>>(floats, floats + 32);
  OK(cudaDeviceSynchronize());
  EXPECT(floats[32] == 0 + 7 + 14 + 21 && floats[33] == 23 + 4 + 6 && floats[34] == 3 + 8);
  EXPECT(trace(Matrix(floats, 4, 6)) == floats[32]);
#endif
  parts<<<1, 1>>>(floats);
  OK(cudaDeviceSynchronize());
  EXPECT(floats[0] == 2.5f - 1 + 127 && floats[1] == 3 + 1 + 2 && floats[2] == 2);
  onHost();
  return finish();
}
