// What an empty launch costs next to the OpenCL device's own enqueue, in one process:
//   launch_bench [--benchmark_repetitions=<n>] ...
// "waiting" waits after each launch, "back_to_back" once after kBatch launches.
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>

namespace {

constexpr int kBatch = 1000;

__global__ void empty() {}

void check(bool isRight, const char *what) {
  if (isRight)
    return;
  std::fprintf(stderr, "launch_bench: %s failed\n", what);
  std::exit(1);
}

// The device as any OpenCL program uses it.
struct Device {
  cl_command_queue queue;
  cl_kernel kernel;

  Device() {
    cl_platform_id platform;
    cl_device_id device;
    check(clGetPlatformIDs(1, &platform, nullptr) == CL_SUCCESS, "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_CPU, 1, &device, nullptr) == CL_SUCCESS,
          "clGetDeviceIDs");
    cl_int error = CL_SUCCESS;
    cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
    check(error == CL_SUCCESS, "clCreateContext");
    queue = clCreateCommandQueue(context, device, 0, &error);
    check(error == CL_SUCCESS, "clCreateCommandQueue");
    const char *source = "kernel void empty() {}";
    cl_program program = clCreateProgramWithSource(context, 1, &source, nullptr, &error);
    check(error == CL_SUCCESS && clBuildProgram(program, 1, &device, "", nullptr, nullptr) == 0,
          "clBuildProgram");
    kernel = clCreateKernel(program, "empty", &error);
    check(error == CL_SUCCESS, "clCreateKernel");
    launch();
    wait();
  }
  void launch() {
    size_t one = 1;
    check(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &one, &one, 0, nullptr, nullptr) ==
              CL_SUCCESS,
          "clEnqueueNDRangeKernel");
  }
  void wait() { check(clFinish(queue) == CL_SUCCESS, "clFinish"); }
};

Device &device() {
  static Device one;
  return one;
}

void launch() { empty<<<1, 1>>>(); }
void wait() { check(cudaDeviceSynchronize() == cudaSuccess, "cudaDeviceSynchronize"); }

void waiting(benchmark::State &state) {
  launch();
  wait();
  for (auto _ : state) {
    launch();
    wait();
  }
}
void opencl_waiting(benchmark::State &state) {
  Device &opencl = device();
  for (auto _ : state) {
    opencl.launch();
    opencl.wait();
  }
}
void back_to_back(benchmark::State &state) {
  launch();
  wait();
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i)
      launch();
    wait();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
void opencl_back_to_back(benchmark::State &state) {
  Device &opencl = device();
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i)
      opencl.launch();
    opencl.wait();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(waiting)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(opencl_waiting)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(back_to_back)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(opencl_back_to_back)->UseRealTime()->Unit(benchmark::kMicrosecond);

} // namespace

BENCHMARK_MAIN();
