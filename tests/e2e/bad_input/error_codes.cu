// Misuse of the runtime gives CUDA's own code from the call, the same from cudaGetLastError, and
// leaves the context usable. Prints each call that answers otherwise; exit status 1 if there is
// one.
#include <cstdio>
#include <cstdlib>
#include <vector>

__global__ void fill(int *p) { p[blockIdx.x * blockDim.x + threadIdx.x] = 1; }
__global__ void nothing() {}
__global__ void sharing(int *p) {
  __shared__ int tile[8000];
  tile[threadIdx.x] = p[threadIdx.x];
  __syncthreads();
  p[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}
__global__ void __launch_bounds__(64) bounded() {}

static int wrong = 0;

static void check(const char *what, cudaError_t got, cudaError_t last, cudaError_t want) {
  if (got == want && last == want)
    return;
  ++wrong;
  std::printf("%s: %d, then cudaGetLastError %d, not %d\n", what, int(got), int(last), int(want));
}
#define CALL(call, want)                                                                           \
  do {                                                                                             \
    const cudaError_t got = call;                                                                  \
    check(#call, got, cudaGetLastError(), want);                                                   \
  } while (0)
// A launch has no result: peeking keeps the error, getting it clears it.
#define LAUNCH(launch, want)                                                                       \
  do {                                                                                             \
    launch;                                                                                        \
    const cudaError_t peeked = cudaPeekAtLastError();                                              \
    check(#launch, peeked, cudaGetLastError(), want);                                              \
    check("read twice", cudaGetLastError(), cudaSuccess, cudaSuccess);                             \
  } while (0)

static void memory(int *host) {
  int *d = nullptr, *pinned = nullptr;
  size_t pitch = 0;
  CALL(cudaMalloc(&d, 1ull << 50), cudaErrorMemoryAllocation);
  CALL(cudaMalloc(&d, ~0ull), cudaErrorMemoryAllocation);
  CALL(cudaMallocHost((void **)&d, 1ull << 50), cudaErrorMemoryAllocation);
  CALL(cudaMallocManaged(&d, 1ull << 50), cudaErrorMemoryAllocation);
  CALL(cudaMallocPitch((void **)&d, &pitch, ~0ull, 2), cudaErrorMemoryAllocation);
  CALL(cudaMalloc((void **)nullptr, 16), cudaErrorInvalidValue);
  CALL(cudaFree(host), cudaErrorInvalidValue);
  CALL(cudaFree(nullptr), cudaSuccess);
  CALL(cudaMalloc(&d, 4096), cudaSuccess);
  CALL(cudaFree(d + 1), cudaErrorInvalidValue);
  CALL(cudaFreeHost(d), cudaErrorInvalidValue);
  CALL(cudaFree(d), cudaSuccess);
  CALL(cudaFree(d), cudaErrorInvalidValue);
  CALL(cudaMallocHost((void **)&pinned, 64), cudaSuccess);
  CALL(cudaFree(pinned), cudaErrorInvalidValue);
  CALL(cudaFreeHost(pinned), cudaSuccess);
  CALL(cudaHostUnregister(host), cudaErrorHostMemoryNotRegistered);
  CALL(cudaHostRegister(host, 4096, 0), cudaSuccess);
  CALL(cudaHostRegister(host, 4096, 0), cudaErrorHostMemoryAlreadyRegistered);
  CALL(cudaHostUnregister(host), cudaSuccess);
}

// Allocates until there is no more, without touching it.
static void exhaust() {
  std::vector<void *> blocks;
  cudaError_t error = cudaSuccess;
  for (void *block = nullptr; blocks.size() < 100000; blocks.push_back(block))
    if ((error = cudaMalloc(&block, size_t(1) << 30)) != cudaSuccess)
      break;
  check("the last allocation", error, cudaGetLastError(), cudaErrorMemoryAllocation);
  for (void *block : blocks)
    CALL(cudaFree(block), cudaSuccess);
}

static void copies(int *d, int *host) {
  CALL(cudaMemcpy(host, host + 8, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CALL(cudaMemcpy(host, host + 8, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, d + 100, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, d + 100, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, host, 16, cudaMemcpyHostToHost), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, host, 16, cudaMemcpyDefault), cudaSuccess);
  CALL(cudaMemcpy(d, host, 16, (cudaMemcpyKind)9), cudaErrorInvalidMemcpyDirection);
  CALL(cudaMemcpy(nullptr, host, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, nullptr, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CALL(cudaMemcpy(d, host, 1 << 20, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CALL(cudaMemcpy(host, d, 1ull << 60, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  CALL(cudaMemcpy2D(d, 8, host, 16, 16, 4, cudaMemcpyHostToDevice), cudaErrorInvalidPitchValue);
  CALL(cudaMemset(host, 0, 16), cudaErrorInvalidValue);
  CALL(cudaMemset(nullptr, 0, 16), cudaErrorInvalidValue);
  CALL(cudaMemset(d, 0, 1 << 20), cudaErrorInvalidValue);
  CALL(cudaMemcpyToSymbol(*host, host, 4), cudaErrorInvalidSymbol);
}

static void launches(int *d) {
  LAUNCH((fill<<<0, 32>>>(d)), cudaErrorInvalidConfiguration);
  LAUNCH((fill<<<1, 0>>>(d)), cudaErrorInvalidConfiguration);
  LAUNCH((fill<<<1, 2048>>>(d)), cudaErrorInvalidConfiguration);
  LAUNCH((fill<<<1, dim3(1, 1, 65)>>>(d)), cudaErrorInvalidConfiguration);
  LAUNCH((fill<<<dim3(1, 65536), 1>>>(d)), cudaErrorInvalidConfiguration);
  LAUNCH((fill<<<1, 1, 1 << 20>>>(d)), cudaErrorInvalidValue);
  LAUNCH((sharing<<<1, 32, 40000>>>(d)), cudaErrorInvalidValue);
  LAUNCH((nothing<<<1, 32, size_t(-1)>>>()), cudaErrorInvalidValue);
  LAUNCH((bounded<<<1, 128>>>()), cudaErrorLaunchOutOfResources);
  LAUNCH((nothing<<<1, 32, 0, (cudaStream_t)0x1234>>>()), cudaErrorInvalidResourceHandle);
  CALL(cudaLaunchKernel((const void *)launches, dim3(1), dim3(1), nullptr, 0, nullptr),
       cudaErrorInvalidDeviceFunction);
  CALL(cudaLaunchKernel((const void *)fill, dim3(1), dim3(1), nullptr, 0, nullptr),
       cudaErrorInvalidValue);
}

static void handles() {
  cudaStream_t stream;
  cudaEvent_t event, unrecorded;
  float milliseconds;
  CALL(cudaStreamCreate(nullptr), cudaErrorInvalidValue);
  CALL(cudaStreamCreate(&stream), cudaSuccess);
  CALL(cudaStreamDestroy(stream), cudaSuccess);
  CALL(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
  CALL(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  CALL(cudaStreamQuery(stream), cudaErrorInvalidResourceHandle);
  CALL(cudaEventCreate(nullptr), cudaErrorInvalidValue);
  CALL(cudaEventCreate(&event), cudaSuccess);
  CALL(cudaEventCreate(&unrecorded), cudaSuccess);
  CALL(cudaEventElapsedTime(&milliseconds, event, unrecorded), cudaErrorInvalidResourceHandle);
  CALL(cudaEventRecord(event, stream), cudaErrorInvalidResourceHandle);
  CALL(cudaEventDestroy(event), cudaSuccess);
  CALL(cudaEventDestroy(event), cudaErrorInvalidResourceHandle);
  CALL(cudaEventRecord(event, nullptr), cudaErrorInvalidResourceHandle);
  CALL(cudaEventSynchronize(event), cudaErrorInvalidResourceHandle);
  CALL(cudaStreamWaitEvent(nullptr, event, 0), cudaErrorInvalidResourceHandle);
  CALL(cudaSetDevice(7), cudaErrorInvalidDevice);
  CALL(cudaSetDevice(-1), cudaErrorInvalidDevice);
}

int main() {
  int *host = static_cast<int *>(std::calloc(1024, sizeof(int))), *d = nullptr;
  memory(host);
  exhaust();
  CALL(cudaMalloc(&d, 4096), cudaSuccess);
  copies(d, host);
  launches(d);
  handles();
  // After all that, work still runs.
  LAUNCH((fill<<<4, 32>>>(d)), cudaSuccess);
  CALL(cudaMemcpy(host, d, 4096, cudaMemcpyDeviceToHost), cudaSuccess);
  if (host[0] != 1 || host[127] != 1) {
    ++wrong;
    std::printf("the kernel's values are wrong\n");
  }
  std::free(host);
  return wrong ? 1 : 0;
}
